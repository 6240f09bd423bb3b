internal import CheckIn
internal import Hosting
public import SchemaDSL
internal import Webinar

/// The platform: every subsystem in one database. dbtool's first user.
public enum Platform {
  public static let database = Database("platform") {
    Hosting.items
    Webinar.items
    CheckIn.items
  }
}
