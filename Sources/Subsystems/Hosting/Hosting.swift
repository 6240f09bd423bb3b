public import SchemaDSL

extension Role {
  /// Requests without a login. A hosting platform's own role.
  public static let anon = Role("anon", external: true)
  /// Requests of a person who has logged in.
  public static let authenticated = Role("authenticated", external: true)
  /// The platform's own programs; row level security does not bind them.
  // swift-format-ignore: DontRepeatTypeInStaticProperties
  public static let serviceRole = Role("service_role", .bypassRowSecurity, external: true)
}

/// What a Supabase project brings: its roles, and who is asking. Made where it is missing, otherwise left alone.
public enum Hosting {
  @DatabaseBuilder public static var items: [any DatabaseItem] {
    Role.anon
    Role.authenticated
    Role.serviceRole
    External(
      "auth", schemas: ["auth"],
      sql: """
        DO $external$
        BEGIN
          IF to_regnamespace('auth') IS NULL THEN
            CREATE SCHEMA auth;
            GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role;
          END IF;
          IF to_regprocedure('auth.uid()') IS NULL THEN
            CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS
              $$ SELECT nullif(nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub', '')::uuid $$;
          END IF;
          IF to_regprocedure('auth.role()') IS NULL THEN
            CREATE FUNCTION auth.role() RETURNS text LANGUAGE sql STABLE AS
              $$ SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role' $$;
          END IF;
          IF to_regprocedure('auth.jwt()') IS NULL THEN
            CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE AS
              $$ SELECT coalesce(nullif(current_setting('request.jwt.claims', true), '')::jsonb, '{}') $$;
          END IF;
        END
        $external$
        """)
  }
}
