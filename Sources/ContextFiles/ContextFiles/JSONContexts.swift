import FoundationEssentials

private struct Record: Decodable {
  var text: String
  /// O-CALM writes an empty text where nothing was generated; null says that nothing was asked yet.
  var context: String?

  func stored(line: Int) -> StoredContext {
    StoredContext(text: text, context: context ?? "", line: line, isMissing: context == nil)
  }

  private enum CodingKeys: String, CodingKey {
    case text
    case context = "generated_context"
  }
}

private struct Document: Decodable {
  var prompt: String?
  var data: [Record]
}

/// Reads one JSON value, or one a line.
func parseJSON(_ text: ArraySlice<UInt8>, path: String) throws(ContextFileError) -> StoredContexts {
  let decoder = JSONDecoder()
  let first = text.drop(while: isSpace).prefix { $0 != 0x0A }
  if (try? decoder.decode(Record.self, from: Data(first))) != nil { return try parseLines(text, path: path, decoder) }
  do {
    if text.drop(while: isSpace).first == UInt8(ascii: "[") {
      return StoredContexts(
        path: path, format: .json, records: numbered(try decoder.decode([Record].self, from: Data(text))))
    }
    let document = try decoder.decode(Document.self, from: Data(text))
    return StoredContexts(path: path, format: .json, prompt: document.prompt, records: numbered(document.data))
  } catch {
    // Objects one under the other and no list in sight are lines: then the fault has a line number.
    let second = text.drop(while: isSpace).dropFirst(first.count).drop(while: isSpace)
    if second.first == UInt8(ascii: "{"), !first.contains(UInt8(ascii: "[")) {
      return try parseLines(text, path: path, decoder)
    }
    throw ContextFileError(path, explain(error))
  }
}

private func numbered(_ records: [Record]) -> [StoredContext] {
  records.enumerated().map { $1.stored(line: $0 + 1) }
}

private func parseLines(
  _ text: ArraySlice<UInt8>, path: String, _ decoder: JSONDecoder
) throws(ContextFileError) -> StoredContexts {
  var records: [StoredContext] = []
  var number = 0
  for line in text.split(separator: 0x0A, omittingEmptySubsequences: false) {
    number += 1
    if line.allSatisfy(isSpace) { continue }
    do {
      records.append(try decoder.decode(Record.self, from: Data(line)).stored(line: number))
    } catch {
      throw ContextFileError(path, line: number, explain(error))
    }
  }
  return StoredContexts(path: path, format: .jsonLines, records: records)
}

private func explain(_ error: any Error) -> String {
  func place(_ context: DecodingError.Context) -> String {
    context.codingPath.map { key in key.intValue.map { "[\($0)]" } ?? key.stringValue }.joined(separator: ".")
  }
  guard let error = error as? DecodingError else { return "not JSON: \(error)" }
  switch error {
  case .keyNotFound(let key, let context):
    let path = place(context)
    let place = path.isEmpty ? "" : " in \(path)"
    return "`\(key.stringValue)` is missing\(place); contexts are records of `text` and `generated_context`"
  case .typeMismatch(_, let context), .valueNotFound(_, let context):
    return "`\(place(context))`: \(context.debugDescription)"
  case .dataCorrupted(let context):
    let reason = context.underlyingError.map { ": \($0)" } ?? ""
    return "not valid JSON\(reason.isEmpty ? "; is it cut short?" : reason)"
  @unknown default: return "not valid JSON"
  }
}
