import PluginAPI

/// One number of a block by the definition of its type, bit by bit.
struct BlockTwin {
  let block: [UInt8]

  private func half(_ at: Int) -> Float { Float(Float16(bitPattern: UInt16(block[at]) | UInt16(block[at + 1]) << 8)) }
  /// Bits `from..<from + count` of byte `at`.
  private func bits(_ at: Int, _ from: Int, _ count: Int) -> Int { Int(block[at]) >> from & (1 << count - 1) }
  private func signed(_ at: Int) -> Int { Int(Int8(bitPattern: block[at])) }

  func element(_ i: Int, _ type: BlockType) -> Float {
    // Blocks of 32: number i is in byte i % 16.
    let nibble = i / 16 * 4, byte = i % 16
    func fifth(_ at: Int) -> Int { bits(at + i / 8, i % 8, 1) * 16 }
    switch type {
    case .q4_0: return half(0) * Float(bits(2 + byte, nibble, 4) - 8)
    case .q4_1: return half(0) * Float(bits(4 + byte, nibble, 4)) + half(2)
    case .q5_0: return half(0) * Float(bits(6 + byte, nibble, 4) + fifth(2) - 16)
    case .q5_1: return half(0) * Float(bits(8 + byte, nibble, 4) + fifth(4)) + half(2)
    case .q8_0: return half(0) * Float(signed(2 + i))
    case .q2_K:
      let q = bits(16 + i / 128 * 32 + i % 32, i % 128 / 32 * 2, 2)
      return half(80) * Float(bits(i / 16, 0, 4)) * Float(q) - half(82) * Float(bits(i / 16, 4, 4))
    case .q3_K:
      let q = bits(32 + i / 128 * 32 + i % 32, i % 128 / 32 * 2, 2) + bits(i % 32, i / 32, 1) * 4 - 4
      let part = i / 16
      let scale = bits(96 + part % 8, part / 8 * 4, 4) + bits(104 + part % 4, part / 4 * 2, 2) * 16 - 32
      return half(108) * Float(scale) * Float(q)
    case .q4_K:
      let (scale, offset) = sixBits(i / 32)
      return half(0) * Float(scale) * Float(bits(16 + i / 64 * 32 + i % 32, i % 64 / 32 * 4, 4)) - half(2) * Float(offset)
    case .q5_K:
      let (scale, offset) = sixBits(i / 32)
      let q = bits(48 + i / 64 * 32 + i % 32, i % 64 / 32 * 4, 4) + bits(16 + i % 32, i / 32, 1) * 16
      return half(0) * Float(scale) * Float(q) - half(2) * Float(offset)
    case .q6_K:
      let low = bits(i / 128 * 64 + i % 64, i % 128 / 64 * 4, 4)
      let high = bits(128 + i / 128 * 32 + i % 32, i % 128 / 32 * 2, 2)
      return half(208) * Float(signed(192 + i / 16)) * Float(low + high * 16 - 32)
    }
  }

  /// Scale and offset of a part of Q4_K and Q5_K.
  private func sixBits(_ part: Int) -> (scale: Int, offset: Int) {
    if part < 4 { return (bits(4 + part, 0, 6), bits(8 + part, 0, 6)) }
    let rest = part - 4
    return (bits(12 + rest, 0, 4) + bits(4 + rest, 6, 2) * 16, bits(12 + rest, 4, 4) + bits(8 + rest, 6, 2) * 16)
  }
}
