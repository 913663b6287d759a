// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "CRF",
  products: [.library(name: "CRF", type: .dynamic, targets: ["CRF"])],
  dependencies: [.package(path: "../../Sources/PluginAPI")],
  targets: [
    .target(name: "CLinearChain", cSettings: [.unsafeFlags(["-O3"])]),
    .target(name: "CRF", dependencies: ["CLinearChain", .product(name: "PluginAPI", package: "PluginAPI")]),
  ],
  swiftLanguageModes: [.v6])
