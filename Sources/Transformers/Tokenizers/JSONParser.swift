/// Reads JSON into a tree. Tokenizer files hold hundreds of thousands of short values, and their strings must come out byte by
/// byte; a decoder that goes through keyed containers is slow at the one and loses the other.
struct JSONParser {
  // Deeper than any tokenizer file, and shallow enough for the stack.
  private static let maxDepth = 64

  private struct Failure: Error {
    let reason: String
  }

  private let bytes: [UInt8]
  private var position = 0

  /// The content of a file.
  static func read(_ file: String) throws(TokenizerError) -> JSON {
    try parse(try FileContents.read(file), file: file)
  }

  static func parse(_ bytes: [UInt8], file: String?) throws(TokenizerError) -> JSON {
    var parser = JSONParser(bytes: bytes)
    do {
      guard String(validating: bytes, as: UTF8.self) != nil else { throw Failure(reason: "not valid UTF-8") }
      let value = try parser.value(depth: 0)
      parser.skipSpace()
      if parser.position < bytes.count { throw Failure(reason: "text after the end of the value") }
      return value
    } catch {
      let reason = (error as? Failure)?.reason ?? "\(error)"
      throw TokenizerError(
        file: file, problem: "not valid JSON: \(reason) at byte \(parser.position)",
        remedy: "fetch the model's file again; it may be incomplete")
    }
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws -> JSON {
    if depth > Self.maxDepth { throw Failure(reason: "values nested too deeply") }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSON) throws -> JSON {
    for offset in 0..<word.utf8CodeUnitCount where !take(word.utf8Start[offset]) { throw Failure(reason: "an unknown word") }
    return value
  }

  private mutating func array(depth: Int) throws -> JSON {
    position += 1
    var elements: [JSON] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array(elements) }
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if take(UInt8(ascii: "]")) { return .array(elements) }
      if !take(UInt8(ascii: ",")) { throw Failure(reason: "no comma between elements") }
    }
  }

  private mutating func object(depth: Int) throws -> JSON {
    position += 1
    var members: [JSON.Member] = []
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object(members) }
    while true {
      skipSpace()
      let key = try string()
      skipSpace()
      if !take(UInt8(ascii: ":")) { throw Failure(reason: "no colon after a key") }
      members.append(JSON.Member(key: key, value: try value(depth: depth + 1)))
      skipSpace()
      if take(UInt8(ascii: "}")) { return .object(members) }
      if !take(UInt8(ascii: ",")) { throw Failure(reason: "no comma between members") }
    }
  }

  private mutating func number() throws -> JSON {
    let start = position
    func isDigit(_ byte: UInt8?) -> Bool { byte.map { 0x30...0x39 ~= $0 } ?? false }
    func digits() throws {
      if !isDigit(next) { throw Failure(reason: "not a value") }
      while isDigit(next) { position += 1 }
    }
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try digits() }
    if take(UInt8(ascii: ".")) { try digits() }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      if !take(UInt8(ascii: "-")) { _ = take(UInt8(ascii: "+")) }
      try digits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let value = Double(text), value.isFinite else { throw Failure(reason: "a number out of range") }
    return .number(value)
  }

  private mutating func string() throws -> [UInt8] {
    if !take(UInt8(ascii: "\"")) { throw Failure(reason: "no quotation mark at the start of a string") }
    var start = position
    var text: [UInt8] = []
    while let byte = next {
      if byte == UInt8(ascii: "\"") {
        text += bytes[start..<position]
        position += 1
        return text
      }
      if byte < 0x20 { throw Failure(reason: "a control character in a string") }
      position += 1
      if byte == UInt8(ascii: "\\") {
        text += bytes[start..<position - 1]
        try escape(into: &text)
        start = position
      }
    }
    throw Failure(reason: "a string without end")
  }

  private mutating func escape(into text: inout [UInt8]) throws {
    guard let byte = next else { throw Failure(reason: "a string without end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text += String(try escapedScalar()).utf8
    default: throw Failure(reason: "an unknown escape in a string")
    }
  }

  private mutating func escapedScalar() throws -> Unicode.Scalar {
    var value = try hexadecimal()
    if 0xD800..<0xDC00 ~= value, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
      let low = try hexadecimal()
      if 0xDC00..<0xE000 ~= low { value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00) }
    }
    guard let scalar = Unicode.Scalar(value) else { throw Failure(reason: "half of a surrogate pair in a string") }
    return scalar
  }

  private mutating func hexadecimal() throws -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw Failure(reason: "an incomplete escape in a string")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}
