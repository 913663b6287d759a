import ArgumentParser
import PluginAPI

/// `calm bench gemm`: the three products of a linear layer, y = x · wᵀ, and the limits of the machine beside them.
struct BenchGemm: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gemm", abstract: "Matrix products of a linear layer, forward and backward, in GFLOP/s.",
    discussion: "A shape MxNxK is a layer with K inputs and N outputs on M rows.")

  @Option(help: ArgumentHelp("Shapes.", valueName: "MxNxK,…"))
  var shapes = "512x384x384,512x1536x384,512x768x768,512x3072x768,512x1024x1024,2048x4096x1024"
  @Option(help: "The arithmetic: fp32, bf16 or int8 (forward only, weights packed before).")
  var precision = Precision.fp32
  @OptionGroup var repetition: RepeatOptions
  @OptionGroup var bench: BenchOptions

  mutating func run() throws {
    let shapes = try shapes.split(separator: ",").map(Self.shape)
    try bench.prepare()
    var measured: [(shape: String, product: String, operations: Double, timing: Timing)] = []
    for (m, n, k) in shapes {
      for (product, run) in Self.products(m, n, k, precision) {
        let operations = 2 * Double(m) * Double(n) * Double(k)
        measured.append(("\(m)x\(n)x\(k)", product, operations, Timing.measure(repetition.count, run)))
      }
    }
    // Without instructions of its own a precision is multiplied by those of float32.
    let peak = MachineLimits.operationsPerSecond(precision) ?? MachineLimits.operationsPerSecond(.fp32)
    let limits = Self.limits()
    let settings: [BenchRow.Field] = [
      ("kernel", .text(LinearAlgebra.engine(precision))), ("precision", .text(precision.rawValue)),
      ("threads", .count(Threads.count)), ("repeat", .count(repetition.count)),
    ]
    try bench.report(
      measured.map { shape, product, operations, timing in
        let rate = operations / timing.median
        return BenchRow(
          bench: "gemm",
          settings: settings + (peak.map { [("peakGFLOPs", .number($0 * 1e-9, digits: 0))] } ?? []) + limits
            + [("shape", .text(shape)), ("product", .text(product))],
          results: [("gflops", .number(rate * 1e-9, digits: 1))]
            + (peak.map { [("shareOfPeak", .number(rate / $0, digits: 3))] } ?? []) + timing.fields)
      })
  }

  /// What other arithmetic and memory can do at most.
  private static func limits() -> [BenchRow.Field] {
    let rates = [
      ("peakBF16GFLOPs", MachineLimits.operationsPerSecond(.bf16)), ("peakINT8GOPs", MachineLimits.operationsPerSecond(.int8)),
      ("readGBs", MachineLimits.bytesReadPerSecond()),
    ]
    return rates.compactMap { name, rate in rate.map { (name, .number($0 * 1e-9, digits: name == "readGBs" ? 1 : 0)) } }
  }

  private static func shape(_ text: Substring) throws -> (Int, Int, Int) {
    let sizes = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard sizes.count == 3, sizes.allSatisfy({ (1...65536).contains($0) }) else {
      throw ValidationError("--shapes: `\(text)` is not of the form MxNxK with sizes from 1 to 65536")
    }
    return (sizes[0], sizes[1], sizes[2])
  }

  /// y[m, n] = x[m, k] · w[n, k]ᵀ; dx = dy · w; dw += dyᵀ · x.
  private static func products(_ m: Int, _ n: Int, _ k: Int, _ precision: Precision) -> [(name: String, run: () -> Void)] {
    let x = random([m, k], "x"), w = random([n, k], "w"), dy = random([m, n], "dy")
    let y = Tensor(zeros: [m, n]), dx = Tensor(zeros: [m, k]), dw = Tensor(zeros: [n, k])
    let packed = PackedMatrix(w, precision: precision)
    let packedForward = ("packed", { Kernels.linear(y.data, x.data, weight: packed, bias: nil, rows: m) })
    guard precision != .int8 else { return [packedForward] }
    func backward(_ dx: UnsafeMutablePointer<Float>?, _ dw: Tensor?) {
      Kernels.linearBackward(dx, dweight: dw, dbias: nil, dy: dy.data, x: x.data, weight: w, rows: m, precision: precision)
    }
    return [
      packedForward,
      ("forward", { Kernels.linear(y.data, x.data, weight: w, bias: nil, rows: m, precision: precision) }),
      ("dx", { backward(dx.data, nil) }), ("dw", { backward(nil, dw) }),
    ]
  }
}

extension Precision: @retroactive ExpressibleByArgument {}

/// Numbers uniform in ±0.05: small enough that sums over thousands of them stay far from overflow.
func random(_ shape: [Int], _ name: String) -> Tensor {
  let tensor = Tensor(zeros: shape)
  var random = RandomStream(seed: 1, name)
  for i in 0..<tensor.count { tensor.data[i] = Float(random.uniform() - 0.5) * 0.1 }
  return tensor
}
