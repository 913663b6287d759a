/// Reads CL-KL's column files: a token and its tag a line; behind the sentence `<EOS>` and the context's tokens, tagged `B-X`,
/// `X` or `S-X`. A sentence without `<EOS>` has an empty context.
func parseColumns(_ text: ArraySlice<UInt8>, path: String) throws(ContextFileError) -> StoredContexts {
  var records: [StoredContext] = []
  var words: [String] = [], context: [String] = []
  var inContext = false
  var number = 0, first = 0

  func finish() {
    if !words.isEmpty || inContext {
      records.append(
        StoredContext(text: words.joined(separator: " "), context: context.joined(separator: " "), line: first))
    }
    (words, context, inContext) = ([], [], false)
  }

  for line in text.split(separator: 0x0A, omittingEmptySubsequences: false) {
    number += 1
    let fields = line.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    guard let last = fields.last else {
      finish()
      continue
    }
    // Found text may hold empty tokens: then a separator and the tag are all of the line.
    if fields.count == 1, inContext, isContextTag(last), line.first.map(isSpace) == true { continue }
    guard fields.count > 1 else {
      throw ContextFileError(
        path, line: number, "neither JSON nor columns: a line of a column file has a token and a tag")
    }
    guard isTag(last) else {
      throw ContextFileError(
        path, line: number,
        "neither JSON nor columns: `\(String(decoding: last, as: UTF8.self))` at its end is no tag such as O or B-PER")
    }
    guard let token = String(validating: fields[0], as: UTF8.self) else {
      throw ContextFileError(path, line: number, "not UTF-8")
    }
    if words.isEmpty && !inContext { first = number }
    switch (isContextTag(last), inContext) {
    case (true, true): context.append(token)
    case (false, false): words.append(token)
    case (true, false):
      guard token == "<EOS>" else {
        throw ContextFileError(path, line: number, "`\(token)` is tagged as a context's, but no <EOS> stands before it")
      }
      inContext = true
    case (false, true):
      throw ContextFileError(
        path, line: number, "`\(token)` stands in a context but is not tagged so; is a blank line missing?")
    }
  }
  finish()
  return StoredContexts(path: path, format: .columns, records: records)
}

/// `X`, alone or behind a letter and a hyphen.
/// `O`, a context's `X`, or a letter and a type.
private func isTag(_ tag: ArraySlice<UInt8>) -> Bool {
  tag.count == 1 ? "OX".utf8.contains(tag[tag.startIndex]) : tag.count > 2 && tag[tag.startIndex + 1] == UInt8(ascii: "-")
}

private func isContextTag(_ tag: ArraySlice<UInt8>) -> Bool {
  guard tag.last == UInt8(ascii: "X") else { return false }
  return tag.count == 1 || (tag.count == 3 && tag.dropFirst().first == UInt8(ascii: "-"))
}
