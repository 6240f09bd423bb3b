internal import Hosting
public import SchemaDSL

extension CheckIn {
  /// Who has paid: a row of the organiser's sheet, found by its hash.
  public struct PaidParticipants: Table {
    public static let name = RelationName("paidparticipants", in: .checkin)

    let rowNumber = Column("row_number", .integer, comment: "The row in the organiser's sheet.")
    let headers = Column("headers", .jsonb, comment: "The sheet's column titles, an array.")
    let data = Column("data", .jsonb, comment: "The row as an object by column title.").personal(.content)
    let rowHash = Column("row_hash", .text, comment: "What the pass carries.").personal(.identity)
    let importedAt = Column("imported_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Paid participants, as imported from the organiser's sheet.")
      PrimaryKey(rowNumber)
      Check("paidparticipants_headers_check", "jsonb_typeof(\(headers)) = 'array'", comment: "A sheet's first row.")
      Check("paidparticipants_data_check", "jsonb_typeof(\(data)) = 'object'", comment: "A sheet's row by its headers.")
      Check(
        "paidparticipants_row_hash_check", "length(\(rowHash)) BETWEEN 1 AND 128",
        comment: "A digest, of whatever kind the sheet's program makes.")
      Index(
        "idx_paidparticipants_row_hash", on: rowHash, unique: true,
        comment: "Resolving a pass: an index scan, whatever the number of participants.")
      Hosting.secured(comment: "The edge function does everything.")
    }
  }

  /// Who is in: one row a participant, whoever was first to check them in.
  ///
  /// No foreign key: a sheet that is imported anew must not undo who came.
  public struct CheckIns: Table {
    public static let name = RelationName("checkins", in: .checkin)

    let rowHash = Column("row_hash", .text).personal(.identity)
    let checkedInAt = Column("checked_in_at", .timestamptz, default: .now)
    let checkedInBy = Column("checked_in_by", .text, null: true, comment: "The address of the device that did it.")
      .personal(.device)

    public init() {}

    public var body: TableBody {
      Comment("Check-ins; the primary key makes a second one impossible.")
      PrimaryKey(rowHash)
      Index("checkins_checked_in_at_idx", on: checkedInAt, comment: "Arrivals over time.")
      Hosting.secured()
    }
  }

  /// The PINs that helpers at the door enter; only their hashes.
  public struct StaffPINs: Table {
    public static let name = RelationName("staff_pins", in: .checkin)

    let label = Column("label", .text, comment: "Whose it is, for example a door.")
    let pinHash = Column("pin_hash", .text, comment: "bcrypt, by pgcrypto's crypt().")
    let active = Column("active", .boolean, default: true)
    let createdAt = Column("created_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Hashed PINs of helpers.")
      PrimaryKey(label)
      Check(
        "staff_pins_pin_hash_check", "\(pinHash) LIKE '$2_$%'", comment: "Only a bcrypt hash; never a PIN as it is.")
      Hosting.secured()
    }
  }

  /// Every PIN that was entered, right or wrong; five wrong ones in 15 minutes lock an address out.
  public struct PINAttempts: Table {
    public static let name = RelationName("pin_attempts", in: .checkin)

    let id = Column("id", .bigint, identity: .always)
    let address = Column("address", .inet).personal(.device)
    let succeeded = Column("succeeded", .boolean)
    let attemptedAt = Column("attempted_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("PIN attempts by address, a partition a month, three months kept.")
      PrimaryKey(id, attemptedAt)
      Partitions(.monthly(ahead: 3, keep: 3, retirement: .stay), by: attemptedAt)
      Index(
        "pin_attempts_failed_idx", on: address, attemptedAt, where: "NOT \(succeeded)",
        comment: "Wrong PINs of an address in the last 15 minutes.")
      Hosting.secured()
    }
  }

  /// Requests of an address in a minute; a hundred are allowed.
  public struct RequestRates: Table {
    public static let name = RelationName("request_rates", in: .checkin)

    let address = Column("address", .inet).personal(.device)
    let minute = Column("minute", .timestamptz, comment: "The start of the minute.")
    let requests = Column("requests", .integer, default: 1)

    public init() {}

    public var body: TableBody {
      Comment("Request counts for rate limits; rows are gone after an hour.")
      PrimaryKey(address, minute)
      Check("request_rates_requests_check", "\(requests) > 0", comment: "A window is there once it has been asked in.")
      Index("request_rates_minute_idx", on: minute, comment: "Cleaning up.")
      // Updated a hundred times a minute: room for new versions on the same page.
      StorageParameters(["fillfactor": "70"])
      Hosting.secured()
    }
  }

  /// Check-ins by the minute, for the screen at the door.
  public struct Arrivals: View {
    public static let name = RelationName("arrivals", in: .checkin)

    let minute = Column("minute", .timestamptz)
    let arrived = Column("arrived", .bigint)
    let arrivedSoFar = Column("arrived_so_far", .numeric)

    public init() {}

    public var query: SQL {
      let c = CheckIns.as("c")
      return """
        SELECT date_trunc('minute', \(c.checkedInAt)), count(*), sum(count(*)) OVER (ORDER BY date_trunc('minute', \(c.checkedInAt)))
          FROM \(c)
         GROUP BY 1
        """
    }

    public var body: TableBody {
      Comment("Arrivals by the minute, with a running total.")
      Grant(.select, to: .serviceRole)
    }
  }
}
