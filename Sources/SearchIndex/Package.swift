// swift-tools-version: 6.1
import PackageDescription

// The search index on disk, shared by the command that builds it and the plugin that asks it. Static, and without the plugin
// API: none of these types crosses the plugin boundary. Xapian is not linked: libCalmXapian.so is opened when an index is.
let package = Package(
  name: "SearchIndex",
  products: [
    .library(name: "SearchIndex", type: .static, targets: ["SearchIndex"]),
    .library(name: "CCalmXapian", type: .static, targets: ["CCalmXapian"]),
  ],
  targets: [
    .target(name: "CCalmXapian", path: "CCalmXapian"),
    .target(name: "SearchIndex", dependencies: ["CCalmXapian"], path: "SearchIndex"),
  ],
  swiftLanguageModes: [.v6])
