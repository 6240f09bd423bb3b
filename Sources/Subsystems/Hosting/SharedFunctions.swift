public import SchemaDSL

/// Functions that tables of more than one subsystem call.
extension Hosting {
  @DatabaseBuilder public static var sharedFunctions: [any DatabaseItem] {
    isTimeZone
    rowChanges
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

  /// Has a table's `updated_at` kept.
  public static func touched(_ table: RelationName, file: StaticString = #fileID, line: Int = #line) -> Trigger {
    Trigger(
      "\(table.name)_touch", .before, .update, call: touchUpdatedAt, comment: "Keeps updated_at.", file: file,
      line: line)
  }

  public static let rowChanges = Function(
    "row_changes", in: .public, [.init("p_old", .jsonb), .init("p_new", .jsonb)], returns: .type(.jsonb),
    language: .sql,
    volatility: .immutable, parallel: .safe,
    comment: """
      What an audit keeps of a change: a new or deleted row as it is, of an update what each changed column was and \
      became; NULL when nothing but updated_at changed.
      """,
    body: .inline(
      """
      SELECT CASE
               WHEN p_old IS NULL THEN p_new
               WHEN p_new IS NULL THEN p_old
               ELSE (SELECT jsonb_object_agg(n.key, jsonb_build_array(p_old -> n.key, n.value))
                       FROM jsonb_each(p_new - 'updated_at') AS n WHERE n.value IS DISTINCT FROM p_old -> n.key) END
      """))
}
