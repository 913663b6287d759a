import CLlama
import PluginAPI

/// In which order the rows of a weight become the columns of a product.
enum RowOrder {
  case asStored
  /// GGUF stores queries and keys as interleaved pairs; halves are what the rotation here works on.
  case deinterleaved(Int)

  /// The stored row of an output.
  func row(_ column: Int) -> Int {
    switch self {
    case .asStored: return column
    case .deinterleaved(let size):
      let head = column / size, within = column % size
      return head * size + (within < size / 2 ? 2 * within : 2 * (within - size / 2) + 1)
    }
  }
}

/// Makes linear layers of a file's tensors, as the arithmetic wants them.
struct WeightReader {
  let file: ModelFile
  let arithmetic: Arithmetic
  let quantisation: Quantisation

  func linear(_ name: String, rowOrder: RowOrder) throws -> LinearWeight {
    guard let shape = file.shape(name), shape.count == 2 else {
      throw Diagnostic("M403", "\(file.path) has no matrix `\(name)`")
    }
    let columns = shape[0], depth = shape[1]
    if arithmetic == .fast, depth % Int(CALM_BLOCK) == 0 {
      if let (type, bytes) = file.blocks(name) {
        return .quantised(try pack(type, bytes, columns: columns, depth: depth, rowOrder))
      }
      if quantisation != .none {
        let matrix = try room(
          columns, depth, bits: quantisation.bits, offset: quantisation == .q4 ? 0 : 128, quantisation == .q4)
        let values = try file.tensor(name)
        pack(matrix, .init(CALM_FROM_FLOAT.rawValue)) { UnsafeRawPointer(values.data + rowOrder.row($0) * depth) }
        withExtendedLifetime(values) {}
        return .quantised(matrix)
      }
    }
    var values = try file.tensor(name)
    if case .deinterleaved = rowOrder {
      let ordered = Tensor(zeros: shape)
      for column in 0..<columns {
        (ordered.data + column * depth).update(from: values.data + rowOrder.row(column) * depth, count: depth)
      }
      values = ordered
    }
    return .dense(PackedMatrix(values, precision: arithmetic == .exact ? .fp32 : .bf16))
  }

  /// Blocks that the kernels know go as they are; the others are dequantised and rounded to 8 bits, which is finer than they are.
  private func pack(
    _ type: BlockType, _ bytes: UnsafeRawBufferPointer, columns: Int, depth: Int, _ order: RowOrder
  ) throws -> QuantisedMatrix {
    let stride = depth / type.elements * type.bytes
    guard let base = bytes.baseAddress else { throw Diagnostic("M403", "\(file.path): an empty weight") }
    let direct: (source: calm_source, bits: Int, offset: Int, minimums: Bool)? =
      switch type {
      case .q4_0: (CALM_FROM_Q4_0, 4, 8, false)
      case .q4_1: (CALM_FROM_Q4_1, 4, 0, true)
      case .q8_0: (CALM_FROM_Q8_0, 8, 128, false)
      case .q4_K: (CALM_FROM_Q4_K, 4, 0, true)
      default: nil
      }
    if let direct {
      let matrix = try room(columns, depth, bits: direct.bits, offset: direct.offset, direct.minimums)
      pack(matrix, direct.source) { base + order.row($0) * stride }
      return matrix
    }
    let matrix = try room(columns, depth, bits: 8, offset: 128, false)
    let chunk = 64
    Threads.parallel((columns + chunk - 1) / chunk) { task in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: depth) { row in
        guard let values = row.baseAddress else { return }
        withUnsafePointer(to: matrix.panels) { panels in
          for column in task * chunk..<min((task + 1) * chunk, columns) {
            Kernels.dequantise(values, type, base + order.row(column) * stride, count: depth)
            calm_pack_column(panels, Int32(column), CALM_FROM_FLOAT, values)
          }
        }
      }
    }
    return matrix
  }

  private func pack(_ matrix: QuantisedMatrix, _ source: calm_source, row: (Int) -> UnsafeRawPointer) {
    let columns = Int(matrix.panels.columns), chunk = 64
    Threads.parallel((columns + chunk - 1) / chunk) { task in
      withUnsafePointer(to: matrix.panels) { panels in
        for column in task * chunk..<min((task + 1) * chunk, columns) {
          calm_pack_column(panels, Int32(column), source, row(column))
        }
      }
    }
  }

  private func room(_ columns: Int, _ depth: Int, bits: Int, offset: Int, _ minimums: Bool) throws -> QuantisedMatrix {
    guard let matrix = QuantisedMatrix(columns: columns, depth: depth, bits: bits, offset: offset, minimums: minimums) else {
      throw Diagnostic("M401", "\(file.path): no memory for a weight [\(columns), \(depth)]", hint: "use a smaller model")
    }
    return matrix
  }
}
