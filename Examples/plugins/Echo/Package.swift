// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "Echo",
  products: [.library(name: "Echo", type: .dynamic, targets: ["Echo"])],
  dependencies: [.package(path: "../../../Sources/PluginAPI")],
  targets: [.target(name: "Echo", dependencies: [.product(name: "PluginAPI", package: "PluginAPI")])],
  swiftLanguageModes: [.v6])
