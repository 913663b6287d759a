import PluginAPI

/// Which scheme the tags of a file are in.
struct SchemeDetection: Hashable, Sendable {
  let scheme: TagScheme
  /// Whether IOB1 fits as well as IOB2, which is then taken: nothing tells them apart where there are no entities.
  let ambiguous: Bool
  /// Tags other than `O`, and how many of them are no tags at all.
  let tagged: Int, foreign: Int

  init(_ sequences: some Sequence<[String]>) {
    var tagged = 0, foreign = 0, closing = 0, faults1 = 0, faults2 = 0
    for tags in sequences {
      for text in tags {
        let tag = Tag(text)
        guard tag != .outside else { continue }
        tagged += 1
        if !tag.isWellFormed { foreign += 1 }
        if tag.place == .end || tag.place == .single { closing += 1 }
      }
      faults1 += TagScheme.iob1.faults(in: tags).count
      faults2 += TagScheme.iob2.faults(in: tags).count
    }
    // BIOES writes E or S in every entity; the others never do.
    ambiguous = closing == 0 && faults1 == faults2
    scheme = closing > 0 ? .bioes : faults1 < faults2 ? .iob1 : .iob2
    (self.tagged, self.foreign) = (tagged, foreign)
  }
}

extension Dataset {
  /// The scheme that the tags fit best. Throws where most of them are no tags.
  func detectScheme() throws(Diagnostic) -> SchemeDetection {
    let detection = SchemeDetection(sentences.lazy.map(\.tags))
    guard detection.foreign * 2 <= detection.tagged else {
      let sentence = sentences.first { $0.tags.contains { !Tag($0).isWellFormed } }
      let index = sentence?.tags.firstIndex { !Tag($0).isWellFormed } ?? 0
      let example = sentence.map { "`\($0.tags[index])`" } ?? "none"
      throw Diagnostic(
        "D205", "the tags of \(name), such as \(example), are of no known scheme",
        mark: SourceMark(file: path, line: (sentence?.line ?? 1) + index, column: 1),
        hint: "is the tag in another column?")
    }
    return detection
  }

  /// The malformed sequences, by line.
  func faults(of scheme: TagScheme) -> [Diagnostic] {
    sentences.flatMap { sentence in
      scheme.faults(in: sentence.tags).map { fault(sentence, $0, scheme) }
    }
  }

  /// The same sentences with their tags in `target`.
  ///
  /// - Parameters:
  ///   - source: the scheme of the file; nil detects it.
  ///   - repair: whether malformed sequences are read as the scorer reads them, so that a stray I- starts an entity. Otherwise
  ///     they are faults, all of which are thrown.
  func converted(to target: TagScheme, from source: TagScheme? = nil, repair: Bool = false) throws -> Dataset {
    let scheme = try source ?? detectScheme().scheme
    var list = FaultList()
    for sentence in sentences {
      for item in scheme.faults(in: sentence.tags) where !(repair && item.repairable) {
        list.add(fault(sentence, item, scheme))
      }
    }
    guard list.isEmpty else { throw list.diagnostics }
    var copy = self
    for i in copy.sentences.indices { copy.sentences[i].tags = target.convert(copy.sentences[i].tags) }
    return copy
  }

  private func fault(_ sentence: Sentence, _ fault: TagScheme.Fault, _ scheme: TagScheme) -> Diagnostic {
    Diagnostic(
      "D202", "\(fault.text) (\(scheme.name))", mark: SourceMark(file: path, line: sentence.line + fault.index, column: 1))
  }
}
