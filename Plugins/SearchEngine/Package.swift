// swift-tools-version: 6.1
import Foundation
import PackageDescription

// libCalmXapian.so is linked to Xapian, which is GPL-2.0-or-later; the plugin opens it at run time and does without it.
let hasXapian = FileManager.default.fileExists(atPath: "/usr/include/xapian.h")

let package = Package(
  name: "SearchEngine",
  products: [.library(name: "SearchEngine", type: .dynamic, targets: ["SearchEngine"])]
    + (hasXapian ? [.library(name: "CalmXapian", type: .dynamic, targets: ["CalmXapian"])] : []),
  dependencies: [.package(path: "../../Sources/PluginAPI"), .package(path: "../../Sources/SearchIndex")],
  targets: [
    .target(
      name: "SearchEngine",
      dependencies: [
        .product(name: "PluginAPI", package: "PluginAPI"), .product(name: "SearchIndex", package: "SearchIndex"),
      ])
  ]
    + (hasXapian
      ? [
        .target(
          name: "CalmXapian", dependencies: [.product(name: "CCalmXapian", package: "SearchIndex")],
          linkerSettings: [.linkedLibrary("xapian")])
      ] : []),
  swiftLanguageModes: [.v6], cxxLanguageStandard: .cxx17)
