import PluginAPI
import TestSupport
import Testing

extension KernelTwins {
  /// All 65536 patterns of each half-precision type.
  @Suite("half-precision storage") struct Conversion {
    private let patterns = (0...UInt16.max).map { $0 }

    @Test func half() {
      let out = Tensor(zeros: [patterns.count])
      Kernels.float32(out.data, fromHalf: patterns, count: patterns.count)
      for (i, pattern) in patterns.enumerated() {
        let expected = Float(Float16(bitPattern: pattern))
        guard expected.isNaN ? out[i].isNaN : out[i].bitPattern == expected.bitPattern else {
          Issue.record("\(pattern) becomes \(out[i]), not \(expected)")
          return
        }
      }
    }

    @Test func bfloat16() {
      let out = Tensor(zeros: [patterns.count])
      Kernels.float32(out.data, fromBFloat16: patterns, count: patterns.count)
      #expect(out.bits == patterns.map { UInt32($0) << 16 })
    }

    /// Also where the count is no multiple of a vector's width.
    @Test(arguments: sizes) func oddCounts(count: Int) {
      let some = (0..<count).map { UInt16(0x3c00 + $0 * 7) }, out = Tensor.filled([count + 1], -1)
      Kernels.float32(out.data, fromHalf: some, count: count)
      #expect(out.values == some.map { Float(Float16(bitPattern: $0)) } + [-1])
      Kernels.float32(out.data, fromBFloat16: some, count: count)
      #expect(out.values == some.map { Float(bitPattern: UInt32($0) << 16) } + [-1])
    }
  }
}
