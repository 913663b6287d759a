// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "BioBERT",
  products: [.library(name: "BioBERT", type: .dynamic, targets: ["BioBERT"])],
  dependencies: [.package(path: "../../Sources/PluginAPI"), .package(path: "../../Sources/Transformers")],
  targets: [
    .target(
      name: "BioBERT",
      dependencies: [
        .product(name: "PluginAPI", package: "PluginAPI"), .product(name: "Transformers", package: "Transformers"),
      ])
  ],
  swiftLanguageModes: [.v6])
