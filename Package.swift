// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

/// Strict everywhere: Swift 6 mode, no warning survives, each call into C says `unsafe`.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
    .strictMemorySafety(),
]

let argumentParser = Target.Dependency.product(
    name: "ArgumentParser",
    package: "swift-argument-parser"
)

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(
    _ name: String,
    _ dependencies: [Target.Dependency],
    exclude: [String] = []
) -> Target {
    .testTarget(
        name: name,
        dependencies: dependencies,
        exclude: exclude,
        swiftSettings: strict
    )
}

let package = Package(
    name: "listbreaker",
    products: [
        .executable(name: "listbreaker", targets: ["listbreaker"]),
        .executable(name: "listbreakerd", targets: ["listbreakerd"]),
        .executable(name: "listbreaker-actuator", targets: ["listbreaker-actuator"]),
        .executable(name: "listbreaker-fleetd", targets: ["listbreaker-fleetd"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // What Swift's Glibc module hides, and someone else's library.
        .systemLibrary(
            name: "CSystemd",
            pkgConfig: "libsystemd",
            providers: [.apt(["libsystemd-dev"])]
        ),
        .systemLibrary(
            name: "CSQLite",
            pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"])]
        ),
        .systemLibrary(
            name: "CMosquitto",
            pkgConfig: "libmosquitto",
            providers: [.apt(["libmosquitto-dev"])]
        ),
        .target(name: "CLinux"),

        // Pure: no I/O, no clock, no Foundation.
        library("Archive"),
        library("EventTime", ["Archive"]),
        library("Words", ["EventTime"]),
        library("Attended", ["EventTime"]),
        library("MailLog", ["Archive", "EventTime", "Words"]),
        library("ListTraffic", ["Archive", "EventTime", "Words", "MailLog"]),
        library("StormDetection", ["Archive", "EventTime", "Words", "Attended", "ListTraffic"]),
        library("Breaker", ["EventTime", "Words", "Attended", "StormDetection"]),
        library("Reports", ["Words", "StormDetection", "Breaker"]),
        library(
            "Settings",
            [
                "EventTime", "Words", "Attended", "MailLog", "ListTraffic", "StormDetection",
                "Breaker",
            ]
        ),
        library(
            "Engine",
            [
                "Archive", "EventTime", "Words", "Attended", "MailLog", "ListTraffic",
                "StormDetection", "Breaker", "Reports", "Settings",
            ]
        ),
        library(
            "Hindsight",
            ["EventTime", "MailLog", "StormDetection", "Breaker", "Settings", "Engine"]
        ),
        library("StormSimulator", ["EventTime"]),
        library("Fleet", ["EventTime", "Words"]),
        library(
            "FleetJudging",
            ["Archive", "EventTime", "Words", "ListTraffic", "StormDetection", "Fleet"]
        ),

        // Scenarios held to their promises; for the judge and the tests, not installed.
        library(
            "Trials",
            [
                "Attended", "EventTime", "MailLog", "ListTraffic", "StormDetection", "Breaker",
                "Settings", "Engine", "FleetJudging", "Hindsight", "StormSimulator",
            ]
        ),

        // Edges: they never import each other. Linux and LocalSocket lie below those that need the
        // system or a socket.
        library("Linux", ["CLinux", "EventTime"]),
        library("LocalSocket", ["CLinux", "Linux"]),
        library("Journal", ["CSystemd", "Linux", "EventTime", "MailLog"]),
        library(
            "Store",
            ["CSQLite", "Archive", "EventTime", "Words", "Breaker", "Linux"]
        ),
        library("HaltWire", ["Words", "CLinux", "Linux", "LocalSocket"]),
        library("Paging", ["EventTime", "Words", "Breaker", "Settings", "Linux"]),
        library("Control", ["EventTime", "StormDetection", "Breaker", "LocalSocket"]),
        library("FleetLink", ["EventTime", "Words", "LocalSocket", "Linux", "Fleet", "Reports"]),
        library("SettingsFiles", ["Settings", "Attended", "MailLog", "Linux"]),

        // Runs as root, and in no program but the actuator.
        library("MailServers", ["Words", "HaltWire", "LocalSocket", "Linux"]),

        // Speaks to the brokers of a fleet, and is in no program but listbreaker-fleetd.
        library("Carrier", ["CMosquitto", "EventTime", "Fleet", "FleetLink", "Linux"]),

        // Composition and the programs.
        library(
            "Daemon",
            [
                "EventTime", "Words", "MailLog", "ListTraffic", "StormDetection", "Breaker",
                "Reports", "Settings", "Engine", "LocalSocket", "Journal", "Store", "HaltWire",
                "Paging", "Control", "SettingsFiles", "Fleet", "FleetJudging", "FleetLink",
                "CSystemd",
                "Linux",
            ]
        ),
        program("listbreakerd", ["Daemon", "Engine", argumentParser]),
        program(
            "listbreaker-fleetd",
            ["Carrier", "Fleet", "FleetLink", "Reports", "EventTime", "Linux"]
        ),
        program("listbreaker-actuator", ["MailServers", "HaltWire", "LocalSocket", "Linux"]),
        program(
            "listbreaker",
            [
                "EventTime", "Words", "MailLog", "ListTraffic", "StormDetection", "Breaker",
                "Reports", "Settings", "Engine", "Hindsight", "Journal", "Control",
                "SettingsFiles", "LocalSocket", "Linux", "HaltWire", "StormSimulator", "Fleet",
                "FleetLink", argumentParser,
            ]
        ),

        // Measures detection on real traffic; not installed.
        program(
            "listbreaker-judge",
            [
                "EventTime", "Words", "MailLog", "ListTraffic", "StormDetection", "Settings",
                "Engine", "Hindsight", "StormSimulator", "Trials",
            ]
        ),

        // The benchmark: the yardstick in C, and what times listbreaker against it.
        .executableTarget(name: "journal-loop", dependencies: ["CSystemd"]),
        .target(name: "CAllocations"),
        program(
            "listbreaker-bench",
            [
                "EventTime", "MailLog", "ListTraffic", "StormDetection", "Breaker", "Settings",
                "Engine", "Reports", "Journal", "Store", "StormSimulator", "Linux", "CAllocations",
                "Fleet", "FleetJudging",
                argumentParser,
            ]
        ),

        // Tests: one target per target, and what several of them need.
        .target(
            name: "TestSupport",
            dependencies: ["Linux"],
            path: "Tests/Support",
            swiftSettings: strict
        ),
        // System calls that fail when a test wants it; see Tests/Faults.
        .target(name: "CFaults", path: "Tests/Faults"),
        tests("ArchiveTests", ["TestSupport", "Archive"]),
        tests("EventTimeTests", ["EventTime"]),
        tests("WordsTests", ["Words", "EventTime"]),
        tests("AttendedTests", ["TestSupport", "Attended", "EventTime"]),
        tests(
            "MailLogTests",
            ["MailLog", "EventTime"],
            exclude: ["AcceptedDifferences.txt", "Corpus"]
        ),
        tests(
            "ListTrafficTests",
            ["TestSupport", "ListTraffic", "MailLog", "EventTime", "Archive"]
        ),
        tests(
            "StormDetectionTests",
            ["TestSupport", "StormDetection", "Attended", "ListTraffic", "EventTime", "Archive"]
        ),
        tests("BreakerTests", ["Breaker", "Attended", "StormDetection", "EventTime"]),
        tests("ReportsTests", ["Reports", "Breaker", "StormDetection"]),
        tests(
            "SettingsTests",
            [
                "TestSupport",
                "Settings", "Attended", "Breaker", "StormDetection", "ListTraffic", "MailLog",
                "EventTime",
            ]
        ),
        tests(
            "EngineTests",
            [
                "Engine", "Reports", "Settings", "Breaker", "StormDetection", "ListTraffic",
                "MailLog", "StormSimulator", "EventTime", "Archive",
            ]
        ),
        tests(
            "FleetLinkTests",
            ["TestSupport", "FleetLink", "Fleet", "Reports", "LocalSocket", "EventTime"]
        ),
        tests("CarrierTests", ["Carrier", "FleetLink"]),
        tests("FleetTests", ["TestSupport", "Fleet", "EventTime"]),
        tests(
            "FleetJudgingTests",
            [
                "TestSupport", "FleetJudging", "Fleet", "ListTraffic", "StormDetection", "Breaker",
                "Archive", "Settings", "Engine", "Hindsight", "Trials", "StormSimulator", "MailLog",
                "EventTime",
            ]
        ),
        tests("StormSimulatorTests", ["StormSimulator", "ListTraffic", "MailLog", "EventTime"]),
        tests("TrialsTests", ["Trials", "Hindsight", "StormSimulator", "EventTime"]),
        tests("LinuxTests", ["TestSupport", "Linux", "EventTime"]),
        tests("LocalSocketTests", ["TestSupport", "LocalSocket", "Linux"]),
        tests(
            "JournalTests",
            ["TestSupport", "CFaults", "Journal", "MailLog", "Linux", "EventTime"]
        ),
        tests(
            "StoreTests",
            [
                "TestSupport", "CFaults", "Store", "Linux", "Breaker", "StormDetection",
                "EventTime", "Archive",
            ]
        ),
        tests("HaltWireTests", ["HaltWire"]),
        tests(
            "MailServersTests",
            [
                "TestSupport", "CFaults", "MailServers", "HaltWire", "LocalSocket", "Linux",
                "listbreaker-actuator",
            ]
        ),
        tests(
            "PagingTests",
            [
                "TestSupport", "Paging", "Words", "Store", "Breaker", "Settings", "Linux",
                "EventTime",
            ]
        ),
        tests(
            "ControlTests",
            ["Control", "Breaker", "LocalSocket", "Linux", "EventTime", "StormDetection"]
        ),
        tests("SettingsFilesTests", ["SettingsFiles", "Settings", "Attended", "EventTime"]),
        tests(
            "CommandLineTests",
            [
                "TestSupport", "listbreaker", "Words", "Control", "Breaker", "Reports", "Engine",
                "HaltWire",
                "Hindsight", "Settings", "StormDetection", "MailLog", "LocalSocket", "Linux",
                "Journal", "EventTime",
                argumentParser,
            ]
        ),
        tests(
            "DaemonTests",
            [
                "Daemon", "Engine", "Settings", "Breaker", "StormDetection", "ListTraffic",
                "Fleet", "FleetJudging", "FleetLink", "MailLog", "Journal", "Store", "HaltWire",
                "Paging", "Control", "LocalSocket",
                "StormSimulator", "Trials", "TestSupport", "Linux", "EventTime",
            ]
        ),
    ]
)
