// swift-tools-version: 6.1
import PackageDescription

// The folder of calm's SDK, where `calm plugin new` found it. CALM_SDK names another one.
let sdk = Context.environment["CALM_SDK"] ?? "/path/to/sdk"
let imports: [SwiftSetting] = [.unsafeFlags(["-I", sdk, "-I", sdk + "/include"])]

let package = Package(
  name: "PluginName",
  products: [.library(name: "PluginName", type: .dynamic, targets: ["PluginName"])],
  targets: [
    // In the host libPluginAPI.so is loaded already; only the tests, which are a program of their own, have to find it.
    .target(
      name: "PluginName", swiftSettings: imports, linkerSettings: [.unsafeFlags(["-L", sdk, "-lPluginAPI"])]),
    .testTarget(
      name: "PluginNameTests", dependencies: ["PluginName"], swiftSettings: imports,
      linkerSettings: [.unsafeFlags(["-Xlinker", "-rpath", "-Xlinker", sdk])]),
  ],
  swiftLanguageModes: [.v6])
