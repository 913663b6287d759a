/// Finds the values of a JSON text (RFC 8259) in one pass.
struct JSONParser {
  // Deeper than any tokenizer file, and shallow enough for the stack.
  private static let maxDepth = 64

  private struct Failure: Error {
    let reason: String
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private var nodes: [JSON.Node] = []

  /// The content of a file.
  static func read(_ file: String) throws(TokenizerError) -> JSON {
    try parse(try FileContents.read(file), file: file)
  }

  static func parse(_ bytes: [UInt8], file: String?) throws(TokenizerError) -> JSON {
    let result = bytes.withUnsafeBufferPointer { buffer -> Result<[JSON.Node], TokenizerError> in
      var parser = JSONParser(bytes: buffer)
      do throws(Failure) {
        guard UTF8Coding.isValid(buffer) else { throw Failure(reason: "not valid UTF-8") }
        try parser.value(depth: 0)
        parser.skipSpace()
        if parser.position < buffer.count { throw Failure(reason: "text after the end of the value") }
        return .success(parser.nodes)
      } catch {
        return .failure(
          TokenizerError(
            file: file, problem: "not valid JSON: \(error.reason) at byte \(parser.position)",
            remedy: "fetch the model's file again; it may be incomplete"))
      }
    }
    return JSON(root: JSON.Text(bytes: bytes, nodes: try result.get()))
  }

  private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws(Failure) {
    if depth > Self.maxDepth { throw Failure(reason: "values nested too deeply") }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): try container(.object, until: UInt8(ascii: "}"), depth: depth)
    case UInt8(ascii: "["): try container(.array, until: UInt8(ascii: "]"), depth: depth)
    case UInt8(ascii: "\""): try string()
    case UInt8(ascii: "t"): try word("true", .bool)
    case UInt8(ascii: "f"): try word("false", .bool)
    case UInt8(ascii: "n"): try word("null", .null)
    default: try number()
    }
  }

  private mutating func append(_ kind: JSON.Kind, from start: Int, to end: Int, isEscaped: Bool = false) {
    nodes.append(JSON.Node(kind: kind, isEscaped: isEscaped, start: start, end: end, next: nodes.count + 1))
  }

  private mutating func word(_ word: StaticString, _ kind: JSON.Kind) throws(Failure) {
    let start = position
    for offset in 0..<word.utf8CodeUnitCount where !take(word.utf8Start[offset]) { throw Failure(reason: "an unknown word") }
    append(kind, from: start, to: position)
  }

  private mutating func container(_ kind: JSON.Kind, until end: UInt8, depth: Int) throws(Failure) {
    let node = nodes.count
    append(kind, from: position, to: position)
    position += 1
    skipSpace()
    if !take(end) {
      repeat {
        if kind == .object {
          skipSpace()
          try string()
          skipSpace()
          if !take(UInt8(ascii: ":")) { throw Failure(reason: "no colon after a key") }
        }
        try value(depth: depth + 1)
        skipSpace()
      } while take(UInt8(ascii: ","))
      if !take(end) { throw Failure(reason: "neither a comma nor the end of a list") }
    }
    nodes[node].end = position
    nodes[node].next = nodes.count
  }

  private mutating func number() throws(Failure) {
    let start = position
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try digits() }
    if take(UInt8(ascii: ".")) { try digits() }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      if !take(UInt8(ascii: "-")) { _ = take(UInt8(ascii: "+")) }
      try digits()
    }
    append(.number, from: start, to: position)
  }

  private mutating func digits() throws(Failure) {
    let start = position
    while let byte = next, 0x30...0x39 ~= byte { position += 1 }
    if position == start { throw Failure(reason: "not a value") }
  }

  private mutating func string() throws(Failure) {
    if !take(UInt8(ascii: "\"")) { throw Failure(reason: "no quotation mark at the start of a string") }
    let start = position
    var isEscaped = false
    while let byte = next {
      position += 1
      if byte == UInt8(ascii: "\"") { return append(.string, from: start, to: position - 1, isEscaped: isEscaped) }
      if byte < 0x20 { throw Failure(reason: "a control character in a string") }
      if byte == UInt8(ascii: "\\") {
        isEscaped = true
        let (_, end) = try Self.escape(bytes, at: position)
        position = end
      }
    }
    throw Failure(reason: "a string without end")
  }

  /// A string that was found valid, with its escapes resolved.
  static func unescaped(_ slice: ArraySlice<UInt8>) -> [UInt8] {
    slice.withUnsafeBufferPointer { bytes in
      var text: [UInt8] = []
      var position = 0
      while position < bytes.count {
        let byte = bytes[position]
        position += 1
        if byte == UInt8(ascii: "\\"), let (scalar, end) = try? escape(bytes, at: position) {
          text += String(scalar).utf8
          position = end
        } else {
          text.append(byte)
        }
      }
      return text
    }
  }

  /// The scalar of the escape whose backslash is before `start`, and where the escape ends.
  private static func escape(
    _ bytes: UnsafeBufferPointer<UInt8>, at start: Int
  ) throws(Failure) -> (scalar: Unicode.Scalar, end: Int) {
    guard start < bytes.count else { throw Failure(reason: "a string without end") }
    switch bytes[start] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return (Unicode.Scalar(bytes[start]), start + 1)
    case UInt8(ascii: "b"): return ("\u{8}", start + 1)
    case UInt8(ascii: "f"): return ("\u{C}", start + 1)
    case UInt8(ascii: "n"): return ("\n", start + 1)
    case UInt8(ascii: "r"): return ("\r", start + 1)
    case UInt8(ascii: "t"): return ("\t", start + 1)
    case UInt8(ascii: "u"):
      var (value, end) = (try hexadecimal(bytes, at: start + 1), start + 5)
      if 0xD800..<0xDC00 ~= value, end + 1 < bytes.count, bytes[end] == UInt8(ascii: "\\"), bytes[end + 1] == UInt8(ascii: "u")
      {
        let low = try hexadecimal(bytes, at: end + 2)
        if 0xDC00..<0xE000 ~= low { (value, end) = (0x10000 + (value - 0xD800) << 10 + (low - 0xDC00), end + 6) }
      }
      guard let scalar = Unicode.Scalar(value) else { throw Failure(reason: "half of a surrogate pair in a string") }
      return (scalar, end)
    default: throw Failure(reason: "an unknown escape in a string")
    }
  }

  private static func hexadecimal(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int) throws(Failure) -> UInt32 {
    var value: UInt32 = 0
    for position in start..<start + 4 {
      guard position < bytes.count, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue,
        bytes[position] < 0x80
      else { throw Failure(reason: "an incomplete escape in a string") }
      value = value << 4 | UInt32(digit)
    }
    return value
  }
}
