import FoundationEssentials
import PluginAPI
import Testing

/// GGUF files and quantised blocks against what the format's reference reads from them.
struct GGUFGoldenTests {
  private static let blocks = "quant_blocks.safetensors"

  @Test(.enabled(if: Golden.has(blocks), "no \(Golden.folder)/\(blocks); set CALM_GOLDEN to the golden folder"))
  func everyTypeOfBlocks() throws {
    let file = try SafeTensors(path: Golden.folder + "/" + Self.blocks)
    let types = file.entries.keys.filter { $0.hasSuffix(".raw") }.map { String($0.dropLast(4)) }.sorted()
    #expect(!types.isEmpty)
    for name in types {
      let type = try #require(StorageType(rawValue: name), "no type \(name)")
      let expected = try file.tensor(name + ".f32")
      let bytes = try file.integers(name + ".raw").map { UInt8($0) }
      let out = Tensor(zeros: expected.shape)
      try bytes.withUnsafeBytes { raw in
        let base = try #require(raw.baseAddress)
        #expect(type.bytes(expected.shape) == bytes.count)
        if let block = type.block {
          Kernels.dequantise(out.data, block, base, count: out.count)
        } else if type == .float16 {
          Kernels.float32(out.data, fromHalf: base.assumingMemoryBound(to: UInt16.self), count: out.count)
        } else if type == .bfloat16 {
          Kernels.float32(out.data, fromBFloat16: base.assumingMemoryBound(to: UInt16.self), count: out.count)
        } else {
          Issue.record("\(name) is neither a type of blocks nor a half type")
        }
      }
      #expect(difference(out, expected) <= 1e-6 * absoluteMaximum(expected), "\(name)")
      print("\(name): \(out.values == expected.values ? "every number exact" : "within tolerance")")
    }
  }

  /// Files named `model-TAG.gguf` beside an `expected.json` that has sums for TAG.
  private static let files: [(folder: String, tag: String)] = Golden.folders.flatMap { folder in
    let names = (try? FileManager.default.contentsOfDirectory(atPath: Golden.folder + "/" + folder)) ?? []
    guard names.contains("expected.json") else { return [(folder: String, tag: String)]() }
    return names.sorted().filter { $0.hasSuffix(".gguf") }.compactMap { name in
      name.firstIndex(of: "-").map { (folder, String(name[name.index(after: $0)...].dropLast(5))) }
    }
  }

  @Test(.enabled(if: !files.isEmpty, "no GGUF file with expected.json under \(Golden.folder); set CALM_GOLDEN"))
  func sumsOfEveryTensor() throws {
    for (folder, tag) in Self.files {
      let file = try GGUFFile(path: "\(Golden.folder)/\(folder)/model-\(tag).gguf")
      let expected = try Golden.json("\(folder)/expected.json")["gguf"][tag]
      guard case .object(let types) = expected["tensor_types"] else {
        Issue.record("\(folder)/expected.json says nothing about \(tag)")
        continue
      }
      #expect(Set(types.keys) == Set(file.entries.keys), "\(folder) \(tag)")
      for (name, type) in types.sorted(by: { $0.key < $1.key }) {
        #expect(file.entries[name]?.type.rawValue == type.string, "\(folder) \(tag) \(name)")
        let values = try file.tensor(name).values.map(Double.init)
        let sum = try #require(expected["sum_of_dequantised"][name].double)
        let squares = try #require(expected["sum_of_squares"][name].double)
        let (ownSum, ownSquares) = (values.reduce(0, +), values.reduce(0) { $0 + $1 * $1 })
        #expect(abs(ownSum - sum) <= 1e-6 * max(1, values.reduce(0) { $0 + abs($1) }), "\(folder) \(tag) \(name): \(ownSum)")
        #expect(abs(ownSquares - squares) <= 1e-6 * max(1, squares), "\(folder) \(tag) \(name): \(ownSquares)")
      }
    }
  }
}
