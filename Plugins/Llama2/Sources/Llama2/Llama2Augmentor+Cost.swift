import PluginAPI
import Tokenizers

extension Llama2Augmentor: CostEstimator {
  /// Counts the prompts' tokens, and measures the model for a moment: a prompt of the mean length, and all streams at once. The
  /// time is that of texts of the greatest length; most are shorter.
  func estimate(for requests: [ContextRequest]) async throws -> CostEstimate {
    let tokens = try requests.map { try self.tokens(of: $0) }
    let read = tokens.reduce(0) { $0 + $1.count }, written = requests.count * options.maxNewTokens
    guard !tokens.isEmpty else { return CostEstimate(promptTokens: 0, maxNewTokens: 0, seconds: 0) }
    let streams = min(options.streams, requests.count), sample = min(8, options.maxNewTokens)
    let speed = try measure(promptTokens: max(1, read / requests.count), newTokens: sample, streams: streams)
    return CostEstimate(
      promptTokens: read, maxNewTokens: written, seconds: Double(read) / speed.prefill + Double(written) / speed.decode,
      example: try requests.first.map { try text(of: $0) })
  }
}
