import Catalog
import Migrations
import Planning
import Postgres
import SchemaDSL
import TestSupport
import Testing

/// Databases of a scratch server share its roles. Two proofs at once may give the same role to the same other.
@Suite struct ProofRaceTests {
  private static let giver = Role("dbtool_race_giver")
  private static let taker = Role("dbtool_race_taker", memberOf: [giver])

  private func prove(_ states: States) async throws -> Proof {
    let (empty, target) = (try await states.empty(), try await states.declared())
    var plan = try Planner.plan(from: empty, to: target)
    return try await Prover(server: try await states.scratch(), reader: states.reader).prove(
      &plan, from: try await states.replayTemplate([]), source: empty, target: target)
  }

  @Test func aMembershipThatAnotherProofGivesMeanwhileIsNoFailure() async throws {
    let states = States(
      database: Database("race") {
        Self.giver
        Self.taker
      })
    // Makes the roles, and all that the proof starts from.
    #expect(try await prove(states).holds)
    let target = try await states.scratch().target(database: "postgres")
    try await Connection.with(target) { other in
      try await other.execute("REVOKE dbtool_race_giver FROM dbtool_race_taker")
      try await other.execute("BEGIN; GRANT dbtool_race_giver TO dbtool_race_taker")
      async let proof = prove(states)
      try await Connection.with(target) { observer in
        try await Waiting.until("the proof waits for the other's membership") {
          try await observer.query(
            """
            SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%dbtool_race_giver%'
            """
          ).isEmpty == false
        }
      }
      try await other.execute("COMMIT")
      #expect(try await proof.holds)
    }
  }
}
