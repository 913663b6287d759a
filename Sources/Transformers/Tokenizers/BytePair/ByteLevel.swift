/// GPT-2's way to write bytes as visible characters: printable Latin-1 stands for itself, the other bytes for the scalars from
/// U+0100 on.
enum ByteLevel {
  /// The scalar of each byte.
  static let scalars: [UInt32] = {
    var next: UInt32 = 0x100
    return (0..<256).map { (byte: UInt32) in
      if 0x21...0x7E ~= byte || 0xA1...0xAC ~= byte || 0xAE...0xFF ~= byte { return byte }
      defer { next += 1 }
      return next
    }
  }()

  private static let bytes: [UInt32: UInt8] = Dictionary(
    uniqueKeysWithValues: scalars.enumerated().map { ($0.element, UInt8($0.offset)) })

  /// How a byte is written in a vocabulary.
  static func text(of byte: UInt8) -> [UInt8] {
    Unicode.Scalar(scalars[Int(byte)]).map { Array(String($0).utf8) } ?? []
  }

  /// The bytes that a piece stands for; its own where it has a character that stands for none.
  static func bytes(of piece: ArraySlice<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    for scalar in String(decoding: piece, as: UTF8.self).unicodeScalars {
      guard let byte = Self.bytes[scalar.value] else { return Array(piece) }
      bytes.append(byte)
    }
    return bytes
  }
}
