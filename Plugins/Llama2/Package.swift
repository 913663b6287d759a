// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "Llama2",
  products: [.library(name: "Llama2", type: .dynamic, targets: ["Llama2"])],
  dependencies: [.package(path: "../../Sources/PluginAPI"), .package(path: "../../Sources/Transformers")],
  targets: [
    .target(name: "CLlama", cSettings: [.unsafeFlags(["-O3"])]),
    .target(
      name: "Llama2",
      dependencies: [
        "CLlama", .product(name: "PluginAPI", package: "PluginAPI"), .product(name: "Tokenizers", package: "Transformers"),
      ]),
  ],
  swiftLanguageModes: [.v6])
