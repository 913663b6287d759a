import PluginAPI

/// A labelled sentence with its context, ready for both views.
struct Example: Sendable {
  /// Its index in the split.
  let id: Int
  let words: [String]
  /// The tags in IOB2.
  let tags: [String]
  /// BIOES indices; an entity type that training does not know counts as `O` here, and as missed in the scores.
  let gold: [Int]
  /// The context as text, new lines replaced by ".", and as words.
  let contextText: String
  let context: [String]

  func sentence(_ view: View) -> ViewSentence {
    ViewSentence(id: id, words: words, context: view == .augmented ? context : [])
  }
}

/// The splits of an experiment, checked, with their contexts.
struct Corpus: Sendable {
  var tags: TagSet
  /// `train`, `dev` and, where there is one, `test`.
  var splits: [String: [Example]]
  /// Whether an augmentor gave contexts.
  let augmented: Bool
  /// How many sentences are without a context because the augmentor was not asked for it.
  let unasked: Int
  /// What is worth saying about the data: repaired sequences, unseen types, differing texts.
  let warnings: [Diagnostic]

  /// SHA-256 over the sentences, tags and contexts of all splits: a resumed run must read the same.
  var digest: String {
    var text = ""
    for split in Corpus.order {
      for example in splits[split] ?? [] {
        for part in [example.words.joined(separator: " "), example.tags.joined(separator: " "), example.contextText] {
          text += part + "\u{1F}"
        }
      }
      text += "\u{1D}"
    }
    return Digest.sha256(of: Array(text.utf8))
  }

  static let order = ["train", "dev", "test"]
}

/// The words of a context's text. New lines count as "."; `punctuation` also puts each ASCII punctuation mark apart, as
/// O-CALM's files have it.
func contextWords(_ text: String, _ section: ContextsSection) -> [String] {
  let words = contextWords(text, punctuationApart: section.contextWords == "punctuation")
  return section.maxWords.map { Array(words.prefix($0)) } ?? words
}

func contextWords(_ text: String, punctuationApart: Bool) -> [String] {
  var spaced: [UInt8] = []
  for byte in encoderText(text).utf8 {
    let punctuation =
      (33...47).contains(byte) || (58...64).contains(byte) || (91...96).contains(byte) || (123...126).contains(byte)
    if punctuationApart && punctuation {
      spaced += [0x20, byte, 0x20]
    } else {
      spaced.append(byte)
    }
  }
  return String(decoding: spaced, as: UTF8.self).unicodeScalars.split { $0.properties.isWhitespace }.map { String($0) }
}

/// A context as encoder and classes read it: new lines replaced by ".".
func encoderText(_ text: String) -> String {
  String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\n" ? "." : $0 }))
}

/// What kind of context a text is (the CALM paper, §4.3; first match wins).
enum ContextClass: String, Sendable, CaseIterable {
  case empty, denied, fail, correct

  /// - Parameter failBelow: fewer distinct pieces between single spaces make it Fail.
  init(_ text: String, failBelow: Int) {
    if text.isEmpty {
      self = .empty
    } else if text.contains("I apologize") {
      self = .denied
    } else if Set(text.utf8.split(separator: 0x20, omittingEmptySubsequences: false).map(Array.init)).count < failBelow {
      self = .fail
    } else {
      self = .correct
    }
  }
}
