import PluginAPI

/// The laws that do not belong to a kind, in the words of the report.
enum ValidationLaws {
  static let library = "it is a whole library for this machine"
  static let stamp = "its stamp is this host's"
  static let entry = "it has one entry point"
  static let opens = "it can be opened"
  static let id = "its id can be written in a configuration"
  static let neighbours = "no other plugin has its id"
  static let makes = "it makes an instance"
  static let kind = "the instance is of the manifest's kind"
  static let asks = "it says what it has"
  static let output = "it writes nothing to standard output"
}

/// A plugin that is tried in this process.
struct ValidationSubject {
  let plugin: LoadedPlugin
  private let use: PluginUse
  private let services: Services

  /// A decoder's width and tags: few, so that all paths of a sentence can be counted.
  static let decoderShape = Shape(width: 7, tags: ["O", "B-X", "I-X", "E-X", "S-X"])

  /// Throws ``Diagnostics`` where the options are at fault.
  init(_ plugin: LoadedPlugin, options file: String?) throws {
    let registry = PluginRegistry(declared: [], folders: []), fields = plugin.manifest.options
    let nowhere = SourceMark(file: SourceMark.defaultFile, line: 1, column: 1)
    let node = try file.map { try readYAML(path: $0) } ?? ConfigNode(.map([]), mark: nowhere)
    var faults = check(node, against: fields, what: "options of plugin `\(plugin.manifest.id)`")
    for i in faults.indices where file == nil {
      (faults[i].mark, faults[i].hint) = (nil, "give its options with --options FILE")
    }
    guard faults.isEmpty else { throw Diagnostics(faults) }
    let filled = try node.filled(with: fields).resolvingPlugins(fields, registry: registry, models: []).node
    self.plugin = plugin
    use = PluginUse(id: plugin.manifest.id, plugin: plugin, options: filled.resolvingPaths(fields, models: []))
    services = .standard(
      seed: 1, network: NetworkSettings(section: nil, naming: use.options.webAddresses(fields)), registry: registry)
  }

  func make() throws -> any Plugin {
    try use.make(shape: plugin.manifest.kind == .decoder ? Self.decoderShape : Shape(), services: services)
  }

  /// The same encoder without dropout, where it has an option of that name.
  private func withoutDropout() -> (any Encoder)? {
    let isOption = plugin.manifest.options.contains {
      $0.name == "dropout" && $0.type == .number && $0.range?.contains(0) != false
    }
    guard isOption else { return nil }
    let zero = ConfigNode(.scalar("0", quoted: false), mark: use.options.mark)
    let entries = (use.options.map ?? []).filter { $0.key.name != "dropout" }
    let key = ConfigNode.Key("dropout", mark: use.options.mark)
    let still = PluginUse(
      id: use.id, plugin: plugin, options: ConfigNode(.map(entries + [.init(key, zero)]), mark: use.options.mark))
    return try? still.make(services: services) as? any Encoder
  }

  /// Whether an instance is of the kind that the manifest says.
  static func kindFault(_ instance: any Plugin, _ kind: PluginKind) -> String? {
    let protocols: [(PluginKind, Bool)] = [
      (.augmentor, instance is any Augmentor), (.encoder, instance is any Encoder), (.decoder, instance is any Decoder),
      (.loss, instance is any Loss),
    ]
    guard let claimed = protocols.first(where: { $0.0 == kind }), !claimed.1 else { return nil }
    let found = protocols.filter(\.1).map(\.0.rawValue).joined(separator: " and ")
    return "the manifest says \(kind.rawValue), the instance is " + (found.isEmpty ? "none of the kinds" : found)
  }

  /// Tries the laws of its kind that `choice` names.
  func laws(_ instance: any Plugin, _ choice: LawBook.Choice, seed: UInt64, patience: Double) async -> [LawResult] {
    let book = LawBook(choice, isAlone: true)
    switch plugin.manifest.kind {
    case .augmentor:
      guard let augmentor = instance as? any Augmentor else { return [] }
      return await checkAugmentor(
        augmentor, manifest: plugin.manifest, seed: seed, patience: .seconds(patience), book: book)
    case .encoder:
      guard let encoder = instance as? any Encoder else { return [] }
      return checkEncoder(encoder, withoutDropout: withoutDropout(), seed: seed, book: book)
    case .decoder:
      guard let decoder = instance as? any Decoder else { return [] }
      return checkDecoder(decoder, shape: Self.decoderShape, seed: seed, book: book)
    case .loss:
      guard let loss = instance as? any Loss else { return [] }
      return checkLoss(loss, seed: seed, book: book)
    case .service: return []
    @unknown default: return []
    }
  }
}
