import PluginAPI

extension GenerationEngine {
  /// Tokens a second of reading a prompt and of writing for several sequences that share it, greedily and past stop tokens.
  func measure(promptTokens: Int, newTokens: Int, streams: Int) throws -> GenerationSpeed {
    let vocabulary = model.vocabulary, clock = ContinuousClock()
    guard promptTokens > 0, newTokens > 0, streams > 0, promptTokens + newTokens <= model.configuration.positions else {
      throw PluginError(
        "\(promptTokens) tokens and \(newTokens) new ones do not fit into the \(model.configuration.positions) positions of the model"
      )
    }
    let tokens = (0..<promptTokens).map { Int32((7 * $0 + 11) % max(1, vocabulary - 1)) }
    var shared: KeyValueCache?
    let reading = try clock.measure { shared = try read(tokens, wantsLogits: true) }
    let caches = try (0..<streams).map { _ in try model.cache(start: promptTokens, positions: newTokens) }
    var current = (0..<streams).map { Int32((37 * $0 + 1000) % vocabulary) }
    let writing = clock.measure {
      for step in 0..<newTokens {
        let logits = model.step(
          zip(current, caches).map { StepRow(token: $0, cache: $1, position: promptTokens + step, wantsLogits: true) },
          shared: shared)
        for stream in 0..<streams {
          var sampler = Sampler(Sampling(temperature: 0), random: RandomStream(seed: 0, "measure"), prompt: [])
          current[stream] = sampler.next(logits + stream * vocabulary, count: vocabulary) ?? 0
        }
      }
    }
    func seconds(_ duration: Duration) -> Double {
      Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }
    let bytes =
      KeyValueCache.bytes(model.configuration, positions: promptTokens, half: model.halfCache)
      + streams * KeyValueCache.bytes(model.configuration, positions: newTokens, half: model.halfCache)
    return GenerationSpeed(
      prefill: Double(promptTokens) / seconds(reading), decode: Double(streams * newTokens) / seconds(writing),
      cacheBytes: bytes, weightBytes: model.weightBytes)
  }
}
