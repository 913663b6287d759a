// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "Precomputed",
  products: [.library(name: "Precomputed", type: .dynamic, targets: ["Precomputed"])],
  dependencies: [.package(path: "../../Sources/PluginAPI"), .package(path: "../../Sources/ContextFiles")],
  targets: [
    .target(
      name: "Precomputed",
      dependencies: [
        .product(name: "PluginAPI", package: "PluginAPI"), .product(name: "ContextFiles", package: "ContextFiles"),
      ])
  ],
  swiftLanguageModes: [.v6])
