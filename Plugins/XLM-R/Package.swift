// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "XLMR",
  products: [.library(name: "XLMR", type: .dynamic, targets: ["XLMR"])],
  dependencies: [.package(path: "../../Sources/PluginAPI"), .package(path: "../../Sources/Transformers")],
  targets: [
    .target(
      name: "XLMR",
      dependencies: [
        .product(name: "PluginAPI", package: "PluginAPI"), .product(name: "Transformers", package: "Transformers"),
      ])
  ],
  swiftLanguageModes: [.v6])
