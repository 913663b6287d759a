import PluginAPI

/// What YAML may say under `options:`. Each stored property is described once in `fields`, which checks what the user writes, fills
/// in defaults, and is what `calm plugin info` shows.
struct PluginNameOptions: PluginOptions {
  var width: Int
  var rows: Int

  static let fields = [
    OptionField.optional("width", .integer, default: "64", in: 1...4096, help: "the width of a word vector"),
    .optional("rows", .integer, default: "20000", in: 1...1_000_000, help: "rows of the table of vectors"),
  ]
}

let manifest = Manifest(
  id: "plugin-name", kind: .encoder, version: "0.1.0", licence: "Apache-2.0",
  summary: "a trained vector a word, with the mean of the context's added")

/// The one symbol that the host looks for: `calm_plugin_` and the module's name.
@c(calm_plugin_PluginName)
public func entry() -> UnsafePointer<calm_plugin_info> {
  exportPlugin(calm_this_stamp()) {
    retained(manifest, options: PluginNameOptions.self) { options, _, services in PluginName(options, seed: services.seed) }
  }
}

/// A word's vector is its row of a table, chosen by a hash of its text. In the augmented view the mean row of the context's words
/// is added to it.
final class PluginName: Encoder {
  let width: Int
  private let table: Parameter  // [rows, width]

  init(_ options: PluginNameOptions, seed: UInt64) {
    width = options.width
    let rows = Tensor(zeros: [options.rows, options.width])
    var random = RandomStream(seed: seed, "plugin-name")
    for i in 0..<rows.count { rows.data[i] = Float(0.1 * random.normal()) }
    table = Parameter("table.weight", group: "encoder", table: rows)
  }

  var parameters: [Parameter] { [table] }

  func encode(_ batch: ViewBatch, mode: Mode) throws -> Forward<WordVectors, Tensor, Void> {
    let words = batch.sentences.map { $0.words.map(row) }, contexts = batch.sentences.map { $0.context.map(row) }
    let offsets = words.reduce(into: [0]) { offsets, rows in offsets.append(offsets[offsets.count - 1] + rows.count) }
    let vectors = WordVectors(offsets: offsets, tensor: Tensor(zeros: [offsets[words.count], width]))
    for s in words.indices {
      for (word, row) in zip(vectors.rows(of: s), words[s]) {
        let vector = vectors.tensor.rows(word..<word + 1)
        vector.add(table.value.rows(row..<row + 1))
        for other in contexts[s] { add(table.value, other, 1 / Float(contexts[s].count), to: vector) }
      }
    }
    // The way back: the gradient of each row that was read grows by its share.
    return Forward(vectors) { [table] dVectors in
      table.touched?.formUnion((words + contexts).joined().map(Int32.init))
      for s in words.indices {
        for (word, row) in zip(vectors.rows(of: s), words[s]) {
          self.add(dVectors, word, 1, to: table.gradient.rows(row..<row + 1))
          for other in contexts[s] {
            self.add(dVectors, word, 1 / Float(contexts[s].count), to: table.gradient.rows(other..<other + 1))
          }
        }
      }
    }
  }

  /// target += factor · source[row]
  private func add(_ source: Tensor, _ row: Int, _ factor: Float, to target: Tensor) {
    let from = source.data + row * width
    for i in 0..<width { target.data[i] += factor * from[i] }
    target.changed()
  }

  /// FNV-1a: the same row in every run, unlike Swift's `hashValue`.
  private func row(of word: String) -> Int {
    let hash = word.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    return Int(hash % UInt64(table.value.shape[0]))
  }
}
