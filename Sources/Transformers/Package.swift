// swift-tools-version: 6.1
import PackageDescription

// Code that several encoder plugins share and that is too big for the SDK. Static: each plugin carries its own copy,
// and none of these types crosses the plugin boundary.
// Tests run in release mode and see internals.
let testable: [SwiftSetting] = [.unsafeFlags(["-enable-testing"])]

let package = Package(
  name: "Transformers",
  products: [
    .library(name: "Transformers", type: .static, targets: ["Transformers"]),
    .library(name: "Tokenizers", type: .static, targets: ["Tokenizers"]),
  ],
  dependencies: [.package(path: "../PluginAPI")],
  targets: [
    .target(
      name: "Tokenizers", dependencies: [.product(name: "PluginAPI", package: "PluginAPI")], path: "Tokenizers",
      swiftSettings: testable),
    .target(
      name: "Transformers",
      dependencies: ["Tokenizers", .product(name: "PluginAPI", package: "PluginAPI")],
      path: "Transformers", swiftSettings: testable),
  ],
  swiftLanguageModes: [.v6])
