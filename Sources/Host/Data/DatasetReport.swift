import PluginAPI

/// What `calm data check` finds in one file.
struct FileReport: Sendable, Hashable, Codable {
  struct Place: Sendable, Hashable, Codable {
    /// Tokens of a sentence, Unicode scalars of a token.
    var length: Int
    var line: Int
    var text: String
  }
  struct Malformed: Sendable, Hashable, Codable {
    var line: Int
    var message: String
  }
  struct Duplicates: Sendable, Hashable, Codable {
    /// Sentences that repeat an earlier one.
    var sentences: Int
    /// How many different texts occur more than once.
    var texts: Int
  }

  var path: String
  var sentences: Int
  /// Documents marked by `-DOCSTART-`; 0 where none is.
  var documents: Int
  var tokens: Int
  var entities: Int
  var types: [String: Int]
  var scheme: TagScheme
  /// Whether IOB1 and IOB2 fit equally well.
  var schemeAmbiguous: Bool
  var malformed: [Malformed]
  var duplicates: Duplicates
  var oneTokenSentences: Int
  var longestSentence: Place
  var longestToken: Place

  /// - Parameter scheme: the scheme to check against; nil detects it.
  init(_ data: Dataset, scheme: TagScheme? = nil) throws {
    let detection = try data.detectScheme()
    path = data.path
    sentences = data.sentences.count
    documents = data.documentCount
    tokens = data.tokenCount
    types = [:]
    oneTokenSentences = 0
    longestSentence = Place(length: 0, line: 0, text: "")
    longestToken = longestSentence
    self.scheme = scheme ?? detection.scheme
    schemeAmbiguous = scheme == nil && detection.ambiguous
    malformed = data.faults(of: self.scheme).map { Malformed(line: $0.mark?.line ?? 0, message: $0.message) }

    var texts: [SentenceText: Int] = [:]
    for sentence in data.sentences {
      for entity in Entity.entities(in: sentence.tags) { types[entity.type, default: 0] += 1 }
      texts[SentenceText(sentence), default: 0] += 1
      if sentence.words.count == 1 { oneTokenSentences += 1 }
      if sentence.words.count > longestSentence.length {
        longestSentence = Place(length: sentence.words.count, line: sentence.line, text: sentence.text)
      }
      for (i, word) in sentence.words.enumerated() where word.utf8.count > longestToken.length {
        let length = word.unicodeScalars.count
        if length > longestToken.length { longestToken = Place(length: length, line: sentence.line + i, text: word) }
      }
    }
    entities = types.values.reduce(0, +)
    duplicates = Duplicates(sentences: data.sentences.count - texts.count, texts: texts.values.count { $0 > 1 })
  }
}

/// What `calm data check` finds in several files.
struct DatasetReport: Sendable, Hashable, Codable {
  /// Sentences of one file that another holds too.
  struct Shared: Sendable, Hashable, Codable {
    var file: String
    var other: String
    /// How many sentences of `other` occur in `file`, and how many different texts they are.
    var sentences: Int
    var texts: Int
  }
  /// Types of a later file that the first one lacks.
  struct Unseen: Sendable, Hashable, Codable {
    var file: String
    var type: String
    var entities: Int
  }

  var files: [FileReport]
  var shared: [Shared]
  var unseen: [Unseen]

  /// - Parameter data: the training file first.
  init(_ data: [Dataset], scheme: TagScheme? = nil) throws {
    let reports = try data.map { try FileReport($0, scheme: scheme) }
    files = reports
    shared = []
    let texts = data.map { $0.sentences.map { SentenceText($0) } }
    for (i, first) in texts.enumerated() {
      let known = Set(first)
      for j in data.indices.dropFirst(i + 1) {
        let both = texts[j].filter { known.contains($0) }
        guard !both.isEmpty else { continue }
        shared.append(Shared(file: data[i].path, other: data[j].path, sentences: both.count, texts: Set(both).count))
      }
    }
    let known = files.first?.types ?? [:]
    unseen = files.dropFirst().flatMap { file in
      file.types.filter { known[$0.key] == nil }.sorted { $0.key < $1.key }.map {
        Unseen(file: file.path, type: $0.key, entities: $0.value)
      }
    }
  }

  /// Whether there is something to correct.
  var hasFaults: Bool { files.contains { !$0.malformed.isEmpty } }
}

/// A sentence's text as bytes: texts that look alike in different spelling are different data.
private struct SentenceText: Hashable {
  private let bytes: [UInt8]
  init(_ sentence: Sentence) { bytes = Array(sentence.text.utf8) }
}
