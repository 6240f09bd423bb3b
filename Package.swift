// swift-tools-version: 6.1
import PackageDescription

/// Every module of ours is compiled with the same strictness (STYLE: compiler settings).
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// A layer of the design: it may import only the layers named here.
func layer(
  _ name: String, _ dependencies: [Target.Dependency] = [], path: String? = nil, resources: [Resource]? = nil
) -> Target {
  .target(name: name, dependencies: dependencies, path: path, resources: resources, swiftSettings: strict)
}

/// SQL files that become part of the binary.
func embedded(_ names: String...) -> [Resource] { names.map { .embedInCode("SQL/\($0).sql") } }

/// A test target, named for the layer it tests.
func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestSupport", "dbtool"], exclude: exclude,
    swiftSettings: [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")])
}

let package = Package(
  name: "dbtool",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "dbtool", targets: ["dbtool"]),
    .library(name: "DatabaseTool", targets: ["DatabaseTool", "SchemaDSL"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
  ],
  targets: [
    // The C libraries.
    .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
    .systemLibrary(name: "CPgQuery", providers: [.apt(["libpg-query-dev"]), .brew(["libpg_query"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"]), .brew(["openssl"])]),
    .target(name: "CServerProcess"),

    // The layers, lowest first.
    layer("Escaping"),
    layer("Postgres", ["Escaping", "CLibpq", "CPgQuery", "CCrypto", "CServerProcess"]),
    layer("Catalog", ["Escaping", "Postgres"]),
    layer("SchemaDSL", ["Catalog", "Postgres", "Escaping"]),
    layer("Introspection", ["Catalog", "Postgres"]),
    layer("Planning", ["Catalog", "Postgres", "Escaping", .product(name: "HeapModule", package: "swift-collections")]),
    layer("Migrations", ["Planning", "Introspection", "SchemaDSL", "Catalog", "Postgres", "Escaping"]),
    layer("Importing", ["Planning", "SchemaDSL", "Catalog", "Postgres", "Escaping"]),
    layer("Generating", ["Importing", "Catalog", "Postgres", "Escaping"]),
    layer(
      "Operations", ["Migrations", "Planning", "Introspection", "SchemaDSL", "Catalog", "Postgres", "Escaping"]),
    layer(
      "DatabaseTool",
      [
        "Operations", "Generating", "Importing", "Migrations", "Planning", "Introspection", "SchemaDSL", "Catalog",
        "Postgres", "Escaping",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // The platform: the first user.
    layer("Hosting", ["SchemaDSL"], path: "Sources/Subsystems/Hosting"),
    layer(
      "Webinar", ["Hosting", "SchemaDSL"], path: "Sources/Subsystems/Webinar",
      resources: embedded("archive_old_records", "check_attendance", "upsert_registrants")),
    layer(
      "CheckIn", ["Hosting", "SchemaDSL"], path: "Sources/Subsystems/CheckIn",
      resources: embedded("check_in", "resolve")),
    layer(
      "Booking", ["Hosting", "SchemaDSL"], path: "Sources/Subsystems/Booking",
      resources: embedded(
        "book_event", "cancel_booking", "forget_customer", "generate_events", "health_check_booking",
        "health_check_database", "maintain_partitions", "migrate_legacy", "process_webhooks", "promote_event_waitlist",
        "recurrence_dates", "simulate_booking_load")),
    layer(
      "Slotease", ["Hosting", "SchemaDSL"], path: "Sources/Subsystems/Slotease",
      resources: embedded(
        "audit_change", "available_slots", "book_appointment", "export_user_data", "finish_entry", "forget_user",
        "join_queue", "reorder_queue", "reschedule_appointment", "tell_of_appointment")),
    layer(
      "Growth", ["Hosting", "SchemaDSL"], path: "Sources/Subsystems/Growth",
      resources: embedded(
        "advance_session", "auto_assign_experiments", "enrich_event", "gdpr_delete_user_data", "normalize_lead",
        "process_pending_events")),
    layer(
      "Platform", ["Hosting", "SchemaDSL", "Webinar", "CheckIn", "Booking", "Slotease", "Growth"],
      path: "Sources/Subsystems/Platform"),
    .executableTarget(name: "dbtool", dependencies: ["DatabaseTool", "Platform"], swiftSettings: strict),

    layer("TestSupport", ["Migrations", "Introspection", "Postgres"], path: "Tests/TestSupport"),
    tests("EscapingTests", ["Escaping", "Migrations", "Planning", "Catalog", "Postgres"]),
    tests("PostgresTests", ["Postgres", "Escaping"]),
    tests("CatalogTests", ["Catalog", "Introspection", "Postgres"]),
    tests("IntrospectionTests", ["Introspection", "Catalog", "Postgres"]),
    tests("SchemaDSLTests", ["SchemaDSL", "Migrations", "Planning", "Catalog", "Postgres"]),
    tests("ToolTests", ["DatabaseTool", "Catalog", "Postgres"], exclude: ["Golden"]),
    tests(
      "PlatformTests", ["Platform", "SchemaDSL", "Migrations", "Operations", "Introspection", "Catalog", "Postgres"],
      exclude: ["Documents"]),
    tests("ImportingTests", ["Importing", "Migrations", "Introspection", "Catalog", "Postgres"]),
    tests("GeneratingTests", ["Generating", "Migrations", "Introspection", "Catalog", "Postgres"]),
    tests("OperationsTests", ["Operations", "Planning", "Migrations", "SchemaDSL", "Postgres"]),
    tests("FaultTests", ["Operations", "Planning", "Migrations", "Introspection", "SchemaDSL", "Catalog", "Postgres"]),
    tests("RedTeamTests", ["Migrations", "Introspection", "SchemaDSL", "Catalog", "Postgres"]),
    tests(
      "PlanningTests", ["Planning", "Migrations", "Introspection", "SchemaDSL", "Catalog", "Postgres"],
      exclude: ["Corpus"]),
  ]
)
