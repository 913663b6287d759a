import PluginAPI
import TestSupport
import Testing

struct DequantisationTests {
  /// Random blocks: every bit of a block matters to some number.
  @Test(arguments: BlockType.allCases)
  func equalsTheDefinition(type: BlockType) {
    var random = RandomStream(seed: 4, type.rawValue)
    // More than one chunk of the kernel's, at an odd address.
    let count = (1 << 15) / type.elements * type.elements + 3 * type.elements
    var bytes = (0...count / type.elements * type.bytes).map { _ in UInt8.random(in: 0...255, using: &random) }
    // Scales that are numbers: the exponent's bits all set would be none.
    for block in 0..<count / type.elements {
      for half in Self.halves(type) { bytes[1 + block * type.bytes + half + 1] &= 0xbf }
    }
    let out = Tensor(zeros: [count])
    bytes.withUnsafeBytes { raw in
      if let base = raw.baseAddress { Kernels.dequantise(out.data, type, base + 1, count: count) }
    }
    var wrong = 0
    for start in stride(from: 0, to: count, by: type.elements) {
      let at = 1 + start / type.elements * type.bytes
      let twin = BlockTwin(block: Array(bytes[at..<at + type.bytes]))
      for i in 0..<type.elements where out[start + i].bitPattern != twin.element(i, type).bitPattern { wrong += 1 }
    }
    #expect(wrong == 0, "\(wrong) of \(count) differ")
    #expect(out.isFinite && Set(out.values).count > 100)
  }

  /// Where a block has numbers in half precision.
  private static func halves(_ type: BlockType) -> [Int] {
    switch type {
    case .q4_0, .q5_0, .q8_0: [0]
    case .q4_1, .q5_1, .q4_K, .q5_K: [0, 2]
    case .q2_K: [80, 82]
    case .q3_K: [108]
    case .q6_K: [208]
    }
  }

  @Test func nothing() {
    Kernels.dequantise(Tensor(zeros: [1]).data, .q4_K, [UInt8](), count: 0)
  }
}
