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
  let text = encoderText(text)
  var words: [String] = [], start: String.Index?
  for i in text.unicodeScalars.indices {
    let scalar = text.unicodeScalars[i], alone = punctuationApart && isPunctuation(scalar)
    guard alone || isWhiteSpace(scalar) else {
      start = start ?? i
      continue
    }
    if let from = start { words.append(String(text[from..<i])) }
    start = nil
    if alone { words.append(String(scalar)) }
  }
  if let start { words.append(String(text[start...])) }
  return words
}

/// ASCII's punctuation marks.
private func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 33...47, 58...64, 91...96, 123...126: true
  default: false
  }
}

/// How many words a context has between white space.
func contextWordCount(_ text: String) -> Int {
  var count = 0, inside = false
  for scalar in encoderText(text).unicodeScalars {
    let separates = isWhiteSpace(scalar)
    if !separates && !inside { count += 1 }
    inside = !separates
  }
  return count
}

/// Unicode's White_Space, with ASCII's told without a table.
private func isWhiteSpace(_ scalar: Unicode.Scalar) -> Bool {
  scalar.isASCII ? scalar == " " || (9...13).contains(scalar.value) : scalar.properties.isWhitespace
}

/// A context as encoder and classes read it: new lines replaced by ".".
func encoderText(_ text: String) -> String {
  let newLine = UInt8(ascii: "\n")
  return text.utf8.contains(newLine)
    ? String(decoding: text.utf8.map { $0 == newLine ? UInt8(ascii: ".") : $0 }, as: UTF8.self) : text
}

/// What kind of context a text is (the CALM paper, §4.3; first match wins).
enum ContextClass: String, Sendable, CaseIterable {
  case empty, denied, fail, correct

  /// - Parameter failBelow: fewer distinct pieces between single spaces make it Fail.
  init(_ text: String, failBelow: Int) {
    if text.isEmpty {
      self = .empty
    } else if Self.holds(text, "I apologize") {
      self = .denied
    } else {
      self = Self.hasDistinctPieces(text, failBelow) ? .correct : .fail
    }
  }

  /// Byte for byte.
  private static func holds(_ text: String, _ phrase: StaticString) -> Bool {
    var text = text
    let phrase = UnsafeBufferPointer(start: phrase.utf8Start, count: phrase.utf8CodeUnitCount)
    return text.withUTF8 { bytes in
      bytes.count >= phrase.count
        && (0...(bytes.count - phrase.count)).contains { at in
          bytes[at] == phrase[0] && bytes[at..<at + phrase.count].elementsEqual(phrase)
        }
    }
  }

  /// Stops as soon as there are enough: most contexts are long.
  private static func hasDistinctPieces(_ text: String, _ count: Int) -> Bool {
    var seen: Set<[UInt8]> = []
    var rest = text.utf8[...]
    while true {
      let piece = rest.prefix { $0 != 0x20 }
      seen.insert(Array(piece))
      if seen.count >= count { return true }
      guard piece.endIndex < rest.endIndex else { return false }
      rest = rest[rest.index(after: piece.endIndex)...]
    }
  }
}
