// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "RemoteLLM",
  products: [.library(name: "RemoteLLM", type: .dynamic, targets: ["RemoteLLM"])],
  dependencies: [.package(path: "../../Sources/PluginAPI")],
  targets: [.target(name: "RemoteLLM", dependencies: [.product(name: "PluginAPI", package: "PluginAPI")])],
  swiftLanguageModes: [.v6])
