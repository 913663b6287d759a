import PluginAPI
import Synchronization

/// Serves stored contexts by split and position.
final class PrecomputedContexts: Augmentor {
  let fingerprint: [String: String]
  private let sources: [String: ContextSource]
  private let services: Services
  private let open = Mutex<[String: OpenSplit]>([:])

  init(_ sources: [String: ContextSource], services: Services) throws {
    self.sources = sources
    self.services = services
    fingerprint = try sources.mapValues { try $0.digest() }
  }

  func contexts(
    for requests: [ContextRequest]
  ) async throws -> AsyncThrowingStream<(index: Int, context: Context), any Error> {
    let answers = try open.withLock { open in
      var answers: [(index: Int, context: Context)] = []
      for (split, requests) in Dictionary(grouping: requests, by: \.split) {
        answers += try answer(requests, split, &open[split])
      }
      return answers
    }
    let remaining = Mutex(answers.makeIterator())
    return AsyncThrowingStream { Task.isCancelled ? nil : remaining.withLock { $0.next() } }
  }

  /// Opens the split when it is first asked for.
  private func answer(
    _ requests: [ContextRequest], _ split: String, _ open: inout OpenSplit?
  ) throws -> [(index: Int, context: Context)] {
    guard let source = sources[split] else {
      let option = ["train", "dev", "test"].contains(split) ? "`\(split)`" : "`files: {\(split): FILE}`"
      throw PluginError("split `\(split)` has no context file", hint: "set \(option) under the options of `precomputed`")
    }
    guard let first = requests.first else { return [] }
    var contexts: OpenSplit
    if let open {
      contexts = open
    } else {
      contexts = try source.open(count: first.splitCount)
      let count = contexts.records.count, empty = contexts.records.count { $0.context.isEmpty }
      services.log(.debug, "precomputed: split `\(split)`: \(count) contexts, \(empty) of them empty, from \(source.path)")
    }
    let known = contexts.differenceCount
    let answers = try requests.map { (index: $0.index, context: try contexts.context(for: $0)) }
    try contexts.verify()
    for difference in contexts.differences(after: known).prefix(5) {
      services.log(
        .warning,
        "precomputed: sentence \(difference.index) of split `\(split)` is `\(difference.text)`, but its context was made for "
          + "`\(difference.stored)`")
    }
    open = contexts
    return answers
  }
}
