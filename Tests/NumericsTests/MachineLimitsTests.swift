import PluginAPI
import Testing

struct MachineLimitsTests {
  @Test func `rates are such as processors have`() throws {
    for arithmetic in Precision.allCases {
      guard let rate = MachineLimits.operationsPerSecond(arithmetic) else { continue }
      #expect(rate > 1e8 && rate < 1e15, "\(arithmetic)")
    }
    let read = try #require(MachineLimits.bytesReadPerSecond(from: 3 << 20))
    #expect(read > 1e7 && read < 1e14)
    #expect(MachineLimits.bytesReadPerSecond(from: 0) != nil)
  }
}
