internal import Booking
internal import CheckIn
internal import Growth
internal import Hosting
public import SchemaDSL
internal import Slotease
internal import Webinar

/// The platform: every subsystem in one database. dbtool's first user.
public enum Platform {
  public static let database = Database("platform") {
    Hosting.items
    Hosting.sharedFunctions
    Extension("pgcrypto", in: .public)
    OptionalExtension("pg_stat_statements", in: .public, for: "finding slow queries")
    ServerSetting("max_connections", "200")
    ServerSetting("shared_buffers", "256MB")
    ServerSetting("effective_cache_size", "1GB")
    ServerSetting("work_mem", "4MB")
    ServerSetting("maintenance_work_mem", "64MB")
    ServerSetting("checkpoint_completion_target", "0.9")
    ServerSetting("wal_buffers", "16MB")
    ServerSetting("default_statistics_target", "100")
    ServerSetting("random_page_cost", "1.1")
    ServerSetting("effective_io_concurrency", "200")
    Webinar.items
    CheckIn.items
    Booking.items
    Slotease.items
    Growth.items
  }
}
