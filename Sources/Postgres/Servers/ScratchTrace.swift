/// What SQL that somebody wrote leaves in a server that others use after it: nothing.
extension ScratchServer {
  /// Runs SQL that somebody wrote, and lets this server go if that has changed what its databases share: the next run has a
  /// server of its own, and finds no trace of this one.
  ///
  /// - Parameter isExpected: whether the server is for this SQL alone, so that what it makes of the server is where it
  ///   belongs, unless it fails.
  package nonisolated func withoutTrace<Result: Sendable>(
    isExpected: Bool, _ body: () async throws -> Result
  ) async throws -> Result {
    // Nobody else finds a server of one run.
    if isAlone { return try await body() }
    let before = try await sharedState()
    do {
      let result = try await body()
      if !isExpected, try await !sharedState().follows(before) { try generation.end() }
      return result
    } catch {
      if try await !sharedState().follows(before) { try generation.end() }
      throw error
    }
  }

  /// What databases of a server share, but for the scratch databases themselves and their roles.
  private struct SharedState {
    var digest: String
    /// The databases that others are copied from, by number.
    var templates: Set<String>

    /// Templates come, but none goes, or is another than it was.
    func follows(_ before: SharedState) -> Bool {
      digest == before.digest && templates.isSuperset(of: before.templates)
    }
  }

  private func sharedState() async throws -> SharedState {
    let parameters =
      installation.version.major >= 15 ? "UNION ALL SELECT 'p ' || to_jsonb(p)::text FROM pg_parameter_acl p" : ""
    let row = try await admin.query(
      """
      SELECT md5(coalesce(string_agg(line, E'\\n' ORDER BY line COLLATE "C"), '')),
             (SELECT coalesce(array_agg(oid || ' ' || datname), '{}') FROM pg_database WHERE datname ~ '^template_')::text
        FROM (
        SELECT 'r ' || to_jsonb(r)::text AS line FROM pg_authid r
         WHERE NOT (rolname ~ '^scratch_' AND EXISTS (SELECT FROM pg_database d WHERE d.datname = rolname))
           -- Stand-ins come, and stay as they are.
           AND (shobj_description(oid, 'pg_authid') IS DISTINCT FROM '\(Self.standIn)' OR rolcanlogin OR rolcreaterole
                OR rolcreatedb OR rolbypassrls OR NOT rolinherit OR rolpassword IS NOT NULL OR rolvaliduntil IS NOT NULL)
        UNION ALL
        SELECT 'm ' || to_jsonb(m)::text FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
         WHERE r.rolname !~ '^scratch_'
           AND NOT (r.rolname = '\(ScratchRights.owner)' AND shobj_description(m.roleid, 'pg_authid') = '\(Self.standIn)')
        UNION ALL
        SELECT 's ' || s::text FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase
         WHERE coalesce(d.datname !~ '^(scratch|template)_', true)
        UNION ALL
        SELECT concat_ws(' ', 'd', datname, datdba, datallowconn, datistemplate, datconnlimit, datacl::text)
          FROM pg_database WHERE datname !~ '^(scratch|template)_'
        UNION ALL
        SELECT concat_ws(' ', 't', datname, datdba, datallowconn, datconnlimit) FROM pg_database
         WHERE datname ~ '^template_' AND (datdba <> 10 OR NOT datallowconn OR datconnlimit <> -1)
        UNION ALL SELECT 't ' || to_jsonb(t)::text FROM pg_tablespace t
        \(parameters)) AS lines
      """)[0]
    return SharedState(
      digest: try row.string(0), templates: Set(ArrayText.decode(try row.string(1)) ?? []))
  }
}
