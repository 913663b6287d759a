/// Reads the contexts of a file in any of the formats of ``ContextFormat``, gzipped or not: its content tells, not its name.
public func readContexts(path: String, limits: DecompressionLimits = DecompressionLimits()) throws -> StoredContexts {
  try parseContexts(readFile(path), path: path, limits: limits)
}

/// Reads the contexts of a file's content; `path` is for messages.
public func parseContexts(
  _ content: [UInt8], path: String, limits: DecompressionLimits = DecompressionLimits()
) throws -> StoredContexts {
  let bytes = isGzip(content) ? try gunzip(content, path: path, limits: limits) : content
  var text = bytes[...]
  if text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
  guard text.contains(where: { !isSpace($0) }) else { throw ContextFileError(path, "the file is empty") }
  return looksLikeJSON(text) ? try parseJSON(text, path: path) : try parseColumns(text, path: path)
}

/// Whether it begins as a JSON object or list does. A brace alone may also be a word of a column file.
private func looksLikeJSON(_ text: ArraySlice<UInt8>) -> Bool {
  let start = text.drop(while: isSpace)
  let next = start.dropFirst().drop(while: isSpace).first
  switch start.first {
  case UInt8(ascii: "{"): return next == UInt8(ascii: "\"") || next == UInt8(ascii: "}")
  case UInt8(ascii: "["): return next == UInt8(ascii: "{")
  default: return false
  }
}

func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
