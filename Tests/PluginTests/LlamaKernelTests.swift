import CLlama
import PluginAPI
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@testable import Llama2

/// The kernels of the language model against the same mathematics written naively in float64, on every instruction set that
/// this processor has. Serialized: the limit is the process's.
@Suite("Llama kernels", .serialized) struct LlamaKernelTests {
  struct Product: Sendable, CustomTestStringConvertible {
    let columns: Int, blocks: Int, rows: Int, bits: Int, minimums: Bool
    var testDescription: String { "\(rows) x \(blocks * 32) x \(columns), \(bits) bits\(minimums ? ", minimums" : "")" }
  }

  static let products = [
    Product(columns: 16, blocks: 1, rows: 1, bits: 4, minimums: true),
    Product(columns: 37, blocks: 3, rows: 5, bits: 4, minimums: true),
    Product(columns: 50, blocks: 18, rows: 13, bits: 4, minimums: false),
    Product(columns: 16, blocks: 4, rows: 14, bits: 4, minimums: true),
    Product(columns: 48, blocks: 7, rows: 2, bits: 4, minimums: false),
    Product(columns: 7, blocks: 2, rows: 3, bits: 8, minimums: false),
    Product(columns: 33, blocks: 5, rows: 21, bits: 8, minimums: false),
  ]
  static let drawn = (0..<9).map {
    Product(
      columns: anySize(upTo: 100), blocks: anySize(upTo: 30), rows: anySize(upTo: 40), bits: $0 % 3 == 0 ? 8 : 4,
      minimums: $0 % 3 == 1)
  }

  /// Products of codes at their extremes too: nothing may overflow or saturate.
  @Test(arguments: products + drawn, [false, true]) func panels(_ p: Product, extreme: Bool) throws {
    var random = RandomStream(seed: 1, "panels \(p)")
    let depth = p.blocks * 32
    let matrix = try #require(
      QuantisedMatrix(
        columns: p.columns, depth: depth, bits: p.bits, offset: p.bits == 8 ? 128 : p.minimums ? 0 : 8, minimums: p.minimums))
    // Rows of a file's blocks: Q8_0, Q4_1 or Q4_0.
    let bytes = p.bits == 8 ? 34 : p.minimums ? 20 : 18
    var weights = [[Double]]()
    for column in 0..<p.columns {
      var row = [UInt8](), values = [Double]()
      for _ in 0..<p.blocks {
        let scale = Float16(0.01 + random.uniform()), least = Float16(random.uniform() - 0.5)
        withUnsafeBytes(of: scale.bitPattern) { row += $0 }
        if p.minimums { withUnsafeBytes(of: least.bitPattern) { row += $0 } }
        let codes = (0..<32).map { _ in extreme ? (random.next() & 1 == 0 ? 0 : 255) : UInt8(truncatingIfNeeded: random.next())
        }
        if p.bits == 8 {
          row += codes
          values += codes.map { Double(scale) * Double(Int8(bitPattern: $0)) }
        } else {
          row += (0..<16).map { codes[$0] & 15 | codes[$0 + 16] << 4 }
          values += codes.map {
            p.minimums ? Double(scale) * Double($0 & 15) + Double(least) : Double(scale) * (Double($0 & 15) - 8)
          }
        }
      }
      #expect(row.count == p.blocks * bytes)
      withUnsafePointer(to: matrix.panels) {
        calm_pack_column($0, Int32(column), p.bits == 8 ? CALM_FROM_Q8_0 : p.minimums ? CALM_FROM_Q4_1 : CALM_FROM_Q4_0, row)
      }
      weights.append(values)
    }
    let x = (0..<p.rows * depth).map { _ in extreme ? (random.next() & 1 == 0 ? Float(-1) : 1) : Float(random.uniform() * 2 - 1)
    }
    let quantised = QuantisedRows(rows: p.rows, depth: depth), last = QuantisedRows(rows: 1, depth: depth)
    quantised.quantise(x, rows: p.rows, depth: depth)
    last.quantise(Array(x.suffix(depth)), rows: 1, depth: depth)
    let rounded = Self.rounded(x)
    let expected = (0..<p.rows).flatMap { r in
      weights.map { w in (0..<depth).reduce(0.0) { $0 + rounded[r * depth + $1] * w[$1] } }
    }
    defer { calm_llama_limit_level(2) }
    var first: [UInt32] = []
    for level in 0...calm_llama_level() {
      calm_llama_limit_level(level)
      var y = [Float](repeating: 1, count: p.rows * p.columns), single = [Float](repeating: 1, count: p.columns)
      withUnsafePointer(to: matrix.panels) { panels in
        let count = Int32((p.columns + 15) / 16)
        calm_multiply_panels(panels, 0, count, quantised.bytes, Int32(p.rows), &y, p.columns, 1)
        calm_multiply_panels(panels, 0, count, last.bytes, 1, &single, p.columns, 1)
      }
      let scale = expected.map(abs).max() ?? 1
      #expect(zip(y, expected).allSatisfy { abs(Double($0) - 1 - $1) <= 1e-5 * scale + 1e-6 }, "level \(level)")
      let bits = y.map(\.bitPattern)
      #expect(single.map(\.bitPattern) == Array(bits.suffix(p.columns)), "one row or many, level \(level)")
      if level == 0 { first = bits } else { #expect(bits == first, "level \(level) and plain C") }
    }
  }

  /// Sequences that share a prefix, see different numbers of positions and a window, against a softmax in float64; and bitwise the
  /// same without sharing.
  @Test(
    arguments: [(shared: 0, size: 16, window: 0), (37, 32, 0), (16, 64, 9), (50, 48, 21)]
      + (0..<3).map { _ in (anySize(upTo: 100), 16 * anySize(upTo: 8), Int.random(in: 0...30)) },
    [false, true])
  func attention(_ shape: (shared: Int, size: Int, window: Int), half: Bool) throws {
    let (shared, size, window) = shape
    var random = RandomStream(seed: 2, "attention \(shape)")
    let configuration = LlamaConfiguration(
      hidden: size, layers: 1, heads: 1, keyValueHeads: 1, headSize: size, intermediate: 1, positions: 1000, window: nil,
      epsilon: 1e-5,
      rotary: RotaryEmbedding(base: 1), interleaved: false)
    func rounded(_ x: Float) -> Double { half ? Double(Float16(x)) : Double(x) }
    func vectors(_ count: Int) -> [[Float]] { (0..<count).map { _ in (0..<size).map { _ in Float(random.normal()) } } }
    let prefix = (keys: vectors(shared), values: vectors(shared))
    let common = try #require(KeyValueCache(configuration, start: 0, positions: max(shared, 1), half: half))
    func put(_ cache: KeyValueCache, _ keys: [[Float]], _ values: [[Float]], from: Int) {
      for (i, (key, value)) in zip(keys, values).enumerated() {
        calm_put_position(
          cache.keys(layer: 0, head: 0), cache.values(layer: 0, head: 0), Int32(from + i), key, value, Int32(size), half ? 1 : 0
        )
      }
      cache.count = max(cache.count, from + keys.count)
    }
    put(common, prefix.keys, prefix.values, from: 0)
    for own in [[1], [5, 20, 3], [40, 2, 1, 1, 17]] {
      let questions = Tensor.random([own.reduce(0, +), size], within: 1, &random)
      let together = Tensor(zeros: questions.shape), alone = Tensor(zeros: questions.shape)
      var queries: [calm_query] = [], whole: [calm_query] = [], caches: [KeyValueCache] = [], expected: [Double] = []
      var row = 0
      for count in own {
        let keys = vectors(count), values = vectors(count)
        let cache = try #require(KeyValueCache(configuration, start: shared, positions: count, half: half))
        let both = try #require(KeyValueCache(configuration, start: 0, positions: shared + count, half: half))
        put(cache, keys, values, from: 0)
        put(both, prefix.keys + keys, prefix.values + values, from: 0)
        caches += [cache, both]
        for i in 0..<count {
          let last = shared + i + 1, first = window > 0 ? max(0, last - window) : 0
          func query(_ out: Tensor, _ cache: KeyValueCache) -> calm_query {
            calm_query(
              query: questions.data + row * size, out: out.data + row * size, own: cache.positions(layer: 0, head: 0),
              first: Int32(first), last: Int32(last))
          }
          queries.append(query(together, cache))
          whole.append(query(alone, both))
          let k = Array((prefix.keys + keys)[first..<last]), v = Array((prefix.values + values)[first..<last])
          let scores = k.map { key in
            (0..<size).reduce(0.0) { $0 + Double(questions.data[row * size + $1]) * rounded(key[$1]) } * 0.25
          }
          let most = scores.max() ?? 0, weights = scores.map { exp($0 - most) }, sum = weights.reduce(0, +)
          expected += (0..<size).map { d in zip(weights, v).reduce(0.0) { $0 + $1.0 * rounded($1.1[d]) } / sum }
          row += 1
        }
      }
      var shared = common.positions(layer: 0, head: 0), nothing = calm_positions(keys: nil, values: nil, count: 0)
      if shape.shared == 0 { shared.count = 0 }
      for (list, part) in [(queries, shared), (whole, nothing)] {
        var part = part
        let scratch = Tensor(zeros: [calm_attend_scratch(list, Int32(list.count))])
        calm_attend(list, Int32(list.count), &part, Int32(size), half ? 1 : 0, 0.25, scratch.data)
      }
      #expect(together.error(expected) < 1e-5)
      #expect(together.bits == alone.bits, "a shared prefix or one's own")
      withExtendedLifetime(caches) {}
    }
  }

  @Test(arguments: [1, 15, 16, 100, 576] + anySizes(3, upTo: 600)) func rows(width: Int) {
    var random = RandomStream(seed: 3, "rows \(width)")
    let x = Tensor.random([3, width], within: 2, &random), weight = Tensor.random([width], &random),
      y = Tensor(zeros: [3, width])
    calm_rms_norm(y.data, x.data, weight.data, 3, Int32(width), 1e-5)
    let norm = (0..<3).flatMap { r -> [Double] in
      let row = x.rows(r..<r + 1).doubles, mean = row.reduce(0) { $0 + $1 * $1 } / Double(width)
      return zip(row, weight.doubles).map { $0 / (mean + 1e-5).squareRoot() * $1 }
    }
    #expect(y.error(norm) < 1e-5)
    let gate = Tensor.random([3, width], within: 9, &random), up = Tensor.random([3, width], &random)
    let gated = zip(gate.doubles, up.doubles).map { $0 / (1 + exp(-$0)) * $1 }
    calm_gated(gate.data, up.data, gate.count)
    #expect(gate.error(gated) < 1e-5)
    var at: Int32 = 0, finite: Int32 = 0
    #expect(
      calm_maximum(x.data, Int32(width), &at, &finite) == x.values[..<width].max() && finite == 1
        && x[Int(at)] == x.values[..<width].max())
    // What is no number stays so, alone.
    x[width / 2] = .nan
    _ = calm_maximum(x.data, Int32(width), &at, &finite)
    #expect(finite == 0)
    let sum = calm_softmax_weights(y.data, x.data, Int32(width), 2, 1)
    #expect(sum.isNaN && (0..<width).allSatisfy { y[$0].isNaN == ($0 == width / 2) })
    gate[width / 2] = .nan
    calm_gated(gate.data, up.data, gate.count)
    #expect((0..<gate.count).allSatisfy { gate[$0].isNaN == ($0 == width / 2) })
  }

  /// Numbers rounded to 8 bits in blocks of 32, the plain way.
  static func rounded(_ x: [Float]) -> [Double] {
    stride(from: 0, to: x.count, by: 32).flatMap { at in
      let block = x[at..<at + 32], most = block.map(abs).max() ?? 0, inverse = most > 0 ? 127 / most : 0
      return block.map { Double(($0 * inverse).rounded(.toNearestOrEven)) * Double(most / 127) }
    }
  }

  /// Groups of six rows, of two and of one, as the header says where everything stands.
  @Test(arguments: 1...9) func quantisedRows(rows: Int) {
    var random = RandomStream(seed: 4, "quantised \(rows)")
    let depth = 96, x = (0..<rows * depth).map { _ in Float(random.normal()) }, expected = Self.rounded(x)
    let quantised = QuantisedRows(rows: rows, depth: depth)
    quantised.quantise(x, rows: rows, depth: depth)
    var at = 0, first = 0
    while first < rows {
      let group = rows - first >= 6 ? 6 : rows - first >= 2 ? 2 : 1
      for block in 0..<depth / 32 {
        func number<T>(_ offset: Int, as type: T.Type) -> T {
          quantised.bytes.loadUnaligned(fromByteOffset: at + offset, as: type)
        }
        for row in 0..<group {
          let codes = (0..<32).map { number(($0 / 4 * group + row) * 4 + $0 % 4, as: Int8.self) }
          let scale = number(32 * group + 4 * row, as: Float.self), eightSums = number(40 * group + 4 * row, as: Int32.self)
          let from = (first + row) * depth + block * 32
          #expect(codes.map { Double($0) * Double(scale) } == Array(expected[from..<from + 32]))
          #expect(eightSums == 8 * codes.reduce(0) { $0 + Int32($1) })
          #expect(number(36 * group + 4 * row, as: Float.self) == scale * Float(eightSums / 8))
        }
        at += 44 * group
      }
      first += group
    }
    #expect(at == calm_quantised_bytes(Int32(rows), Int32(depth)))
  }

  /// What is no number must not become a harmless code: the logits have to show it.
  @Test(arguments: [Float.nan, .infinity, -.infinity]) func quantisedRowsShowFaults(value: Float) {
    var x = [Float](repeating: 1, count: 64)
    x[40] = value
    let rows = QuantisedRows(rows: 1, depth: 64)
    rows.quantise(x, rows: 1, depth: 64)
    let scales = [32, 76].map { rows.bytes.load(fromByteOffset: $0, as: Float.self) }
    #expect(scales[0] == 1 / Float(127) && scales[1].isNaN)
  }
}
