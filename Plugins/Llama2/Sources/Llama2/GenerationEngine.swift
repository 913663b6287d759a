import PluginAPI

/// A prompt whose continuation is wanted.
struct Prompt: Sendable {
  let index: Int
  let tokens: [Int32]
  let random: RandomStream
}

/// What was written for a prompt.
struct Continuation: Sendable {
  let index: Int
  /// The ids, the stop token included.
  let tokens: [Int32]
  let stopped: Bool
  let promptTokens: Int
  /// From when its prompt was begun, other texts being written meanwhile.
  let milliseconds: Int
}

/// Continuous batching: a step computes one row for each sequence that is being written and some rows of the prompts that are
/// being read. The tokens that all prompts begin with are read once, and their keys and values shared.
///
/// A text depends on its prompt and random stream alone, since no row's numbers depend on the rows beside it.
struct GenerationEngine {
  let model: LlamaModel
  let sampling: Sampling
  let stopTokens: Set<Int32>
  let maxNewTokens: Int
  /// Sequences that are written at the same time.
  let streams: Int
  /// Keys and values of all sequences together take at most so many bytes.
  let cacheBytes: Int
  /// Ends a sequence early: called with all its tokens after each one.
  var ends: (([Int32]) -> Bool)?

  /// Rows of prompts that a step reads at most: enough to keep every core's multipliers busy.
  private let chunk = 256

  /// A sequence between its prompt's first token and its last written one.
  private final class Sequence {
    let prompt: Prompt
    let cache: KeyValueCache
    var sampler: Sampler
    /// Tokens of the prompt that are read.
    var read: Int
    var written: [Int32] = []
    private let begun = ContinuousClock.now

    var milliseconds: Int { Int((ContinuousClock.now - begun) / .milliseconds(1)) }

    init(_ prompt: Prompt, cache: KeyValueCache, shared: Int, sampling: Sampling) {
      self.prompt = prompt
      self.cache = cache
      read = shared
      sampler = Sampler(sampling, random: prompt.random, prompt: prompt.tokens)
    }
  }

  /// Writes a continuation of each prompt; `finished` gets each as soon as it is there. Stops between two steps once `isCancelled`.
  func run(_ prompts: [Prompt], isCancelled: () -> Bool = { false }, finished: (Continuation) -> Void) throws {
    for prompt in prompts {
      if let fault = fault(of: prompt) { throw PluginError("request \(prompt.index): \(fault.message)", hint: fault.hint) }
    }
    let common = prompts.count > 1 ? commonPrefix(prompts) : 0
    let shared = try common >= 16 ? read(Array(prompts[0].tokens[..<common])) : nil
    let start = shared?.count ?? 0
    var waiting = prompts[...]
    var active: [Sequence] = []
    while !isCancelled() {
      while active.count < streams, let next = waiting.first {
        let positions = next.tokens.count - start + maxNewTokens
        let bytes = active.reduce(0) { $0 + cost($1.cache.capacity) } + cost(positions) + cost(start)
        guard active.isEmpty || bytes <= cacheBytes else { break }
        waiting.removeFirst()
        active.append(
          Sequence(next, cache: try model.cache(start: start, positions: positions), shared: start, sampling: sampling))
      }
      if active.isEmpty { return }
      try step(&active, shared: shared, finished: finished)
    }
  }

  private func cost(_ positions: Int) -> Int {
    KeyValueCache.bytes(model.configuration, positions: positions, half: model.halfCache)
  }

  /// One step of all sequences; those that end leave.
  private func step(_ active: inout [Sequence], shared: KeyValueCache?, finished: (Continuation) -> Void) throws {
    var rows: [StepRow] = [], writers: [Sequence] = []
    var room = chunk
    for sequence in active {
      if let last = sequence.written.last {
        rows.append(
          StepRow(
            token: last, cache: sequence.cache, position: sequence.prompt.tokens.count + sequence.written.count - 1,
            wantsLogits: true))
        writers.append(sequence)
        continue
      }
      let end = min(sequence.prompt.tokens.count, sequence.read + room)
      for position in sequence.read..<end {
        let isLast = position == sequence.prompt.tokens.count - 1
        rows.append(
          StepRow(token: sequence.prompt.tokens[position], cache: sequence.cache, position: position, wantsLogits: isLast))
        if isLast { writers.append(sequence) }
      }
      room -= end - sequence.read
      sequence.read = end
    }
    let logits = model.step(rows, shared: shared), vocabulary = model.vocabulary
    var drawn = [Int32?](repeating: nil, count: writers.count)
    drawn.withUnsafeMutableBufferPointer { drawn in
      nonisolated(unsafe) let drawn = drawn
      nonisolated(unsafe) let writers = writers
      Threads.parallel(writers.count) { drawn[$0] = writers[$0].sampler.next(logits + $0 * vocabulary, count: vocabulary) }
    }
    for (sequence, token) in zip(writers, drawn) {
      guard let token else {
        throw PluginError(
          "request \(sequence.prompt.index): the model's logits are not finite after \(sequence.written.count) tokens",
          hint: "the weights are damaged, or overflow in this arithmetic; try `arithmetic: exact`")
      }
      sequence.written.append(token)
      let stopped = stopTokens.contains(token) || ends?(sequence.written) == true
      if stopped || sequence.written.count >= maxNewTokens {
        active.removeAll { $0 === sequence }
        finished(
          Continuation(
            index: sequence.prompt.index, tokens: sequence.written, stopped: stopped,
            promptTokens: sequence.prompt.tokens.count,
            milliseconds: sequence.milliseconds))
      }
    }
  }

  /// Keys and values of tokens that several prompts begin with.
  func read(_ tokens: [Int32], wantsLogits: Bool = false) throws -> KeyValueCache {
    let cache = try model.cache(positions: tokens.count)
    for first in stride(from: 0, to: tokens.count, by: chunk) {
      _ = model.step(
        (first..<min(first + chunk, tokens.count)).map {
          StepRow(token: tokens[$0], cache: cache, position: $0, wantsLogits: wantsLogits && $0 == tokens.count - 1)
        }, shared: nil)
    }
    return cache
  }

  /// Tokens that all prompts begin with, each keeping one of its own.
  private func commonPrefix(_ prompts: [Prompt]) -> Int {
    let first = prompts[0].tokens
    return prompts.reduce(first.count - 1) { common, prompt in
      zip(first, prompt.tokens).prefix(min(common, prompt.tokens.count - 1)).prefix { $0 == $1 }.count
    }
  }

  /// Why a prompt cannot be continued; nil where it can. It has to fit with all that may be written: nothing is ever cut from it.
  func fault(of prompt: Prompt) -> PluginError? {
    guard let greatest = prompt.tokens.max(), Int(greatest) < model.vocabulary, prompt.tokens.allSatisfy({ $0 >= 0 }) else {
      return PluginError("its prompt is empty or has tokens outside of the vocabulary")
    }
    let limit = model.configuration.positions
    guard prompt.tokens.count + maxNewTokens <= limit else {
      return PluginError(
        "its prompt of \(prompt.tokens.count) tokens and \(maxNewTokens) new ones exceed the \(limit) positions of the model",
        hint: "shorten the prompt, lower `maxNewTokens`, or use a model with a longer context")
    }
    return nil
  }
}
