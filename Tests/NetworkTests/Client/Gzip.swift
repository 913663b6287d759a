import Glibc

/// `well`, compressed.
let gzippedWell: [UInt8] = gzip(stored: Array("well".utf8))

/// Zeros, compressed by a thousand: blocks of fixed codes, each a zero and then copies of 258 bytes.
func gzipBomb(megabytes: Int) -> [UInt8] {
  var bits = BitWriter()
  bits.write(1, 1)  // The last block
  bits.write(1, 2)  // with fixed codes.
  bits.writeCode(0x30, 8)  // A zero byte.
  for _ in 0..<(megabytes << 20) / 258 {
    bits.writeCode(0b1100_0101, 8)  // Length 258 …
    bits.writeCode(0, 5)  // … from one byte before.
  }
  bits.writeCode(0, 7)  // End of block.
  // The checksum is wrong: nobody should get as far.
  return header + bits.bytes + [UInt8](repeating: 0, count: 8)
}

private let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]

private func gzip(stored bytes: [UInt8]) -> [UInt8] {
  func little(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) } }
  var crc: UInt32 = ~0
  for byte in bytes {
    crc ^= UInt32(byte)
    for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
  }
  let count = UInt16(bytes.count)
  let length = [UInt8(count & 0xFF), UInt8(count >> 8), UInt8(~count & 0xFF), UInt8(~count >> 8)]
  return header + [1] + length + bytes + little(~crc) + little(UInt32(bytes.count))
}

/// Bits as DEFLATE packs them.
private struct BitWriter {
  private(set) var finished: [UInt8] = []
  private var current: UInt8 = 0, filled: UInt8 = 0

  var bytes: [UInt8] { filled == 0 ? finished : finished + [current] }

  mutating func write(_ value: Int, _ count: Int) { for i in 0..<count { add(value >> i & 1) } }
  /// Huffman codes begin with their highest bit.
  mutating func writeCode(_ code: Int, _ count: Int) { for i in (0..<count).reversed() { add(code >> i & 1) } }

  private mutating func add(_ bit: Int) {
    current |= UInt8(bit) << filled
    filled += 1
    guard filled == 8 else { return }
    finished.append(current)
    (current, filled) = (0, 0)
  }
}

/// A date so many seconds from now, as HTTP writes it.
func httpDate(in seconds: Int) -> String {
  var time = time(nil) + seconds, parts = tm(), text = [CChar](repeating: 0, count: 64)
  gmtime_r(&time, &parts)
  strftime(&text, 64, "%a, %d %b %Y %H:%M:%S GMT", &parts)
  return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
