/// What every Supabase project brings, for declarations to refer to: its roles, who is asking, and the tables to which
/// foreign keys lead. Declare `External.supabase` in the database, and these as they are needed.
public enum Supabase {
  /// Requests without a login.
  public static let anon = Role("anon", .noInherit, external: true)
  /// Requests of a person who has logged in.
  public static let authenticated = Role("authenticated", .noInherit, external: true)
  /// The project's own programs; row level security does not bind them.
  public static let serviceRole = Role("service_role", .noInherit, .bypassRowSecurity, external: true)
  static let authenticator = Role("authenticator", .noInherit, .login, external: true)
  static let admin = Role("supabase_admin", .login, external: true)
  static let authAdmin = Role("supabase_auth_admin", .noInherit, .login, external: true)
  static let storageAdmin = Role("supabase_storage_admin", .noInherit, .login, external: true)

  static let allRoles = [anon, authenticated, serviceRole, authenticator, admin, authAdmin, storageAdmin]

  private static let auth = Schema("auth")
  private static let storage = Schema("storage")

  /// `auth.users`, for foreign keys: `references: \Supabase.Users.id`.
  public struct Users: Table {
    public init() {}
    public static let name = RelationName("users", in: auth)
    public let id = Column("id", .uuid)
    public let email = Column("email", .varchar(255), null: true)
    public let phone = Column("phone", .text, null: true)
    public let userMetadata = Column("raw_user_meta_data", .jsonb, null: true)
    public var body: TableBody { PrimaryKey(id) }
  }

  /// `storage.buckets`, for foreign keys.
  public struct Buckets: Table {
    public init() {}
    public static let name = RelationName("buckets", in: storage)
    public let id = Column("id", .text)
    public var body: TableBody { PrimaryKey(id) }
  }

  /// `storage.objects`, for foreign keys.
  public struct Objects: Table {
    public init() {}
    public static let name = RelationName("objects", in: storage)
    public let id = Column("id", .uuid)
    public var body: TableBody { PrimaryKey(id) }
  }
}

extension External {
  /// A Supabase project: the schemas, roles and extensions that it brings, with the default privileges in `public`, the
  /// publication `supabase_realtime`, and stand-ins for what applications refer to in `auth` and `storage`.
  ///
  /// New tables, functions and sequences in `public` are open to `anon` and `authenticated` there, by default privileges;
  /// so they are on the stand-in, and what closes them can be declared. Objects of one's own in these schemas (a trigger of
  /// `auth.users`, a policy of `storage.objects`) are a `RawSQL`, which is applied and not compared. Functions of
  /// extensions are written with their schema, `extensions`.
  public static var supabase: External {
    External(
      "supabase",
      schemas: [
        "auth", "storage", "realtime", "_realtime", "extensions", "graphql", "graphql_public", "vault", "pgbouncer",
        "pgsodium",
        "pgsodium_masks", "supabase_functions", "supabase_migrations", "net", "pgmq_public", "_analytics", "cron",
      ],
      roles: Supabase.allRoles,
      extensions: [
        "pgcrypto", "uuid-ossp", "pg_stat_statements", "pg_graphql", "pgjwt", "pgsodium", "supabase_vault", "pg_net",
        "pg_cron",
        "wrappers", "pg_stat_monitor",
      ],
      standIn: Role.creating(Supabase.allRoles) + standInForSupabase)
  }

  private static let standInForSupabase = #"""
    DO $stand_in$
    DECLARE
      wanted text;
    BEGIN
      -- A real project has all of this, and more.
      IF to_regprocedure('auth.uid()') IS NOT NULL THEN RETURN; END IF;

      GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;
      ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;
      ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;
      ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON SEQUENCES TO anon, authenticated, service_role;

      CREATE SCHEMA extensions;
      GRANT USAGE ON SCHEMA extensions TO anon, authenticated, service_role;
      FOREACH wanted IN ARRAY ARRAY['pgcrypto', 'uuid-ossp', 'pg_stat_statements'] LOOP
        IF EXISTS (SELECT FROM pg_catalog.pg_available_extensions e WHERE e.name = wanted) THEN
          EXECUTE format('CREATE EXTENSION IF NOT EXISTS %I SCHEMA extensions', wanted);
        END IF;
      END LOOP;

      CREATE SCHEMA auth;
      GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role;
      CREATE TABLE auth.users (
        instance_id uuid, id uuid PRIMARY KEY, aud varchar(255), role varchar(255), email varchar(255),
        encrypted_password varchar(255), email_confirmed_at timestamptz, invited_at timestamptz,
        last_sign_in_at timestamptz, raw_app_meta_data jsonb, raw_user_meta_data jsonb, is_super_admin boolean,
        created_at timestamptz, updated_at timestamptz, phone text UNIQUE, phone_confirmed_at timestamptz,
        confirmed_at timestamptz GENERATED ALWAYS AS (LEAST(email_confirmed_at, phone_confirmed_at)) STORED,
        banned_until timestamptz, is_sso_user boolean NOT NULL DEFAULT false, deleted_at timestamptz,
        is_anonymous boolean NOT NULL DEFAULT false);
      CREATE UNIQUE INDEX users_email_partial_key ON auth.users (email) WHERE is_sso_user = false;
      CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS
        $$ SELECT nullif(nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub', '')::uuid $$;
      CREATE FUNCTION auth.role() RETURNS text LANGUAGE sql STABLE AS
        $$ SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role' $$;
      CREATE FUNCTION auth.email() RETURNS text LANGUAGE sql STABLE AS
        $$ SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email' $$;
      CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE AS
        $$ SELECT coalesce(nullif(current_setting('request.jwt.claims', true), '')::jsonb, '{}') $$;

      CREATE SCHEMA storage;
      GRANT USAGE ON SCHEMA storage TO anon, authenticated, service_role;
      CREATE TABLE storage.buckets (
        id text PRIMARY KEY, name text NOT NULL UNIQUE, owner uuid, created_at timestamptz DEFAULT now(),
        updated_at timestamptz DEFAULT now(), public boolean DEFAULT false, avif_autodetection boolean DEFAULT false,
        file_size_limit bigint, allowed_mime_types text[], owner_id text);
      CREATE TABLE storage.objects (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(), bucket_id text REFERENCES storage.buckets (id), name text, owner uuid,
        created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(), last_accessed_at timestamptz DEFAULT now(),
        metadata jsonb, path_tokens text[] GENERATED ALWAYS AS (string_to_array(name, '/')) STORED, version text,
        owner_id text, user_metadata jsonb);
      CREATE UNIQUE INDEX bucketid_objname ON storage.objects (bucket_id, name);
      ALTER TABLE storage.buckets ENABLE ROW LEVEL SECURITY;
      ALTER TABLE storage.objects ENABLE ROW LEVEL SECURITY;
      GRANT ALL ON storage.buckets, storage.objects TO anon, authenticated, service_role;
      CREATE FUNCTION storage.foldername(name text) RETURNS text[] LANGUAGE sql IMMUTABLE AS
        $$ SELECT (string_to_array(name, '/'))[1:array_length(string_to_array(name, '/'), 1) - 1] $$;
      CREATE FUNCTION storage.filename(name text) RETURNS text LANGUAGE sql IMMUTABLE AS
        $$ SELECT (string_to_array(name, '/'))[array_length(string_to_array(name, '/'), 1)] $$;
      CREATE FUNCTION storage.extension(name text) RETURNS text LANGUAGE sql IMMUTABLE AS
        $$ SELECT reverse(split_part(reverse(storage.filename(name)), '.', 1)) $$;

      IF NOT EXISTS (SELECT FROM pg_catalog.pg_publication p WHERE p.pubname = 'supabase_realtime') THEN
        CREATE PUBLICATION supabase_realtime;
      END IF;
    END
    $stand_in$;
    """#
}
