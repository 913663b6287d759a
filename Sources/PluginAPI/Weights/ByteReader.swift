/// Reads a part of a mapped file from front to back and never beyond it: every access is checked, in every build.
struct ByteReader {
  let file: MappedFile
  /// The next byte's place in the file.
  private(set) var position: Int
  private let end: Int
  /// What is read, for errors.
  var part: String

  /// A reader of `range`; nil where the range is not within the file.
  init?(_ file: MappedFile, _ range: Range<Int>, part: String) {
    guard range.lowerBound >= 0, range.upperBound <= file.bytes.count else { return nil }
    self.file = file
    self.part = part
    position = range.lowerBound
    end = range.upperBound
  }

  /// Bytes that are left.
  var count: Int { end - position }

  func fault(_ message: String) -> WeightsError { WeightsError(file.path, message) }

  /// Passes `count` bytes and returns their range in the file.
  mutating func skip(_ count: Int) throws -> Range<Int> {
    guard count >= 0, count <= self.count else { throw fault("ends inside \(part): truncated?") }
    defer { position += count }
    return position..<position + count
  }

  /// A little-endian number.
  mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type) throws -> Number {
    let range = try skip(MemoryLayout<Number>.size)
    return Number(littleEndian: file.bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: Number.self))
  }

  /// A little-endian number that says how many or where. Not yet compared with anything but the range of `Int`.
  mutating func size<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type) throws -> Int {
    let number = try number(Number.self)
    guard let size = Int(exactly: number) else { throw fault("names the impossible size \(number) in \(part)") }
    return size
  }

  /// Text of `count` bytes: printable UTF-8, so that an error can show it.
  mutating func text(_ count: Int) throws -> String {
    guard count <= Self.textLimit else {
      throw fault("has a text of \(count) bytes in \(part); the limit is \(Self.textLimit)")
    }
    let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[try skip(count)])
    guard let text = String(validating: bytes, as: UTF8.self), text.unicodeScalars.allSatisfy(Self.isPrintable) else {
      throw fault("has a text in \(part) that is not printable UTF-8")
    }
    return text
  }

  /// Printable ASCII up to the next line feed, which is passed too.
  mutating func line() throws -> String {
    var characters = ""
    while true {
      let byte = try number(UInt8.self)
      if byte == UInt8(ascii: "\n") { return characters }
      guard (0x20..<0x7f).contains(byte), characters.utf8.count < Self.textLimit else {
        throw fault("has a name in \(part) that is not printable, or longer than \(Self.textLimit) bytes")
      }
      characters.unicodeScalars.append(UnicodeScalar(byte))
    }
  }

  /// The longest name of a tensor, an entry or a symbol. Real ones have a tenth of it.
  static let textLimit = 1024

  private static func isPrintable(_ scalar: UnicodeScalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: false
    default: true
    }
  }
}
