import PluginAPI

extension TransformerEncoder {
  /// Fills the weights from a Hugging Face folder of any era: prefixes `bert.`, `roberta.` or none, `gamma`/`beta` for the norms.
  ///
  /// - Parameters:
  ///   - extra: parameters beside the encoder's, e.g. the pooler's, that the checkpoint may hold.
  ///   - log: hears which tensors were left unused (heads, buffers).
  /// - Throws: a ``Diagnostic`` that lists every missing tensor and every shape that does not fit, by name.
  public func load(_ checkpoint: Checkpoint, extra: [Parameter] = [], log: (String) -> Void) throws {
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
    guard faults.isEmpty else {
      let shown = faults.prefix(12).joined(separator: "; ")
      let more = faults.count > 12 ? "; and \(faults.count - 12) more" : ""
      throw Diagnostic("M403", "\(checkpoint.folder): the weights do not fit the model: \(shown)\(more)")
    }
    let unused = checkpoint.names.subtracting(used).sorted()
    if !unused.isEmpty { log("\(checkpoint.folder): \(unused.count) tensors unused: \(unused.joined(separator: ", "))") }
  }

  /// Whether the sizes of config.json are those of the weights, looked at before anything of those sizes is allocated.
  public static func check(_ config: TransformerConfig, against checkpoint: Checkpoint) throws {
    let names = canonicalNames(checkpoint)
    let expected: [(String, [Int])] = [
      ("embeddings.word_embeddings.weight", [config.vocabulary, config.hidden]),
      ("embeddings.position_embeddings.weight", [config.positions, config.hidden]),
      ("embeddings.token_type_embeddings.weight", [config.types, config.hidden]),
      ("encoder.layer.\(config.layers - 1).intermediate.dense.weight", [config.intermediate, config.hidden]),
    ]
    for (name, shape) in expected {
      guard let found = names[name].flatMap({ checkpoint.shape($0) }) else {
        throw Diagnostic("M403", "\(checkpoint.folder): the weights lack `\(name)`, which follows from config.json")
      }
      guard found == shape else {
        throw Diagnostic(
          "M403", "\(checkpoint.folder): `\(name)` has shape \(found) in the weights, \(shape) follows from config.json")
      }
    }
  }

  /// Canonical name -> name in the file.
  private static func canonicalNames(_ checkpoint: Checkpoint) -> [String: String] {
    // A checkpoint with heads may hold a tensor twice; the bare encoder's comes first.
    Dictionary(checkpoint.names.sorted().map { (canonical($0), $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// `bert.encoder.layer.0.output.LayerNorm.gamma` -> `encoder.layer.0.output.LayerNorm.weight`
  static func canonical(_ name: String) -> String {
    var name = name
    for prefix in ["bert.", "roberta.", "xlm_roberta.", "model."] where name.hasPrefix(prefix) {
      name = String(name.dropFirst(prefix.count))
      break
    }
    if name.hasSuffix(".gamma") { name = name.dropLast(5) + "weight" }
    if name.hasSuffix(".beta") { name = name.dropLast(4) + "bias" }
    return name
  }
}
