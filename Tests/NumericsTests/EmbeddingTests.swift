import PluginAPI
import TestSupport
import Testing

extension KernelTwins {
  @Suite("embedding") struct Embedding {
    @Test(arguments: sizes, [1, 2])
    func forwardAndBackward(width: Int, threads: Int) {
      for rows in [0, 1, 63, 65, 200, anySize(upTo: 300)] {
        var random = RandomStream(seed: 1, "embedding \(width) \(rows)")
        let vocabulary = 13, table = Tensor.random([vocabulary, width], &random), dy = Tensor.random([rows, width], &random)
        let ids = (0..<rows).map { _ in Int32.random(in: 0..<Int32(vocabulary), using: &random) }  // most occur often
        let start = Tensor.random([rows, width], &random), dstart = Tensor.random([vocabulary, width], &random)
        var dtable = dstart.doubles
        for row in 0..<rows {
          for i in 0..<width { dtable[Int(ids[row]) * width + i] += Double(dy[row * width + i]) }
        }
        onThreads(threads) {
          let y = Tensor.filled([rows, width], .nan), sum = start.copy()
          Kernels.embedding(y.data, table: table, ids: ids)
          Kernels.embedding(sum.data, table: table, ids: ids, accumulate: true)
          let looked = (0..<rows * width).map { table[Int(ids[$0 / width]) * width + $0 % width] }
          #expect(y.values == looked)
          #expect(sum.values == (0..<looked.count).map { start[$0] + looked[$0] })
          func backward() -> Tensor {
            let d = dstart.copy()
            Kernels.embeddingBackward(dtable: d, dy: dy.data, ids: ids)
            return d
          }
          expectClose(backward(), dtable, 1e-5)
          expectRepeatable { [backward()] }
        }
      }
    }

    /// A repeated token is summed in row order whatever the number of threads.
    @Test func threadsChangeNothing() {
      var random = RandomStream(seed: 2, "embedding")
      let dy = Tensor.random([500, 300], &random), ids = (0..<500).map { Int32($0 % 3) }
      func backward() -> [UInt32] {
        let d = Tensor(zeros: [3, 300])
        Kernels.embeddingBackward(dtable: d, dy: dy.data, ids: ids)
        return d.bits
      }
      #expect(onThreads(1) { backward() } == onThreads(2) { backward() })
    }
  }
}
