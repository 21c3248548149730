// swift-tools-version: 6.2
import PackageDescription

// MARK: - Settings

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

/// Pixel kernels run 100 to 400 times slower without optimisation, so that a debug build of these
/// modules would make the tests useless.
let kernelSettings: [SwiftSetting] =
  settings + [.unsafeFlags(["-O"], .when(configuration: .debug))]

let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

func library(
  _ name: String, _ dependencies: [Target.Dependency] = [], kernels: Bool = false,
  resources: [Resource] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, resources: resources,
    swiftSettings: kernels ? kernelSettings : settings)
}

func tests(_ module: String, _ dependencies: [Target.Dependency], resources: [Resource] = [])
  -> Target
{
  .testTarget(
    name: "\(module)Tests", dependencies: dependencies, resources: resources,
    swiftSettings: settings)
}

let package = Package(
  name: "vison",
  products: [
    .executable(name: "vison-run", targets: ["vison-run"]),
    .executable(name: "vis-meta", targets: ["vis-meta"]),
    .executable(name: "vis-tools", targets: ["vis-tools"]),
  ],
  dependencies: [
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
  ],
  targets: [
    // MARK: C libraries
    .systemLibrary(
      name: "CCFITSIO", pkgConfig: "cfitsio", providers: [.apt(["libcfitsio-dev"])]),
    .systemLibrary(name: "CCairo", pkgConfig: "cairo", providers: [.apt(["libcairo2-dev"])]),
    .systemLibrary(
      name: "CXlsxWriter", pkgConfig: "xlsxwriter", providers: [.apt(["libxlsxwriter-dev"])]),
    .systemLibrary(name: "CGSL", pkgConfig: "gsl", providers: [.apt(["libgsl-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

    // MARK: Foundations
    library("Diagnostics"),
    library("DurableFiles", ["Diagnostics", "COpenSSL"]),
    library("Detector", ["Diagnostics"], kernels: true),
    library("FITSFiles", ["CCFITSIO", "Diagnostics", "DurableFiles", "Detector"], kernels: true),
    .target(
      name: "ShippedConfiguration", path: "config",
      exclude: ["README.md"],
      sources: ["ShippedConfiguration.swift"],
      resources: [
        .embedInCode("cameras/euclid-vis.yaml"), .embedInCode("cameras/esis-ccd230.yaml"),
        .embedInCode("cameras/tiny.yaml"), .embedInCode("focal-planes/euclid-vis-plane.yaml"),
        .embedInCode("elvis/exposure-log-columns.tsv"),
        .embedInCode("elvis/housekeeping-keys.tsv"),
        .embedInCode("elvis/housekeeping-limits.tsv"),
        .embedInCode("elvis/script-keywords.tsv"),
        .embedInCode("ogse/chambers.tsv"), .embedInCode("ogse/spot-patterns.tsv"),
        .embedInCode("ogse/shutter-calibrations.tsv"),
      ],
      swiftSettings: settings),

    // MARK: What should happen, what did happen
    library(
      "Campaign", ["Diagnostics", "DurableFiles", "Detector", "ShippedConfiguration", yams]),
    library(
      "Ingest", ["Diagnostics", "DurableFiles", "Detector", "FITSFiles", "Campaign"]),

    // MARK: Numbers
    library("Analysis", ["CGSL", "Diagnostics", "Detector"], kernels: true),

    // MARK: The warehouse
    library("Warehouse", ["Diagnostics", "DurableFiles", "Detector", grdb]),

    // MARK: Showing
    library("Plots", ["CCairo", "Diagnostics", "DurableFiles"], kernels: true),
    .target(
      name: "LatexTemplates", path: "templates/latex",
      sources: ["LatexTemplates.swift"],
      resources: [.embedInCode("vison-report.tex")],
      swiftSettings: settings),
    library(
      "LatexReport", ["Diagnostics", "DurableFiles", "LatexTemplates", subprocess, systemPackage]),
    library("DataProducts", ["CXlsxWriter", "Diagnostics", "DurableFiles", "FITSFiles"]),
    library(
      "Scripts",
      ["CZlib", "Diagnostics", "DurableFiles", "Detector", "Campaign", "Ingest", "DataProducts"]),
    library(
      "Reporting",
      [
        "Diagnostics", "DurableFiles", "Detector", "Campaign", "FITSFiles", "Warehouse", "Plots",
        "LatexReport", "DataProducts", "Analysis",
      ]),

    library(
      "Exchange",
      ["Diagnostics", "DurableFiles", "Detector", "FITSFiles", "Warehouse", "DataProducts", yams]),

    // MARK: Doing
    library(
      "BlockTests",
      [
        "Diagnostics", "DurableFiles", "Detector", "FITSFiles", "Campaign", "Ingest", "Analysis",
        "Warehouse",
      ]),
    library(
      "Metatests",
      [
        "Diagnostics", "DurableFiles", "Detector", "FITSFiles", "Campaign", "Analysis", "Warehouse",
        "Plots", "LatexReport", "DataProducts", "Reporting", "BlockTests", yams,
      ]),
    library(
      "Simulator",
      ["Diagnostics", "DurableFiles", "Detector", "FITSFiles", "Campaign", "Ingest"], kernels: true),

    // MARK: Commands
    library("CommandLineStyle", ["Diagnostics", argumentParser]),
    .executableTarget(
      name: "vison-run",
      dependencies: [
        "CommandLineStyle", "Diagnostics", "DurableFiles", "Detector", "FITSFiles", "Campaign",
        "Ingest", "Analysis", "Warehouse", "BlockTests", "Reporting", argumentParser,
      ], swiftSettings: settings),
    .executableTarget(
      name: "vis-meta",
      dependencies: [
        "CommandLineStyle", "Diagnostics", "DurableFiles", "Detector", "Campaign", "Warehouse",
        "BlockTests", "Metatests", "Plots", "Reporting", "DataProducts", "Exchange", argumentParser,
      ], swiftSettings: settings),
    .executableTarget(
      name: "vis-tools",
      dependencies: [
        "CommandLineStyle", "Diagnostics", "DurableFiles", "Detector", "Campaign", "Ingest",
        "FITSFiles", "Scripts", "Simulator", argumentParser,
      ], swiftSettings: settings),

    // MARK: Benchmarks
    .executableTarget(
      name: "vison-benchmark",
      dependencies: ["Analysis", "Detector", "FITSFiles"],
      path: "Benchmarks/vison-benchmark", swiftSettings: kernelSettings),
    .executableTarget(
      name: "warehouse-benchmark",
      dependencies: ["Warehouse", "Detector", "DurableFiles", grdb, argumentParser],
      path: "Benchmarks/warehouse", exclude: ["pandas-alternative.py"], swiftSettings: settings),

    .executableTarget(
      name: "covariance-benchmark",
      dependencies: ["Analysis", "Campaign", "Detector", "FITSFiles"],
      path: "Benchmarks/covariances", exclude: ["numpy-alternative.py"],
      swiftSettings: kernelSettings),

    // MARK: Tests
    tests("DurableFiles", ["DurableFiles", "Diagnostics"]),
    tests("Detector", ["Detector", "Campaign"]),
    tests("FITSFiles", ["FITSFiles", "Detector", "Diagnostics", "DurableFiles"]),
    tests(
      "Campaign", ["Campaign", "Detector", "Diagnostics", "DurableFiles"],
      resources: [.copy("Fixtures")]),
    tests(
      "Ingest", ["Ingest", "Campaign", "Detector", "Diagnostics", "DurableFiles"],
      resources: [.copy("Fixtures")]),
    tests("Analysis", ["Analysis", "Detector"]),
    tests(
      "Warehouse", ["Warehouse", "Diagnostics", "DurableFiles", "Detector", grdb],
      resources: [.copy("Fixtures")]),
    tests(
      "BlockTests",
      [
        "BlockTests", "Campaign", "Detector", "Diagnostics", "FITSFiles", "Simulator", "Warehouse",
      ]),
    tests(
      "Scripts",
      ["Scripts", "Campaign", "DataProducts", "Detector", "Diagnostics", "DurableFiles", "Ingest"]),
    tests("CommandLineStyle", ["CommandLineStyle", "Diagnostics", argumentParser]),
    tests(
      "Simulator",
      [
        "Simulator", "Campaign", "Detector", "Diagnostics", "DurableFiles", "FITSFiles", "Ingest",
      ]),
    tests(
      "Reporting",
      [
        "Reporting", "Diagnostics", "DurableFiles", "Detector", "Campaign", "FITSFiles",
        "Warehouse", "Plots", "LatexReport", "DataProducts",
      ]),
    tests(
      "Metatests",
      [
        "Metatests", "Analysis", "Warehouse", "Detector", "Campaign", "DurableFiles", "Diagnostics",
        "FITSFiles", "Plots", "LatexReport", "BlockTests",
      ]),
    tests("Plots", ["Plots", "Diagnostics", "DurableFiles"]),
    tests("LatexReport", ["LatexReport", "Diagnostics", "DurableFiles"]),
    tests("DataProducts", ["DataProducts", "Diagnostics", "DurableFiles", "FITSFiles"]),
    tests(
      "Exchange",
      ["Exchange", "Detector", "Diagnostics", "DurableFiles", "FITSFiles", "Warehouse"]),
    tests(
      "Documentation",
      [
        "Exchange", "BlockTests", "Campaign", "CommandLineStyle", "DataProducts", "Detector",
        "Diagnostics",
        "DurableFiles", "FITSFiles", "Ingest", "LatexReport", "Metatests", "Plots", "Reporting",
        "Scripts", "Simulator", "Warehouse",
      ]),
  ]
)
