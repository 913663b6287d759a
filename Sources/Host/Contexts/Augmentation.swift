import PluginAPI

/// Asks an augmentor for the contexts of a split and sees to it that each sentence is answered once.
struct Augmentation {
  let id: String
  let augmentor: any Augmentor
  let seed: UInt64

  init(_ use: PluginUse, seed: UInt64, services: Services) throws {
    id = use.id
    self.seed = seed
    guard let augmentor = try use.make(services: services) as? any Augmentor else {
      throw Diagnostic("P310", "plugin `\(use.id)` made something that is no augmentor")
    }
    self.augmentor = augmentor
  }

  /// One context a sentence, in their order.
  func contexts(split: String, sentences: [[String]], progress: (Int) -> Void = { _ in }) async throws -> [Context] {
    let stream = RandomStream(seed: seed, "augment")
    let requests = sentences.indices.map { i in
      ContextRequest(
        index: i, words: sentences[i], split: split, position: i, splitCount: sentences.count, random: stream.stream(i))
    }
    var answers = [Context?](repeating: nil, count: requests.count), done = 0
    do {
      for try await (index, context) in try await augmentor.contexts(for: requests) {
        guard answers.indices.contains(index) else {
          throw PluginError("it answered request \(index) of \(requests.count)")
        }
        guard answers[index] == nil else { throw PluginError("it answered request \(index) twice") }
        answers[index] = context
        done += 1
        progress(done)
      }
    } catch let error as Diagnostic {
      throw error
    } catch {
      throw Diagnostic("P320", "augmentor `\(id)`, split `\(split)`: \(error)")
    }
    if let missing = answers.firstIndex(where: { $0 == nil }) {
      throw Diagnostic("P320", "augmentor `\(id)`, split `\(split)`: sentence \(missing) was not answered")
    }
    return answers.compactMap { $0 }
  }
}
