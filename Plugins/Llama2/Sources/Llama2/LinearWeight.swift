import CLlama
import PluginAPI

#if canImport(Glibc)
  import Glibc
#endif

/// A weight [columns, depth] in blocks of 32 quantised numbers, in the order in which the kernels read it.
///
/// Written while it is made, by threads with columns of their own; read-only afterwards.
final class QuantisedMatrix: @unchecked Sendable {
  let panels: calm_panels
  private let memory: UnsafeMutableRawPointer
  let bytes: Int

  /// Room for a weight; nil where there is no memory. `offset` is what the codes' zero is.
  init?(columns: Int, depth: Int, bits: Int, offset: Int, minimums: Bool) {
    let count = (columns + Int(CALM_PANEL) - 1) / Int(CALM_PANEL), blocks = depth / Int(CALM_BLOCK)
    let codes = count * blocks * bits * 64, side = count * blocks * Int(CALM_PANEL) * 2
    bytes = codes + side * (minimums ? 2 : 1)
    guard let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), memory != MAP_FAILED
    else { return nil }
    madvise(memory, bytes, MADV_HUGEPAGE)
    self.memory = memory
    let scales = (memory + codes).bindMemory(to: UInt16.self, capacity: side / 2)
    panels = calm_panels(
      columns: Int32(columns), depth: Int32(depth), bits: Int32(bits), offset: Int32(offset),
      codes: memory.bindMemory(to: UInt8.self, capacity: codes), scales: scales,
      minimums: minimums ? scales + side / 2 : nil)
  }

  deinit { munmap(memory, bytes) }
}

/// A linear layer without bias.
enum LinearWeight: Sendable {
  /// Float32 or bfloat16, by the SDK's kernels.
  case dense(PackedMatrix)
  case quantised(QuantisedMatrix)

  var columns: Int {
    switch self {
    case .dense(let matrix): matrix.columns
    case .quantised(let matrix): Int(matrix.panels.columns)
    }
  }
}

/// Room for quantised rows, reused from layer to layer.
final class QuantisedRows {
  let bytes: UnsafeMutableRawPointer

  init(rows: Int, depth: Int) {
    bytes = .allocate(byteCount: max(64, calm_quantised_bytes(Int32(rows), Int32(depth))), alignment: 64)
  }

  deinit { bytes.deallocate() }

  /// Rows of activations [rows, depth] as the products read them. Tasks are of whole groups of rows.
  func quantise(_ x: UnsafePointer<Float>, rows: Int, depth: Int) {
    let bytes = bytes, chunk = max(1, 8192 / depth / Int(CALM_ROW_GROUP)) * Int(CALM_ROW_GROUP)
    Threads.parallel((rows + chunk - 1) / chunk) { index in
      calm_quantise_rows(
        x, Int32(rows), Int32(depth), Int32(index * chunk), Int32(min(rows, (index + 1) * chunk)), bytes)
    }
  }
}

/// Linear layers that read the same rows: queries, keys and values; gate and up. Their panels are shared out together.
struct LinearGroup: Sendable {
  let weights: [LinearWeight]
  let depth: Int

  init(_ weights: [LinearWeight], depth: Int) {
    self.weights = weights
    self.depth = depth
  }

  /// What a product reads of them.
  var bytes: Int {
    weights.reduce(0) {
      switch $1 {
      case .dense(let matrix): $0 + matrix.bytes
      case .quantised(let matrix): $0 + matrix.bytes
      }
    }
  }

  private var isQuantised: Bool {
    weights.contains { if case .quantised = $0 { true } else { false } }
  }

  /// outputs[i][row, column] of weight i; rows stand weight i's columns apart. `adding`: to what is there.
  func multiply(
    _ x: UnsafePointer<Float>, rows: Int, quantised: QuantisedRows, into outputs: [UnsafeMutablePointer<Float>],
    scratch: UnsafeMutablePointer<Float>, adding: Bool = false
  ) {
    if isQuantised { quantised.quantise(x, rows: rows, depth: depth) }
    var tasks: [(matrix: QuantisedMatrix, output: UnsafeMutablePointer<Float>, panels: Range<Int>)] = []
    for (weight, output) in zip(weights, outputs) {
      switch weight {
      case .dense(let matrix):
        Kernels.linear(adding ? scratch : output, x, weight: matrix, bias: nil, rows: rows, gelu: nil)
        if adding { for i in 0..<rows * matrix.columns { output[i] += scratch[i] } }
      case .quantised(let matrix):
        let panels = (Int(matrix.panels.columns) + Int(CALM_PANEL) - 1) / Int(CALM_PANEL)
        // Enough tasks that no thread waits long for the last, few enough that taking one costs nothing.
        let some = max(1, min(64, panels / (Threads.count * 4) + 1))
        for first in stride(from: 0, to: panels, by: some) {
          tasks.append((matrix, output, first..<min(first + some, panels)))
        }
      }
    }
    Threads.parallel(tasks.count) { index in
      let task = tasks[index]
      withUnsafePointer(to: task.matrix.panels) { panels in
        calm_multiply_panels(
          panels, Int32(task.panels.lowerBound), Int32(task.panels.upperBound), quantised.bytes, Int32(rows), task.output,
          Int(panels.pointee.columns), adding ? 1 : 0)
      }
    }
  }
}
