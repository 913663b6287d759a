extension DatasetReport {
  /// For a person: a column a file, then what deserves a look.
  var text: String {
    var parts = [table]
    for file in files where !file.malformed.isEmpty {
      var lines = ["malformed tags in \(file.path):"]
      lines += file.malformed.prefix(Self.shown).map { "  line \($0.line): \($0.message)" }
      if file.malformed.count > Self.shown { lines.append("  … and \(file.malformed.count - Self.shown) more") }
      parts.append(lines.joined(separator: "\n"))
    }
    if !shared.isEmpty {
      parts.append(
        shared.map { "\($0.sentences) sentences of \($0.other) (\($0.texts) different) also stand in \($0.file)" }
          .joined(separator: "\n"))
    }
    if !unseen.isEmpty {
      parts.append(
        unseen.map { "\($0.file) has \($0.entities) of type \($0.type), which \(files[0].path) never has" }
          .joined(separator: "\n"))
    }
    return parts.joined(separator: "\n\n")
  }

  private static let shown = 10

  private var table: String {
    func row(_ name: String, _ value: (FileReport) -> String) -> [String] { [name] + files.map(value) }
    let types = Set(files.flatMap(\.types.keys)).sorted()
    var rows = [
      row("sentences") { String($0.sentences) },
      row("documents") { $0.documents == 0 ? "not marked" : String($0.documents) },
      row("tokens") { String($0.tokens) },
      row("entities") { String($0.entities) },
    ]
    rows += types.map { type in row("  " + type) { String($0.types[type] ?? 0) } }
    rows += [
      row("scheme") { $0.scheme.name + ($0.schemeAmbiguous ? " (or IOB1)" : "") },
      row("malformed tags") { String($0.malformed.count) },
      row("duplicate sentences") { String($0.duplicates.sentences) },
      row("one-token sentences") { String($0.oneTokenSentences) },
      row("longest sentence") { "\($0.longestSentence.length) tokens, line \($0.longestSentence.line)" },
      row("longest token") { "\($0.longestToken.length) characters, line \($0.longestToken.line)" },
    ]
    return TextTable(header: [""] + names, rows: rows, right: Set(1..<(files.count + 1))).description
  }

  /// File names; with their folders where names alone do not tell the files apart.
  private var names: [String] {
    let short = files.map { $0.path.split(separator: "/").last.map(String.init) ?? $0.path }
    return Set(short).count == short.count ? short : files.map(\.path)
  }
}
