import CLlama
import PluginAPI

/// One position of a sequence that a step computes.
struct StepRow {
  let token: Int32
  let cache: KeyValueCache
  let position: Int
  /// Whether the next token's logits are wanted.
  let wantsLogits: Bool
}

/// A Llama-architecture decoder: root-mean-square norms, rotary positions, grouped-query attention, SwiGLU.
///
/// What a row gets does not depend on the other rows of the step, nor on the number of threads. One thread at a time steps.
final class LlamaModel: @unchecked Sendable {
  let configuration: LlamaConfiguration
  let arithmetic: Arithmetic
  let vocabulary: Int
  private let weights: LlamaWeights
  private var rotary: RotaryTable
  private var room: StepRoom?

  /// Keys and values in float16.
  var halfCache: Bool { arithmetic == .fast }

  init(_ file: ModelFile, arithmetic: Arithmetic, quantisation: Quantisation = .none) throws {
    configuration = try LlamaConfiguration.read(file)
    self.arithmetic = arithmetic
    weights = try LlamaWeights(file, configuration, arithmetic: arithmetic, quantisation: quantisation)
    vocabulary = weights.vocabulary
    rotary = RotaryTable(configuration.rotary, headSize: configuration.headSize, positions: min(configuration.positions, 512))
  }

  func cache(start: Int = 0, positions: Int) throws -> KeyValueCache {
    guard let cache = KeyValueCache(configuration, start: start, positions: positions, half: halfCache) else {
      throw PluginError(
        "no memory for the keys and values of \(positions) positions", hint: "lower `streams` or `cacheMegabytes`")
    }
    return cache
  }

  /// Computes rows [rows, hidden] of one or several sequences; keys and values go to their caches. Rows of a sequence stand in
  /// the order of their positions.
  /// - Parameter shared: positions before those of every row's cache.
  /// - Returns: logits [wanted rows, vocabulary], in the rows' order; valid until the next step.
  func step(_ rows: [StepRow], shared: KeyValueCache?) -> UnsafeMutablePointer<Float> {
    let c = configuration, count = rows.count
    let room = makeRoom(rows: count, logits: rows.count { $0.wantsLogits })
    let furthest = rows.reduce(0) { max($0, $1.position + 1) }
    if furthest * rotary.width > rotary.cosine.count {
      rotary = RotaryTable(c.rotary, headSize: c.headSize, positions: max(furthest, 2 * rotary.cosine.count / rotary.width))
    }
    for (i, row) in rows.enumerated() { weights.embedding.read(row.token, into: room.x + i * c.hidden) }
    for (index, layer) in weights.layers.enumerated() {
      norm(room.normed, room.x, layer.attentionNorm, rows: count)
      layer.queryKeyValue.multiply(
        room.normed, rows: count, quantised: room.quantised, into: [room.q, room.k, room.v], scratch: room.sum)
      put(rows, layer: index, room)
      attend(rows, layer: index, shared: shared, room)
      layer.output.multiply(
        room.attended, rows: count, quantised: room.quantised, into: [room.x], scratch: room.sum, adding: true)
      norm(room.normed, room.x, layer.feedForwardNorm, rows: count)
      layer.gateUp.multiply(
        room.normed, rows: count, quantised: room.quantised, into: [room.gate, room.up], scratch: room.sum)
      gated(room, rows: count)
      layer.down.multiply(room.gate, rows: count, quantised: room.quantised, into: [room.x], scratch: room.sum, adding: true)
    }
    for row in rows { row.cache.count = max(row.cache.count, row.position - row.cache.start + 1) }
    // Only the rows whose next token is wanted go on.
    var wanted = 0
    for (i, row) in rows.enumerated() where row.wantsLogits {
      calm_rms_norm(
        room.normed + wanted * c.hidden, room.x + i * c.hidden, weights.norm.data, 1, Int32(c.hidden), c.epsilon)
      wanted += 1
    }
    if wanted > 0 {
      weights.head.multiply(room.normed, rows: wanted, quantised: room.quantised, into: [room.logits], scratch: room.logits)
    }
    return room.logits
  }

  /// Bytes of weights that a step reads.
  var weightBytes: Int {
    (weights.layers.flatMap { [$0.queryKeyValue, $0.output, $0.gateUp, $0.down] } + [weights.head]).reduce(0) { $0 + $1.bytes }
  }

  /// The final norm's states of the last step's wanted rows [wanted rows, hidden].
  var finalStates: UnsafeMutablePointer<Float>? { room?.normed }

  private func norm(_ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ weight: Tensor, rows: Int) {
    let width = configuration.hidden, chunk = max(1, 8192 / width)
    Threads.parallel((rows + chunk - 1) / chunk) { task in
      let row = task * chunk
      calm_rms_norm(
        y + row * width, x + row * width, weight.data, Int32(min(chunk, rows - row)), Int32(width), configuration.epsilon)
    }
  }

  private func gated(_ room: StepRoom, rows: Int) {
    let count = rows * configuration.intermediate, chunk = 8192
    Threads.parallel((count + chunk - 1) / chunk) { task in
      let at = task * chunk
      calm_gated(room.gate + at, room.up + at, min(chunk, count - at))
    }
  }

  /// Rotates queries and keys and puts keys and values into the caches.
  private func put(_ rows: [StepRow], layer: Int, _ room: StepRoom) {
    let c = configuration, queries = c.heads * c.headSize, keys = c.keyValueHeads * c.headSize, half: Int32 = halfCache ? 1 : 0
    let chunk = 4
    Threads.parallel((rows.count + chunk - 1) / chunk) { task in
      for i in task * chunk..<min((task + 1) * chunk, rows.count) {
        let row = rows[i]
        rotary.cosine.withUnsafeBufferPointer { cosine in
          rotary.sine.withUnsafeBufferPointer { sine in
            guard let cosine = cosine.baseAddress, let sine = sine.baseAddress else { return }
            let at = row.position * rotary.width
            calm_rotate(room.q + i * queries, Int32(c.heads), Int32(c.headSize), cosine + at, sine + at)
            calm_rotate(room.k + i * keys, Int32(c.keyValueHeads), Int32(c.headSize), cosine + at, sine + at)
          }
        }
        for head in 0..<c.keyValueHeads {
          calm_put_position(
            row.cache.keys(layer: layer, head: head), row.cache.values(layer: layer, head: head),
            Int32(row.position - row.cache.start), room.k + i * keys + head * c.headSize, room.v + i * keys + head * c.headSize,
            Int32(c.headSize), half)
        }
      }
    }
  }

  /// A task is the queries of some rows that share a head's keys and values.
  private func attend(_ rows: [StepRow], layer: Int, shared: KeyValueCache?, _ room: StepRoom) {
    let c = configuration, width = c.heads * c.headSize, group = c.heads / c.keyValueHeads
    let chunk = max(1, min(32, (rows.count * c.keyValueHeads + 4 * Threads.count - 1) / (4 * Threads.count)))
    let chunks = (rows.count + chunk - 1) / chunk
    let scale = Float(1 / Double(c.headSize).squareRoot())
    Threads.parallel(c.keyValueHeads * chunks) { task in
      let head = task / chunks, first = task % chunks * chunk
      var queries: [calm_query] = []
      queries.reserveCapacity(chunk * group)
      for i in first..<min(first + chunk, rows.count) {
        let row = rows[i], last = row.position + 1
        for h in head * group..<(head + 1) * group {
          queries.append(
            calm_query(
              query: room.q + i * width + h * c.headSize, out: room.attended + i * width + h * c.headSize,
              own: row.cache.positions(layer: layer, head: head), first: Int32(c.window.map { max(0, last - $0) } ?? 0),
              last: Int32(last)))
        }
      }
      var common = shared?.positions(layer: layer, head: head) ?? calm_positions(keys: nil, values: nil, count: 0)
      let floats = calm_attend_scratch(queries, Int32(queries.count))
      withUnsafeTemporaryAllocation(byteCount: floats * 4, alignment: 64) { scratch in
        calm_attend(
          queries, Int32(queries.count), &common, Int32(c.headSize), halfCache ? 1 : 0, scale,
          scratch.baseAddress?.assumingMemoryBound(to: Float.self))
      }
    }
  }

  private func makeRoom(rows: Int, logits: Int) -> StepRoom {
    if let room, room.rows >= rows, room.logitRows >= logits { return room }
    let made = StepRoom(
      configuration, vocabulary: vocabulary, rows: max(rows, room?.rows ?? 0), logitRows: max(logits, room?.logitRows ?? 1))
    room = made
    return made
  }
}

/// What a step writes between its products, reused from step to step.
private final class StepRoom: @unchecked Sendable {
  let rows: Int, logitRows: Int
  let x, normed, q, k, v, attended, gate, up, sum, logits: UnsafeMutablePointer<Float>
  let quantised: QuantisedRows
  private let tensors: [Tensor]

  init(_ c: LlamaConfiguration, vocabulary: Int, rows: Int, logitRows: Int) {
    (self.rows, self.logitRows) = (rows, logitRows)
    let queries = c.heads * c.headSize, keys = c.keyValueHeads * c.headSize
    // In the order of the pointers above.
    tensors = [
      rows * c.hidden, max(rows, logitRows) * c.hidden, rows * queries, rows * keys, rows * keys, rows * queries,
      rows * c.intermediate, rows * c.intermediate, rows * c.hidden, logitRows * vocabulary,
    ].map { Tensor(zeros: [max(1, $0)]) }
    let data = tensors.map(\.data)
    (x, normed, q, k, v) = (data[0], data[1], data[2], data[3], data[4])
    (attended, gate, up, sum, logits) = (data[5], data[6], data[7], data[8], data[9])
    quantised = QuantisedRows(rows: max(rows, logitRows), depth: max(c.hidden, queries, c.intermediate))
  }
}
