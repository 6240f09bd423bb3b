public import SchemaDSL

/// Functions that tables of more than one subsystem call.
extension Hosting {
  @DatabaseBuilder public static var sharedFunctions: [any DatabaseItem] {
    isTimeZone
    touchUpdatedAt
  }

  public static let isTimeZone = Function(
    "is_time_zone", in: .public, [.init("p_name", .text)], returns: .type(.boolean), volatility: .immutable,
    parallel: .safe, settings: ["search_path": "pg_catalog, pg_temp"],
    comment: "Whether PostgreSQL knows a time zone of this name.",
    body: .inline(
      """
      BEGIN
        PERFORM timestamp '2000-01-01' AT TIME ZONE p_name;
        RETURN p_name IS NOT NULL;
      EXCEPTION WHEN invalid_parameter_value THEN
        RETURN false;
      END
      """))

  public static let touchUpdatedAt = Function(
    "touch_updated_at", in: .public, returns: .trigger, settings: ["search_path": "pg_catalog, pg_temp"],
    comment: "Keeps updated_at at the time of the last change.",
    body: .inline("BEGIN\n  NEW.updated_at := now();\n  RETURN NEW;\nEND"))
}
