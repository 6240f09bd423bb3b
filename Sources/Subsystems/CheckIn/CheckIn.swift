internal import Hosting
public import SchemaDSL

extension Schema {
  /// Entry passes and check-ins at the door of an event.
  public static let checkin = Schema("checkin", comment: "Paid participants, entry passes and check-ins at the door.")
}

/// The check-in subsystem: a pass resolves to its participant in milliseconds, and ten helpers who check in the same
/// person at once make one check-in.
///
/// The edge function calls as `service_role`; nobody else has business here.
public enum CheckIn {
  @DatabaseBuilder public static var items: [any DatabaseItem] {
    Schema.checkin
    SchemaGrant(.usage, on: .checkin, to: .serviceRole)
    PaidParticipants.self
    CheckIns.self
    StaffPINs.self
    PINAttempts.self
    RequestRates.self
    passJSON
    countRequest
    resolve
    checkIn
    setStaffPIN
    cleanUp
    forgetParticipant
    forgetAddress
    Arrivals.self
    CronJob("checkin_cleanup_hourly", schedule: "7 * * * *", "SELECT checkin.clean_up()")
  }
}
