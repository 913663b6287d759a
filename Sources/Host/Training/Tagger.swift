import PluginAPI

/// Encoder and decoder together: what a checkpoint holds and what tags sentences.
final class Tagger: Sendable {
  let encoder: any Encoder
  let decoder: any Decoder
  let tags: TagSet

  init(_ experiment: Experiment, tags: TagSet, services: Services) throws {
    self.tags = tags
    guard let encoder = try experiment.encoder.make(services: services) as? any Encoder else {
      throw Diagnostic("P310", "plugin `\(experiment.encoder.id)` made something that is no encoder")
    }
    self.encoder = encoder
    let shape = Shape(width: encoder.width, tags: tags.names)
    guard let decoder = try experiment.decoder.make(shape: shape, services: services) as? any Decoder else {
      throw Diagnostic("P310", "plugin `\(experiment.decoder.id)` made something that is no decoder")
    }
    self.decoder = decoder
  }

  /// All weights, named by role: `encoder.…`, `decoder.…`.
  var parameters: [(name: String, parameter: Parameter)] {
    encoder.parameters.map { ("encoder." + $0.name, $0) } + decoder.parameters.map { ("decoder." + $0.name, $0) }
  }

  /// The best tags of each sentence of a view, in BIOES indices.
  func tag(_ batch: ViewBatch) throws -> [[Int]] {
    let words = try encoder.encode(batch, mode: .inference)
    return try decoder.bestPaths(words.value)
  }

  /// The best tags of many sentences, by name; batches are packed by length. Throws `CancellationError` on Ctrl-C, where that
  /// is watched.
  func tag(_ sentences: [ViewSentence], view: View, progress: (Int) -> Void = { _ in }) throws -> [[String]] {
    var out = [[String]](repeating: [], count: sentences.count)
    let order = sentences.indices.sorted {
      (sentences[$0].words.count + sentences[$0].context.count, $0) < (
        sentences[$1].words.count + sentences[$1].context.count, $1
      )
    }
    var done = 0
    for chunk in Self.batches(order, words: { sentences[$0].words.count + sentences[$0].context.count }) {
      if Interruption.isRequested { throw CancellationError() }
      let paths = try tag(ViewBatch(view: view, sentences: chunk.map { sentences[$0] }))
      for (i, path) in zip(chunk, paths) { out[i] = path.map { tags.names[$0] } }
      done += chunk.count
      progress(done)
    }
    return out
  }

  /// Cuts `order` into batches of about 1500 words.
  private static func batches(_ order: [Int], words: (Int) -> Int) -> [[Int]] {
    var batches: [[Int]] = []
    var batch: [Int] = [], size = 0
    for i in order {
      if !batch.isEmpty && size + words(i) > 1500 {
        batches.append(batch)
        (batch, size) = ([], 0)
      }
      batch.append(i)
      size += words(i) + 2
    }
    return batch.isEmpty ? batches : batches + [batch]
  }
}
