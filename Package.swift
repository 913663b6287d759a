// swift-tools-version: 6.1
import Foundation
import PackageDescription

// The host, and one dynamic library a plugin. Plugins are listed by name: a folder dropped under Plugins/ would not be noticed
// by SwiftPM's cache. Each plugin also has a manifest of its own, laid out as a third party's.
let api: Target.Dependency = .product(name: "PluginAPI", package: "PluginAPI")
let transformers: [Target.Dependency] = [
  .product(name: "Transformers", package: "Transformers"), .product(name: "Tokenizers", package: "Transformers"),
]
let contextFiles: Target.Dependency = .product(name: "ContextFiles", package: "ContextFiles")
let searchIndex: Target.Dependency = .product(name: "SearchIndex", package: "SearchIndex")

// Local search needs Xapian, which is in a library of its own: GPL, opened at run time, and left out where its headers are not
// installed. SwiftPM keeps what it read from this file; `make` tells it by CALM_XAPIAN when the answer has changed.
let hasXapian =
  !(Context.environment["CALM_XAPIAN"] ?? "").isEmpty || FileManager.default.fileExists(atPath: "/usr/include/xapian.h")

let plugins: [(folder: String, module: String, dependencies: [Target.Dependency])] = [
  ("BioBERT", "BioBERT", transformers),
  ("CRF", "CRF", ["CLinearChain"]),
  ("KL-cooperative", "KLCooperative", []),
  ("Llama2", "Llama2", [.product(name: "Tokenizers", package: "Transformers"), "CLlama"]),
  ("Precomputed", "Precomputed", [contextFiles]),
  ("RemoteLLM", "RemoteLLM", []),
  ("SearchEngine", "SearchEngine", [searchIndex]),
  ("XLM-R", "XLMR", transformers),
]

let pluginTargets: [Target.Dependency] = plugins.map { .target(name: $0.module) }

let package = Package(
  name: "calm",
  products: [
    .executable(name: "calm", targets: ["Host"]),
    // Not linked by the host: it opens the library when something first asks for the network.
    .library(name: "CalmNetwork", type: .dynamic, targets: ["CalmNetwork"]),
  ]
    + plugins.map { .library(name: $0.module, type: .dynamic, targets: [$0.module]) }
    + (hasXapian ? [.library(name: "CalmXapian", type: .dynamic, targets: ["CalmXapian"])] : []),
  dependencies: [
    .package(path: "Sources/PluginAPI"), .package(path: "Sources/Transformers"), .package(path: "Sources/ContextFiles"),
    .package(path: "Sources/SearchIndex"),
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
    // What async-http-client is built on: its errors are of these.
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
    .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
  ],
  targets: [
    .executableTarget(
      name: "Host",
      dependencies: [
        api, contextFiles, searchIndex, "NetworkPolicy", "CYaml", "CCrypto", "CLinux",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      exclude: ["CYaml", "CCrypto", "CLinux"],
      // Tests run in release mode and see internals; the flag costs nothing measurable and keeps one build for both.
      swiftSettings: [.unsafeFlags(["-enable-testing"])],
      linkerSettings: [.unsafeFlags(["-Xlinker", "-rpath", "-Xlinker", "$ORIGIN/../lib/calm"])]),
    .target(name: "NetworkPolicy", dependencies: [api], path: "Sources/Network/Policy"),
    .target(
      name: "CalmNetwork",
      dependencies: [
        api, "NetworkPolicy", .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
      ], path: "Sources/Network/Client", swiftSettings: [.unsafeFlags(["-enable-testing"])]),
    .systemLibrary(
      name: "CYaml", path: "Sources/Host/CYaml", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(
      name: "CCrypto", path: "Sources/Host/CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CLinux", path: "Sources/Host/CLinux"),
    .target(
      name: "CLinearChain", path: "Plugins/CRF/Sources/CLinearChain", cSettings: [.unsafeFlags(["-O3"])]),
    .target(name: "CLlama", path: "Plugins/Llama2/Sources/CLlama", cSettings: [.unsafeFlags(["-O3"])]),
    .target(name: "TestSupport", dependencies: [api], path: "Tests/TestSupport"),
    .testTarget(
      name: "HostTests",
      dependencies: [
        "Host", "NetworkPolicy", "TestSupport", api, contextFiles, searchIndex,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "GRDB", package: "GRDB.swift"),
      ], path: "Tests/HostTests", exclude: ["Statistics/reference.json", "Statistics/reference.py"]),
    .testTarget(name: "TokenizersTests", dependencies: ["TestSupport", api] + transformers, path: "Tests/TokenizersTests"),
    .testTarget(name: "ContextFilesTests", dependencies: [contextFiles], path: "Tests/ContextFilesTests"),
    .testTarget(
      name: "NetworkTests", dependencies: ["CalmNetwork", "NetworkPolicy", "TestSupport", api], path: "Tests/NetworkTests"),
    .testTarget(
      name: "PluginTests",
      dependencies: ["CLlama", "CalmNetwork", "NetworkPolicy", "TestSupport", api, searchIndex] + transformers + pluginTargets,
      path: "Tests/PluginTests"),
    .testTarget(
      name: "GoldenTests", dependencies: ["CLlama", "Host", "TestSupport", api] + transformers + pluginTargets,
      path: "Tests/GoldenTests"),
    .testTarget(
      name: "ConformanceTests",
      dependencies: ["Host", "TestSupport", api, contextFiles, searchIndex] + transformers + pluginTargets,
      path: "Tests/ConformanceTests"),
    .testTarget(name: "NumericsTests", dependencies: ["TestSupport", api], path: "Tests/NumericsTests"),
    .testTarget(name: "WeightsTests", dependencies: ["TestSupport", api], path: "Tests/WeightsTests"),
  ]
    + (hasXapian
      ? [
        .target(
          name: "CalmXapian", dependencies: [.product(name: "CCalmXapian", package: "SearchIndex")],
          path: "Plugins/SearchEngine/Sources/CalmXapian", linkerSettings: [.linkedLibrary("xapian")])
      ] : [])
    + plugins.map {
      .target(
        name: $0.module, dependencies: [api] + $0.dependencies, path: "Plugins/\($0.folder)/Sources/\($0.module)",
        swiftSettings: [.unsafeFlags(["-enable-testing"])])
    },
  swiftLanguageModes: [.v6], cxxLanguageStandard: .cxx17)
