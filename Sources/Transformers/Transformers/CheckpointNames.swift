import PluginAPI

extension TransformerEncoder {
  /// Fills the weights from a Hugging Face folder of any era: prefixes `bert.`, `roberta.` or none, `gamma`/`beta` for the norms.
  ///
  /// - Parameters:
  ///   - extra: parameters beside the encoder's, e.g. the pooler's, that the checkpoint may hold.
  ///   - log: hears which tensors were left unused (heads, buffers).
  /// - Throws: a ``Diagnostic`` that lists every missing tensor and every shape that does not fit, by name.
  public func load(_ checkpoint: Checkpoint, extra: [Parameter] = [], log: (String) -> Void) throws {
    var byName: [String: String] = [:]  // canonical name -> name in the file
    for name in checkpoint.names.sorted() {
      let canonical = Self.canonical(name)
      // A checkpoint with heads may hold a tensor twice; the bare encoder's comes first.
      if byName[canonical] == nil { byName[canonical] = name }
    }
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
      try checkpoint.read(name, into: parameter.value)
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
