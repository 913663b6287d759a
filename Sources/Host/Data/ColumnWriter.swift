import PluginAPI

extension ColumnFile {
  /// The text of a column file: `token tag`, or `token gold pred` where there are predictions. Unlabelled sentences lack the
  /// first or second of these.
  ///
  /// - Parameters:
  ///   - predictions: one tag a word of each sentence.
  ///   - documents: whether documents are marked by `-DOCSTART-` lines.
  static func text(
    _ sentences: [Sentence], predictions: [[String]]? = nil, documents: Bool = false, separator: String = " "
  ) throws(Diagnostic) -> String {
    var out = ""
    var document = -1
    for (i, sentence) in sentences.enumerated() {
      var columns = sentence.tags.isEmpty ? [] : [sentence.tags]
      if let predictions { columns.append(i < predictions.count ? predictions[i] : []) }
      for tags in columns where tags.count != sentence.words.count {
        throw Diagnostic("D209", "sentence \(i + 1) has \(sentence.words.count) words but \(tags.count) tags")
      }
      if documents && sentence.document != document {
        document = sentence.document
        out += (["-DOCSTART-"] + columns.map { _ in "O" }).joined(separator: separator) + "\n\n"
      }
      for (j, word) in sentence.words.enumerated() {
        guard !word.isEmpty, !word.utf8.contains(where: { $0 == 0x20 || (0x09...0x0A).contains($0) || $0 == 0x0D }) else {
          let place = "word \(j + 1) of sentence \(i + 1)"
          throw Diagnostic("D201", "\(place), `\(word)`, cannot stand in a column file: it is empty or holds white space")
        }
        out += word
        for tags in columns { out += separator + tags[j] }
        out += "\n"
      }
      out += "\n"
    }
    return out
  }

  /// Writes what ``text(_:predictions:documents:separator:)`` gives, all of it or nothing.
  static func write(
    _ sentences: [Sentence], predictions: [[String]]? = nil, documents: Bool = false, to path: String
  ) throws(Diagnostic) {
    try FileBytes.write(text(sentences, predictions: predictions, documents: documents), to: path)
  }
}
