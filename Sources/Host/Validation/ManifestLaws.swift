import PluginAPI

/// Tries what a manifest says.
func checkManifest(_ manifest: Manifest) -> [LawResult] {
  var book = LawBook()
  book.law("its version is three numbers") {
    let core = manifest.version.prefix { $0 != "-" && $0 != "+" }.split(separator: ".", omittingEmptySubsequences: false)
    let fine = core.count == 3 && core.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    return Verdict(fine ? nil : "it is `\(manifest.version)`, not like `1.0.0`")
  }
  book.law("its licence and its summary are said in a line") {
    for (what, text) in [("licence", manifest.licence), ("summary", manifest.summary)] {
      if text.allSatisfy(\.isWhitespace) { return .broken("the \(what) is empty") }
      if text.contains(where: \.isNewline) { return .broken("the \(what) has several lines") }
    }
    return .kept
  }
  book.law("its options are described without contradiction") { Verdict(optionsFault(manifest.options, path: "")) }
  return book.results
}

private func optionsFault(_ fields: [OptionField], path: String) -> String? {
  var seen: Set<String> = []
  for field in fields {
    let name = path + field.name
    if field.name.isEmpty || field.name.contains(where: { $0.isWhitespace || $0 == "." || $0 == "=" }) {
      return "an option is called `\(name)`, which `--set` cannot name"
    }
    guard seen.insert(field.name).inserted else { return "the option `\(name)` is described twice" }
    if field.help.allSatisfy(\.isWhitespace) { return "the option `\(name)` has no help" }
    if case .choice(let words) = field.type, Set(words).count != words.count || words.isEmpty {
      return "the option `\(name)` takes one of the words \(words), which are none or repeat"
    }
    if let fault = defaultFault(field, name) ?? optionsFault(field.type.keys ?? [], path: name + ".") { return fault }
  }
  return nil
}

/// The default has to pass the check that the description makes of it.
private func defaultFault(_ field: OptionField, _ name: String) -> String? {
  guard let text = field.defaultText, !text.isEmpty else { return nil }
  let nothing = ConfigNode(.map([]), mark: SourceMark(file: SourceMark.defaultFile, line: 1, column: 1))
  return check(nothing.filled(with: [field]), against: [field], what: "the defaults").first.map {
    "the default `\(text)` of the option `\(name)` is refused: \($0.message)"
  }
}
