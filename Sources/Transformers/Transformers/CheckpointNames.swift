import PluginAPI

extension TransformerEncoder {
  /// Fills the weights from a Hugging Face folder of any era: prefixes `bert.`, `roberta.` or none, `gamma`/`beta` for the norms.
  ///
  /// - Parameters:
  ///   - extra: parameters beside the encoder's, e.g. the pooler's, that the checkpoint may hold.
  ///   - log: hears which tensors are left unused: heads and buffers, and, as a warning, parts of an encoder.
  /// - Throws: a ``Diagnostic`` that lists every missing tensor and every shape that does not fit, by name.
  public func load(_ checkpoint: Checkpoint, extra: [Parameter] = [], log: (LogLevel, String) -> Void) throws {
    let byName = Self.canonicalNames(checkpoint)
    var faults: [String] = []
    var used: Set<String> = []
    for parameter in parameters + extra {
      guard let name = byName[parameter.name] else {
        faults.append("`\(parameter.name)` is missing")
        continue
      }
      used.insert(name)
      guard let shape = checkpoint.shape(name), shape == parameter.value.shape else {
        faults.append("`\(name)` has shape \(checkpoint.shape(name) ?? []), \(parameter.value.shape) follows from config.json")
        continue
      }
      try checkpoint.load(name, into: parameter.value)
      guard parameter.value.isFinite else {
        faults.append("`\(name)` holds NaN or infinite values")
        continue
      }
    }
    try Self.refuse(faults, checkpoint)
    let unused = checkpoint.names.subtracting(used).sorted()
    if !unused.isEmpty {
      log(.debug, "\(checkpoint.folder): \(unused.count) tensors unused: \(unused.joined(separator: ", "))")
    }
    let parts = unused.filter { Self.isOfAnEncoder(Self.canonical($0)) && byName[Self.canonical($0)] == $0 }
    if !parts.isEmpty {
      log(
        .warning,
        "\(checkpoint.folder): config.json knows nothing of these weights, which are left out: \(parts.joined(separator: ", "))"
      )
    }
  }

  /// Heads are not, nor what is no weight.
  private static func isOfAnEncoder(_ name: String) -> Bool {
    name.hasPrefix("encoder.") || name.hasPrefix("embeddings.") && !name.hasSuffix("_ids")
  }

  private static func refuse(_ faults: [String], _ checkpoint: Checkpoint) throws {
    guard !faults.isEmpty else { return }
    throw Diagnostic(
      "M403", "\(checkpoint.folder): the weights do not fit config.json: \(faults.joined(separator: "; "))")
  }

  /// Whether layers and sizes of config.json are those of the weights, looked at before anything of those sizes is allocated.
  public static func check(_ config: TransformerConfig, against checkpoint: Checkpoint) throws {
    let names = canonicalNames(checkpoint), layers = Set(names.keys.compactMap(layer)).count
    var smallest = config
    smallest.layers = min(config.layers, layers)
    (smallest.hidden, smallest.heads, smallest.intermediate) = (1, 1, 1)
    (smallest.positions, smallest.types, smallest.vocabulary) = (1, 1, 1)
    try refuse(
      (config.layers > layers ? ["they have \(layers) layers, `num_hidden_layers` is \(config.layers)"] : [])
        + TransformerEncoder(config: smallest).parameters.filter { names[$0.name] == nil }.map { "`\($0.name)` is missing" },
      checkpoint)
    let expected: [(String, [Int])] = [
      ("embeddings.word_embeddings.weight", [config.vocabulary, config.hidden]),
      ("embeddings.position_embeddings.weight", [config.positions, config.hidden]),
      ("embeddings.token_type_embeddings.weight", [config.types, config.hidden]),
      ("encoder.layer.\(config.layers - 1).intermediate.dense.weight", [config.intermediate, config.hidden]),
    ]
    try refuse(
      expected.compactMap { name, shape in
        let found = names[name].flatMap { checkpoint.shape($0) } ?? []
        return found == shape ? nil : "`\(name)` has shape \(found), \(shape) follows from config.json"
      }, checkpoint)
  }

  /// 3 of `encoder.layer.3.output.dense.bias`.
  private static func layer(_ name: String) -> Int? {
    let parts = name.split(separator: ".", maxSplits: 3)
    return parts.count == 4 && parts[0] == "encoder" && parts[1] == "layer" ? Int(parts[2]) : nil
  }

  /// Canonical name -> name in the file.
  private static func canonicalNames(_ checkpoint: Checkpoint) -> [String: String] {
    // Where a tensor is there twice, the one with a prefix is the encoder's, as in Hugging Face.
    let names = checkpoint.names.sorted { (withoutPrefix($0) == $0 ? 1 : 0, $0) < (withoutPrefix($1) == $1 ? 1 : 0, $1) }
    return Dictionary(names.map { (canonical($0), $0) }, uniquingKeysWith: { first, _ in first })
  }

  private static func withoutPrefix(_ name: String) -> String {
    let prefix = ["bert.", "roberta.", "xlm_roberta.", "model."].first { name.hasPrefix($0) }
    return prefix.map { String(name.dropFirst($0.count)) } ?? name
  }

  /// `bert.encoder.layer.0.output.LayerNorm.gamma` -> `encoder.layer.0.output.LayerNorm.weight`
  static func canonical(_ name: String) -> String {
    var name = withoutPrefix(name)
    if name.hasSuffix(".gamma") { name = name.dropLast(5) + "weight" }
    if name.hasSuffix(".beta") { name = name.dropLast(4) + "bias" }
    return name
  }
}
