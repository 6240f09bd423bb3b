internal import Catalog
internal import Postgres

/// Rows in partitions: where they have a place, and where they would be in the way.
extension ProofRows {
  /// Makes a default partition for each partitioned table that has none, so that rows have a place. Where partitions are
  /// to come, one with rows in it would be in their way; where one is to go, PostgreSQL detaches it concurrently only if
  /// there is none.
  static func addDefaultPartitions(_ connection: Connection, except changing: [FactID]) async throws {
    let names = changing.map { Quote.literal($0.sqlName) }.joined(separator: ", ")
    try await connection.execute(
      """
      DO $dbtool$
      DECLARE parent regclass;
      BEGIN
        FOR parent IN
          SELECT p.partrelid FROM pg_catalog.pg_partitioned_table p
            JOIN pg_catalog.pg_class c ON c.oid = p.partrelid
           WHERE p.partdefid = 0 AND p.partstrat IN ('r', 'l') AND NOT c.relispartition
             AND c.relnamespace::regnamespace::text NOT IN ('cron', 'dbtool')
             AND p.partrelid <> ALL (ARRAY[\(names)]::regclass[])
        LOOP
          EXECUTE format('CREATE TABLE dbtool_proof.%I PARTITION OF %s DEFAULT', 'p' || parent::oid, parent);
        END LOOP;
      END $dbtool$
      """)
  }

  /// The partitions go with their rows and with those that refer to them; they are detached first, since to drop a
  /// partition that a foreign key holds on to would take the whole foreign key along.
  static func removeDefaultPartitions(_ connection: Connection) async throws {
    try await connection.execute(
      """
      SET client_min_messages = warning;
      DO $dbtool$
      DECLARE part regclass; parent regclass;
      BEGIN
        FOR part, parent IN
          SELECT i.inhrelid, i.inhparent FROM pg_catalog.pg_inherits i
            JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
           WHERE c.relnamespace = to_regnamespace('dbtool_proof') AND c.relkind = 'r'
        LOOP
          -- Nobody's triggers are to see this.
          PERFORM pg_catalog.dbtool_without_triggers();
          EXECUTE format('TRUNCATE %s CASCADE', part);
          EXECUTE format('ALTER TABLE %s DETACH PARTITION %s', parent, part);
        END LOOP;
      END $dbtool$;
      DROP SCHEMA IF EXISTS dbtool_proof CASCADE
      """)
  }

  /// Deletes the proof's own rows that would keep partitions from getting their bounds. That such rows stop a plan is said by a
  /// hazard (`Hazard.Code.refusesValues`). PostgreSQL decides whether there are any: each change is tried, and rolled back.
  static func makeRoom(_ connection: Connection, source: Catalog, target: Catalog) async throws {
    let defaults = source.facts.values.filter { $0.text(.bound) == "DEFAULT" && $0.id.kind == .table }
    let defaultOf = Dictionary(
      defaults.compactMap { fact in fact.partitionParent.map { ($0, fact.id) } },
      uniquingKeysWith: { first, _ in first })
    var items: [[String]] = []
    for new in target.sorted where new.id.kind.isTable {
      guard let parent = new.partitionParent, source[parent]?.attributes[.partitionKey] != nil,
        target[parent]?.attributes[.partitionKey] == source[parent]?.attributes[.partitionKey],
        source[new.id]?.attributes[.bound] != new.attributes[.bound]
          || source[new.id]?.partitionParent != new.partitionParent
      else { continue }
      let bound = new.text(.bound)
      if let old = source[new.id], new.id.kind == .table {
        let detach = old.partitionParent.map { "ALTER TABLE \($0.sqlName) DETACH PARTITION \(new.id.sqlName);" } ?? ""
        items.append([
          "\(detach) ALTER TABLE \(parent.sqlName) ATTACH PARTITION \(new.id.sqlName) \(bound)", new.id.sqlName,
        ])
      }
      if let other = defaultOf[parent], other != new.id, bound != "DEFAULT" {
        items.append(["CREATE TABLE dbtool_proof.room PARTITION OF \(parent.sqlName) \(bound)", other.sqlName])
      }
    }
    guard !items.isEmpty else { return }
    let list = ArrayText.encode(items.map { ArrayText.encode($0) })
    try await connection.execute(
      """
      DO $dbtool$
      DECLARE item text[];
      BEGIN
        PERFORM pg_catalog.dbtool_without_triggers();
        SET LOCAL client_min_messages = warning;
        FOR item IN SELECT i::text[] FROM unnest(\(Quote.literal(list))::text[]) i LOOP
          BEGIN
            EXECUTE item[1];
            RAISE EXCEPTION USING ERRCODE = 'DBT00', MESSAGE = 'there is room';
          EXCEPTION
            WHEN SQLSTATE 'DBT00' THEN NULL;
            -- Rows are in the way, or it depends on what the plan does before this: rows that may be in the way go as well.
            WHEN OTHERS THEN
              BEGIN
                EXECUTE format('DELETE FROM %s', item[2]);
              -- A published table without a replica identity lets no row go.
              EXCEPTION WHEN OTHERS THEN EXECUTE format('TRUNCATE %s CASCADE', item[2]);
              END;
          END;
        END LOOP;
      END $dbtool$
      """)
  }
}
