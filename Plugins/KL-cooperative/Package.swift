// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "KLCooperative",
  products: [.library(name: "KLCooperative", type: .dynamic, targets: ["KLCooperative"])],
  dependencies: [.package(path: "../../Sources/PluginAPI")],
  targets: [
    .target(name: "KLCooperative", dependencies: [.product(name: "PluginAPI", package: "PluginAPI")])
  ],
  swiftLanguageModes: [.v6])
