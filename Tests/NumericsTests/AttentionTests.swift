import PluginAPI
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

extension KernelTwins {
  @Suite("attention") struct Attention {
    /// Softmax attention of one head of one sequence and its gradients, row by row. `keep` holds the mask's factors; `round` is
    /// what the precision does to the operands of each product.
    struct Twin {
      var out: [[Double]] = [], lse: [Double] = []
      var dq: [[Double]], dk: [[Double]], dv: [[Double]]

      init(
        q: [[Double]], k: [[Double]], v: [[Double]], dout: [[Double]], keep: [[Double]], round: (Double) -> Double = { $0 }
      ) {
        func rounded(_ x: [[Double]]) -> [[Double]] { x.map { $0.map(round) } }
        let (q, k, v, seenDout) = (rounded(q), rounded(k), rounded(v), rounded(dout))
        let size = (q + k).first?.count ?? 0, nothing = [Double](repeating: 0, count: size)
        let scale = 1 / Double(size).squareRoot()
        func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        (dq, dk, dv) = (q.map { _ in nothing }, k.map { _ in nothing }, k.map { _ in nothing })
        for t in q.indices {
          let scores = k.map { dot(q[t], $0) * scale }, top = scores.max() ?? 0
          let e = scores.map { exp($0 - top) }, sum = e.reduce(0, +), kept = zip(e, keep[t]).map { round($0 * $1) }
          lse.append(top + log(sum))
          let out = (0..<size).map { i in v.indices.reduce(0) { $0 + kept[$1] * v[$1][i] } / sum }
          self.out.append(out)
          let delta = dot(dout[t], out)
          for j in k.indices {
            let p = e[j] / sum, weight = round(p * keep[t][j])
            let ds = round(p * (dot(seenDout[t], v[j]) * keep[t][j] - delta) * scale)
            for i in 0..<size {
              dq[t][i] += ds * k[j][i]
              dk[j][i] += ds * q[t][i]
              dv[j][i] += weight * seenDout[t][i]
            }
          }
        }
      }
    }

    struct Batch: CustomTestStringConvertible {
      let lengths: [Int], heads: Int, size: Int
      var dropout: Float = 0
      var testDescription: String { "\(lengths) tokens, \(heads) heads of \(size), dropout \(dropout)" }
      var offsets: [Int32] { lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + Int32($1)) } }
      var tokens: Int { lengths.reduce(0, +) }
      var hidden: Int { heads * size }
    }

    static let key: UInt64 = 0x1234_5678_9abc_def0

    /// The mask's factors [sequence · heads + head][t][j], read off the kernel: scores of zero weigh all tokens alike, and values
    /// that are unit vectors tell which of them came through.
    static func masks(_ batch: Batch) -> [[[Double]]] {
      let longest = batch.lengths.max() ?? 0, hidden = batch.heads * longest
      let qkv = Tensor(zeros: [batch.tokens, 3 * hidden]), out = Tensor(zeros: [batch.tokens, hidden])
      let lse = Tensor(zeros: [batch.tokens, batch.heads])
      for (s, length) in batch.lengths.enumerated() {
        for j in 0..<length {
          for head in 0..<batch.heads { qkv[(Int(batch.offsets[s]) + j) * 3 * hidden + 2 * hidden + head * longest + j] = 1 }
        }
      }
      Kernels.attention(
        out.data, lse: lse.data,
        AttentionInput(
          qkv: qkv.data, offsets: batch.offsets, heads: batch.heads, hidden: hidden,
          dropout: batch.dropout, key: key))
      return batch.lengths.enumerated().flatMap { s, length in
        (0..<batch.heads).map { head in
          (0..<length).map { t in
            (0..<length).map { j in Double(out[(Int(batch.offsets[s]) + t) * hidden + head * longest + j]) * Double(length) }
          }
        }
      }
    }

    static let batches = [
      Batch(lengths: [1], heads: 1, size: 1), Batch(lengths: [3, 1, 17], heads: 2, size: 3),
      Batch(lengths: [33, 0, 65], heads: 3, size: 17), Batch(lengths: [129], heads: 2, size: 33),
      Batch(lengths: [5, 40, 1], heads: 4, size: 16, dropout: 0.3), Batch(lengths: [65, 17], heads: 2, size: 5, dropout: 0.1),
    ]
    static let drawn = (0..<8).map {
      Batch(
        lengths: anySizes(Int.random(in: 1...4), upTo: 130), heads: Int.random(in: 1...4), size: anySize(upTo: 80),
        dropout: $0 % 2 == 0 ? 0 : 0.2)
    }

    @Test(arguments: batches + drawn, [1, 2])
    func forwardAndBackward(batch: Batch, threads: Int) {
      var random = RandomStream(seed: 1, batch.testDescription)
      let h = batch.hidden, qkv = Tensor.random([batch.tokens, 3 * h], within: 2, &random)
      let dout = Tensor.random([batch.tokens, h], &random), masks = Self.masks(batch)
      var out = [Double](repeating: 0, count: batch.tokens * h), lse = [Double](repeating: 0, count: batch.tokens * batch.heads)
      var dqkv = [Double](repeating: 0, count: batch.tokens * 3 * h)
      for (s, length) in batch.lengths.enumerated() {
        let first = Int(batch.offsets[s])
        for head in 0..<batch.heads {
          func rows(_ tensor: Tensor, _ width: Int, _ column: Int) -> [[Double]] {
            (0..<length).map { t in
              (0..<batch.size).map { Double(tensor[(first + t) * width + column + head * batch.size + $0]) }
            }
          }
          let twin = Twin(
            q: rows(qkv, 3 * h, 0), k: rows(qkv, 3 * h, h), v: rows(qkv, 3 * h, 2 * h), dout: rows(dout, h, 0),
            keep: masks[s * batch.heads + head])
          for t in 0..<length {
            lse[(first + t) * batch.heads + head] = twin.lse[t]
            for i in 0..<batch.size {
              out[(first + t) * h + head * batch.size + i] = twin.out[t][i]
              for (part, gradient) in [twin.dq, twin.dk, twin.dv].enumerated() {
                dqkv[(first + t) * 3 * h + part * h + head * batch.size + i] = gradient[t][i]
              }
            }
          }
        }
      }
      func all() -> [Tensor] {
        let y = Tensor(zeros: [batch.tokens, h]), kept = Tensor(zeros: [batch.tokens, batch.heads])
        let d = Tensor.filled([batch.tokens, 3 * h], .nan)
        Kernels.attention(
          y.data, lse: kept.data,
          AttentionInput(
            qkv: qkv.data, offsets: batch.offsets, heads: batch.heads, hidden: h, dropout: batch.dropout,
            key: Self.key))
        Kernels.attentionBackward(
          dq: d.data, dk: d.data + h, dv: d.data + 2 * h, dout: dout.data, out: y.data, lse: kept.data,
          AttentionInput(
            qkv: qkv.data, offsets: batch.offsets, heads: batch.heads, hidden: h, dropout: batch.dropout, key: Self.key))
        return [y, kept, d]
      }
      onThreads(threads) {
        let results = all()
        expectClose(results[0], out, 1e-5, "out")
        expectClose(results[1], lse, 1e-5, "log-sum-exp")
        expectClose(results[2], dqkv, 2e-5, "dqkv")
        expectRepeatable { all() }
      }
    }

    /// Masks are those of inverted dropout: 0 or 1 / (1 − p), as often as p says, apart for every sequence, head and key.
    @Test func masksAreDropouts() {
      let batch = Batch(lengths: [60, 60], heads: 2, size: 1, dropout: 0.25), masks = Self.masks(batch)
      let factors = masks.flatMap { $0.flatMap { $0 } }
      #expect(factors.allSatisfy { $0 == 0 || abs($0 - 1 / 0.75) < 1e-5 })
      let dropped = Double(factors.count { $0 == 0 }) / Double(factors.count)
      #expect(abs(dropped - 0.25) < 4 * (0.25 * 0.75 / Double(factors.count)).squareRoot())
      for i in masks.indices {
        for j in masks.indices where i < j { #expect(masks[i] != masks[j]) }
      }
    }

    /// Scores far beyond what exp can hold.
    @Test func hugeScores() {
      var random = RandomStream(seed: 2, "attention")
      let qkv = Tensor.random([9, 3 * 8], within: 200, &random), out = Tensor(zeros: [9, 8]), lse = Tensor(zeros: [9, 2])
      let d = Tensor(zeros: qkv.shape)
      Kernels.attention(
        out.data, lse: lse.data,
        AttentionInput(qkv: qkv.data, offsets: [0, 9], heads: 2, hidden: 8))
      Kernels.attentionBackward(
        dq: d.data, dk: d.data + 8, dv: d.data + 2 * 8, dout: out.data, out: out.data, lse: lse.data,
        AttentionInput(qkv: qkv.data, offsets: [0, 9], heads: 2, hidden: 8))
      #expect(out.isFinite && lse.isFinite && d.isFinite)
    }
  }
}
