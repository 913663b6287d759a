public import PluginAPI

let manifest = Manifest(
  id: "precomputed", kind: .augmentor, version: "1.0.0", licence: "Apache-2.0",
  summary: "serves contexts from files: O-CALM JSON, JSON Lines or CL-KL columns, gzipped or not", answersNewText: false)

/// Where the contexts are, a file a split.
struct PrecomputedOptions: PluginOptions {
  var train: String?
  var dev: String?
  var test: String?
  var files: [String: String]?

  static let fields = [
    OptionField.optional("train", .path, help: "contexts of the training sentences, in their order"),
    .optional("dev", .path, help: "contexts of the development sentences"),
    .optional("test", .path, help: "contexts of the test sentences"),
    .optional("files", .map(.path), help: "contexts of splits by any name"),
  ]

  /// The file of each split, and the option that names it.
  func sources() throws -> [String: ContextSource] {
    var sources: [String: ContextSource] = [:]
    for (split, path) in [("train", train), ("dev", dev), ("test", test)] {
      if let path { sources[split] = ContextSource(split: split, option: split, path: path) }
    }
    for (split, path) in files ?? [:] {
      guard sources[split] == nil else {
        throw PluginError("split `\(split)` has two context files", hint: "give either `\(split)` or `files.\(split)`")
      }
      sources[split] = ContextSource(split: split, option: "files.\(split)", path: path)
    }
    return sources
  }
}

/// The entry point.
@c(calm_plugin_Precomputed)
public func entry() -> UnsafePointer<calm_plugin_info> {
  exportPlugin(calm_this_stamp()) {
    retained(manifest, options: PrecomputedOptions.self) { options, _, services in
      try PrecomputedContexts(options.sources(), services: services)
    }
  }
}
