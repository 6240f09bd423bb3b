internal import Catalog
internal import Postgres

extension ProofRows {
  /// Gives columns that become another type values that can be of that type: a text that becomes a date has dates.
  /// PostgreSQL says which of some candidates will do; where none does, the usual value stays.
  static func chooseConvertible(_ connection: Connection, source: Catalog, target: Catalog) async throws {
    var items: [String] = []
    for new in target.sorted where new.id.kind == .column {
      guard let old = source[new.id], old.attributes[.type] != new.attributes[.type] else { continue }
      // An enum that is made by the same plan is not there yet to be asked.
      let labels = new.needs.lazy.compactMap { target[$0] }.filter { $0.id.kind == .enumType }
      let label = labels.first.flatMap { $0.list(.labels).first } ?? ""
      items.append(ArrayText.encode([new.id.sqlName, new.id.member, new.text(.type), label]))
    }
    guard !items.isEmpty else { return }
    try await connection.execute(
      """
      DO $dbtool$
      DECLARE
        item text[]; usual record; candidate text;
      BEGIN
        FOR item IN SELECT i::text[] FROM unnest(\(Quote.literal(ArrayText.encode(items)))::text[]) i LOOP
          SELECT * INTO usual FROM dbtool_proof.columns WHERE attrelid = to_regclass(item[1]) AND attname = item[2];
          CONTINUE WHEN NOT FOUND;
          FOREACH candidate IN ARRAY ARRAY[
            usual.value, '(''2026-01-0'' || K || '' 00:00:00'')', '''10.0.0.'' || K', 'lpad(K::text, 32, ''0'')', '''{}''',
            '(K % 2 = 0)::text', '''0'' || K || '':00''', 'K || '' hours''', '''08:00:2b:01:02:0'' || K', '''empty''',
            '''<a/>''', '''a'' || K', quote_literal(item[4])]
          LOOP
            BEGIN
              IF to_regtype(item[3]) IS NOT NULL THEN
                EXECUTE format('SELECT (%s)::%s::text::%s', replace(candidate, 'K', '1'), usual.type, item[3]);
              ELSE
                CONTINUE WHEN item[4] = '' OR candidate <> quote_literal(item[4]);
              END IF;
              UPDATE dbtool_proof.columns SET value = candidate WHERE attrelid = usual.attrelid AND attnum = usual.attnum;
              EXIT;
            EXCEPTION WHEN OTHERS THEN NULL;
            END;
          END LOOP;
        END LOOP;
      END $dbtool$
      """)
  }
}
