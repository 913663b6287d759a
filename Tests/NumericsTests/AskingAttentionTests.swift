import PluginAPI
import TestSupport
import Testing

extension KernelTwins.Attention {
  /// Some tokens ask and all are asked, as in a tagger's last layer.
  @Suite("of some tokens") struct Asking {
    struct Batch: CustomTestStringConvertible {
      let queries: [Int], keys: [Int], heads: Int, size: Int
      var dropout: Float = 0
      var testDescription: String { "\(queries) of \(keys) tokens, \(heads) heads of \(size), dropout \(dropout)" }
      var hidden: Int { heads * size }

      static func offsets(_ lengths: [Int]) -> [Int32] { lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + Int32($1)) } }

      func input(_ q: Tensor, _ kv: Tensor) -> AttentionInput {
        AttentionInput(
          q: q.data, queries: Self.offsets(queries), kv: kv.data, keys: Self.offsets(keys), heads: heads,
          hidden: q.shape[1], dropout: dropout, key: KernelTwins.Attention.key)
      }
    }

    static let batches = [
      Batch(queries: [1], keys: [7], heads: 1, size: 4), Batch(queries: [3, 0, 2], keys: [40, 5, 2], heads: 2, size: 8),
      Batch(queries: [33, 1], keys: [70, 129], heads: 3, size: 17),
      Batch(queries: [0, 20], keys: [0, 65], heads: 2, size: 32),
      Batch(queries: [5, 17], keys: [40, 33], heads: 2, size: 16, dropout: 0.3),
    ]
    static let drawn = (0..<6).map {
      let keys = anySizes(Int.random(in: 1...3), upTo: 130)
      return Batch(
        queries: keys.map { Int.random(in: 0...$0) }, keys: keys, heads: Int.random(in: 1...3), size: anySize(upTo: 80),
        dropout: $0 % 2 == 0 ? 0 : 0.2)
    }

    /// The mask's factors [sequence · heads + head][query][key], read off the kernel as those of whole sequences are.
    static func masks(_ batch: Batch) -> [[[Double]]] {
      let longest = batch.keys.max() ?? 0, hidden = batch.heads * longest
      let q = Tensor(zeros: [batch.queries.reduce(0, +), hidden]), kv = Tensor(zeros: [batch.keys.reduce(0, +), 2 * hidden])
      let out = Tensor(zeros: q.shape), lse = Tensor(zeros: [q.shape[0], batch.heads])
      let queries = Batch.offsets(batch.queries), keys = Batch.offsets(batch.keys)
      for (s, count) in batch.keys.enumerated() {
        for j in 0..<count {
          for head in 0..<batch.heads { kv[(Int(keys[s]) + j) * 2 * hidden + hidden + head * longest + j] = 1 }
        }
      }
      Kernels.attention(out.data, lse: lse.data, batch.input(q, kv))
      return batch.keys.indices.flatMap { s in
        (0..<batch.heads).map { head in
          (0..<batch.queries[s]).map { t in
            (0..<batch.keys[s]).map { j in
              Double(out[(Int(queries[s]) + t) * hidden + head * longest + j]) * Double(batch.keys[s])
            }
          }
        }
      }
    }

    @Test(arguments: batches + drawn) func forwardAndBackward(batch: Batch) {
      var random = RandomStream(seed: 6, batch.testDescription)
      let h = batch.hidden, masks = Self.masks(batch)
      let q = Tensor.random([batch.queries.reduce(0, +), h], within: 2, &random)
      let kv = Tensor.random([batch.keys.reduce(0, +), 2 * h], within: 2, &random), dout = Tensor.random(q.shape, &random)
      let exact = Self.twins(batch, q, kv, dout, masks) { $0 }
      let rounded = Self.twins(batch, q, kv, dout, masks) { KernelTwins.Precisions.bfloat16(Float($0)) }
      for kernels in LinearAlgebra.KernelSet.allCases {
        LinearAlgebra.use(kernels)
        defer { LinearAlgebra.use(.best) }
        // Where there are no kernels of our own, attention is in float32 whatever the precision.
        let rounds = LinearAlgebra.engine().hasPrefix("own")
        for (precision, tolerance) in [(Precision.fp32, 2e-5), (.bf16, rounds ? 2e-3 : 2e-5)] {
          let y = Tensor.filled(q.shape, .nan), kept = Tensor.filled([q.shape[0], batch.heads], .nan)
          let dquery = Tensor.filled(q.shape, .nan), dkeys = Tensor.filled(kv.shape, .nan)
          Kernels.attention(y.data, lse: kept.data, batch.input(q, kv), precision: precision)
          Kernels.attentionBackward(
            dq: dquery.data, dk: dkeys.data, dv: dkeys.data + h, dout: dout.data, out: y.data, lse: kept.data,
            batch.input(q, kv), precision: precision)
          for (kernel, twin) in zip([y, kept, dquery, dkeys], precision == .bf16 && rounds ? rounded : exact) {
            expectClose(kernel, twin, tolerance, "\(kernels) \(precision)")
          }
        }
      }
    }

    /// The twins' outputs, log-sum-exps and gradients of q and kv, laid out as the kernel's are.
    private static func twins(
      _ batch: Batch, _ q: Tensor, _ kv: Tensor, _ dout: Tensor, _ masks: [[[Double]]], round: (Double) -> Double
    ) -> [[Double]] {
      let h = batch.hidden, size = batch.size, queries = Batch.offsets(batch.queries), keys = Batch.offsets(batch.keys)
      var out = [Double](repeating: 0, count: q.count), dq = out, dkv = [Double](repeating: 0, count: kv.count)
      var lse = [Double](repeating: 0, count: q.shape[0] * batch.heads)
      for s in batch.keys.indices {
        for head in 0..<batch.heads {
          func rows(_ x: Tensor, _ range: Range<Int32>, _ column: Int) -> [[Double]] {
            range.map { row in (0..<size).map { Double(x[Int(row) * x.shape[1] + column + head * size + $0]) } }
          }
          let asking = queries[s]..<queries[s + 1], asked = keys[s]..<keys[s + 1]
          let twin = KernelTwins.Attention.Twin(
            q: rows(q, asking, 0), k: rows(kv, asked, 0), v: rows(kv, asked, h), dout: rows(dout, asking, 0),
            keep: masks[s * batch.heads + head], round: round)
          for (t, row) in asking.enumerated() {
            lse[Int(row) * batch.heads + head] = twin.lse[t]
            for i in 0..<size {
              out[Int(row) * h + head * size + i] = twin.out[t][i]
              dq[Int(row) * h + head * size + i] = twin.dq[t][i]
            }
          }
          for (j, row) in asked.enumerated() {
            for i in 0..<size {
              dkv[Int(row) * 2 * h + head * size + i] = twin.dk[j][i]
              dkv[Int(row) * 2 * h + h + head * size + i] = twin.dv[j][i]
            }
          }
        }
      }
      return [out, lse, dq, dkv]
    }
  }
}
