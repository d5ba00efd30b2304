// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target is built alike: Swift 6 mode, warnings are errors, imports are internal unless said.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

/// A room: one target under Sources/, with the list of what it may know (docs/architecture.md).
func room(_ name: String, knows dependencies: [Target.Dependency] = [], resources: [Resource]? = nil) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

/// The tests of one room, in Tests/<Room>Tests.
func tests(_ room: String, knows dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(name: "\(room)Tests", dependencies: [.init(stringLiteral: room)] + dependencies, swiftSettings: strict)
}

let package = Package(
    name: "atlas",
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    ],
    targets: [
        // C libraries and thin shims
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(name: "CTOML"),
        .target(name: "CCrypt", linkerSettings: [.linkedLibrary("crypt")]),
        .target(name: "CVips", linkerSettings: [.linkedLibrary("dl")]),
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("dl")]),
        .target(name: "CLinux"),

        // Ground floor
        room("Text"),
        room("JSON", knows: ["Text", nio]),
        room("Config", knows: ["CTOML", "JSON", "Text"]),
        room("Expressions", knows: ["Text"]),
        room("HTML"),
        room("Schema", knows: ["Config", "Expressions", "JSON", "Text"]),
        room("Ports", knows: ["Schema", "Expressions", nio]),

        // Adapters
        room("SQLiteFunctions", knows: ["Expressions", "CSQLite"]),
        room(
            "SQLiteStore", knows: ["Ports", "Schema", "Expressions", "JSON", "HTML", "Text", "SQLiteFunctions", "CSQLite", nio]),
        room("Outbound", knows: ["CCurl", nioPosix]),
        room("LocalObjects", knows: ["Ports", "CLinux", nioPosix]),

        // The heart and its clients
        room("Records", knows: ["Ports", "Schema", "Expressions", "JSON", "Text", "HTML", crypto, nio]),
        room(
            "Identity",
            knows: ["Records", "Ports", "Schema", "Expressions", "JSON", "CCrypt", "CLinux", crypto, cryptoExtras, nio, nioPosix]),
        room("Jobs", knows: ["Ports", logging]),
        room(
            "Media",
            knows: [
                "Records", "Jobs", "Ports", "Schema", "Config", "Expressions", "JSON", "CVips", "CLinux", crypto, logging, nio, nioPosix,
            ]),
        room("Messaging", knows: ["Records", "Jobs", "Outbound", "Ports", "Schema", "Config", "JSON"]),
        room(
            "Callouts",
            knows: ["Records", "Jobs", "Outbound", "Ports", "Schema", "Config", "Expressions", "JSON", crypto, nio]),
        room("Edge", knows: ["Ports", "JSON", logging, nio, nioPosix, nioHTTP1]),
        room(
            "HTTPAPI",
            knows: [
                "Edge", "Records", "Identity", "Media", "Ports", "Schema", "Config", "Expressions", "JSON", crypto, logging, nio, nioPosix,
                nioHTTP1,
            ]),

        // Wiring and the program
        room(
            "Assembly",
            knows: [
                "HTTPAPI", "Edge", "Media", "Messaging", "Callouts", "Outbound", "Jobs", "Identity", "Records", "LocalObjects",
                "SQLiteStore", "Ports",
                "Schema",
                "Expressions", "Config", "JSON", "CLinux", logging, nio, nioPosix, nioHTTP1,
            ]),
        .executableTarget(
            name: "atlas",
            dependencies: ["Assembly", "Config", "Schema", "Ports", "Media", "JSON", logging, nioPosix, arguments], swiftSettings: strict),

        // Tests: one suite per room, one conformance suite per port, and the real binary over HTTP
        .target(name: "SeededNumbers", path: "Tests/SeededNumbers", swiftSettings: strict),
        .target(name: "ExampleFiles", dependencies: ["Config"], path: "Tests/ExampleFiles", swiftSettings: strict),
        .target(
            name: "Conformance", dependencies: ["SeededNumbers", "Ports", "Schema", "Expressions", nio], path: "Tests/Conformance",
            swiftSettings: strict),
        tests("Text", knows: ["Conformance", "Ports", "CSQLite"]),
        tests("JSON", knows: ["Conformance", "Ports", nio]),
        tests("Ports"),
        tests("Config", knows: ["ExampleFiles", "SeededNumbers", "JSON"]),
        tests("Expressions", knows: ["SeededNumbers", "SQLiteFunctions", "CSQLite", "CPostgres"]),
        // The oracles are programs: html5lib, Chromium, Python's own table.
        .testTarget(name: "HTMLTests", dependencies: ["HTML", "SeededNumbers"], exclude: ["oracles"], swiftSettings: strict),
        tests("Schema", knows: ["ExampleFiles", "SeededNumbers", "Conformance", "Ports", "Config", "Expressions"]),
        tests(
            "SQLiteStore",
            knows: [
                "Jobs", logging, "SeededNumbers", "Conformance", "Ports", "Schema", "Expressions", "Config", "JSON", nio,
                nioPosix,
            ]),
        tests("Outbound", knows: ["Conformance", "Ports", nio, nioPosix]),
        tests("LocalObjects", knows: ["Conformance", "Ports", nioPosix]),
        tests("Records", knows: ["Conformance", "SQLiteStore", "Ports", "Schema", "Expressions", "Config", "JSON", nio, nioPosix]),
        tests(
            "Identity",
            knows: [
                "Conformance", "SQLiteStore", "Config", "Schema", "Ports", "Records", "Expressions", "JSON", "CLinux", crypto,
                cryptoExtras,
                nio, nioPosix,
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ]),
        tests("Jobs", knows: ["Conformance", "Ports", logging]),
        tests("Media", knows: ["SeededNumbers", "MediaHelperTool", "Config", logging, nio, nioPosix]),
        // The media helper as a program of its own, for the tests: their own binary cannot be run as one.
        .executableTarget(name: "MediaHelperTool", dependencies: ["Media"], path: "Tests/MediaHelperTool", swiftSettings: strict),
        tests("Messaging", knows: ["Harness", "Outbound", "Records", "Jobs", "Conformance", "Ports", "Schema", "Config", "JSON", logging]),
        tests(
            "Edge",
            knows: ["SeededNumbers", "Ports", logging, nio, nioPosix, nioHTTP1, .product(name: "NIOEmbedded", package: "swift-nio")]),
        tests(
            "HTTPAPI",
            knows: [
                "Conformance", "SeededNumbers", "Edge", "Expressions", "Identity", "JSON", "Ports", "Records", logging, nio, nioPosix,
                nioHTTP1,
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ]),
        // Answers for Tests/FormatProbe/compare, which holds formats to other programs.
        .executableTarget(
            name: "FormatProbe", dependencies: ["Records", "JSON", "Text"], path: "Tests/FormatProbe", exclude: ["compare"],
            swiftSettings: strict),
        // What `make bench` measures besides the served program.
        .executableTarget(
            name: "QueueDrain", dependencies: ["SQLiteStore", "Jobs", "Ports", logging, nio, nioPosix], path: "Benchmarks/QueueDrain",
            swiftSettings: strict),
        // What both suites below start the program with and ask it by.
        .target(
            name: "Harness", dependencies: ["JSON", nio, nioPosix, nioHTTP1], path: "Tests/Harness",
            exclude: ["conforms", "receives", "relay", "services"],
            swiftSettings: strict),
        // They depend on the program so that it is built before its tests; they start it as a process.
        .testTarget(
            name: "AcceptanceTests", dependencies: ["atlas", "Harness", "JSON", nio, nioPosix, nioHTTP1], path: "Tests/Acceptance",
            swiftSettings: strict),
        .testTarget(
            name: "ExamplesTests", dependencies: ["atlas", "Harness", "Conformance", "JSON", crypto, nio, nioHTTP1],
            path: "Tests/ExamplesAcceptance", swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
