internal import Booking
internal import CheckIn
internal import Hosting
public import SchemaDSL
internal import Webinar

/// The platform: every subsystem in one database. dbtool's first user.
public enum Platform {
  public static let database = Database("platform") {
    Hosting.items
    Extension("pgcrypto", in: .public)
    ServerSetting("max_connections", "200")
    ServerSetting("shared_buffers", "256MB")
    ServerSetting("effective_cache_size", "1GB")
    ServerSetting("work_mem", "4MB")
    ServerSetting("maintenance_work_mem", "64MB")
    Webinar.items
    CheckIn.items
    Booking.items
  }
}
