/// Compares sentences with the texts that stored contexts were made for. Contexts are paired by index; this tells whether the
/// file belongs to these sentences.
public struct PairingCheck: Sendable {
  /// A sentence whose context was made for another text.
  public struct Difference: Sendable, Hashable {
    /// The sentence's index.
    public let index: Int
    /// The sentence.
    public let text: String
    /// The stored text.
    public let stored: String
  }

  /// How many sentences were compared.
  public private(set) var compared = 0
  /// Those that differ, apart from quotes, U+FEFF and white space.
  public private(set) var differences: [Difference] = []

  /// Nothing compared.
  public init() {}

  /// Compares one sentence.
  public mutating func compare(_ text: String, with stored: StoredContext, index: Int) {
    compared += 1
    guard !text.utf8.elementsEqual(stored.text.utf8) else { return }
    if !Self.normalised(text).utf8.elementsEqual(Self.normalised(stored.text).utf8) {
      differences.append(Difference(index: index, text: text, stored: stored.text))
    }
  }

  /// Throws where more than 5 % differ.
  public func verify(_ path: String) throws(ContextFileError) {
    guard let first = differences.first, differences.count * 20 > compared else { return }
    throw ContextFileError(
      path,
      "\(differences.count) of \(compared) sentences differ from the texts that the contexts were made for, more than 5 %; "
        + "the first is sentence \(first.index): `\(first.text)`, but the file has `\(first.stored)`")
  }

  /// Compares all sentences of a split with a file.
  public static func check(_ texts: [String], against stored: StoredContexts) throws(ContextFileError) -> PairingCheck {
    var check = PairingCheck()
    let records = try stored.aligned(to: texts.count)
    for (i, text) in texts.enumerated() { check.compare(text, with: records[i], index: i) }
    try check.verify(stored.path)
    return check
  }

  /// The text with straight quotes (also for doubled single ones), without zero-width spaces and marks, white space as single
  /// spaces.
  public static func normalised(_ text: String) -> String {
    var out = String.UnicodeScalarView()
    var gap = false
    var single: Unicode.Scalar?
    for scalar in text.unicodeScalars {
      if scalar == "\u{FEFF}" || scalar == "\u{200B}" { continue }
      if scalar.properties.isWhitespace {
        gap = true
        single = nil
        continue
      }
      if gap && !out.isEmpty { out.append(" ") }
      gap = false
      if scalar == single, !out.isEmpty {
        // Two single quotes, `` or '', are a double one.
        out.removeLast()
        out.append("\"")
        single = nil
        continue
      }
      single = scalar == "`" || scalar == "'" ? scalar : nil
      out.append(straight[scalar] ?? scalar)
    }
    return String(out)
  }

  private static let straight: [Unicode.Scalar: Unicode.Scalar] = [
    "\u{2018}": "'", "\u{2019}": "'", "\u{201A}": "'", "\u{201B}": "'", "`": "'",
    "\u{201C}": "\"", "\u{201D}": "\"", "\u{201E}": "\"", "\u{201F}": "\"",
  ]
}
