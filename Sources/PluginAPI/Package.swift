// swift-tools-version: 6.1
import PackageDescription

// The one dynamic image that the host and every Swift plugin share. It is a package of its own with ONE dynamic product:
// as targets of the root package, host and plugins would each get a copy and every cast across the boundary would fail.
// Library evolution lets a plugin built against an older API survive a newer host.
let headers = Context.packageDirectory + "/CPluginABI/include"
let resilient: [SwiftSetting] = [
  .unsafeFlags(["-enable-library-evolution", "-emit-module-interface", "-I", headers])
]

let package = Package(
  name: "PluginAPI",
  products: [
    .library(name: "PluginAPI", type: .dynamic, targets: ["PluginAPI", "CalmNumerics", "Weights", "CPluginABI"])
  ],
  targets: [
    .target(name: "CPluginABI", path: "CPluginABI"),
    .systemLibrary(
      name: "COpenBLAS", path: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .target(
      name: "CNumerics", dependencies: ["COpenBLAS"], path: "CNumerics",
      // Kernels are optimised in every configuration: a debug build of the host must still be able to train.
      cSettings: [.unsafeFlags(["-O3"])], linkerSettings: [.linkedLibrary("m")]),
    // Not `Numerics`: swift-numerics has a module of that name, and a package that uses it could not be used with this one.
    .target(name: "CalmNumerics", dependencies: ["CNumerics"], path: "Numerics", swiftSettings: resilient),
    .target(name: "Weights", dependencies: ["CalmNumerics"], path: "Weights", swiftSettings: resilient),
    .target(
      name: "PluginAPI", dependencies: ["CalmNumerics", "Weights", "CPluginABI"], path: "API", swiftSettings: resilient),
  ],
  swiftLanguageModes: [.v6])
