// swift-tools-version: 6.1
import PackageDescription

// Readers of stored contexts, shared by the host and the plugin that serves them. Static, and without the plugin API: none of
// these types crosses the plugin boundary.
let package = Package(
  name: "ContextFiles",
  products: [.library(name: "ContextFiles", type: .static, targets: ["ContextFiles"])],
  targets: [
    .systemLibrary(name: "CZlib", path: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(
      name: "ContextFiles", dependencies: ["CZlib"], path: "ContextFiles",
      // Tests run in release mode and see internals.
      swiftSettings: [.unsafeFlags(["-enable-testing"])]),
  ],
  swiftLanguageModes: [.v6])
