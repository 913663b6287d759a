import FoundationEssentials
import PluginAPI
import Testing

@Suite("PyTorch files: reading")
struct PyTorchFileTests {
  private static let numbers: [Double] = [0, 1, -2.5, 0.125, 96]

  private static func open(_ lab: WeightsLab, _ bytes: [UInt8]) throws -> PyTorchFile {
    try PyTorchFile(path: lab.write(bytes, to: "pytorch_model.bin"))
  }

  @Test(arguments: PyTorchFormat.allCases)
  func everyFloatType(format: PyTorchFormat) throws {
    let lab = try WeightsLab()
    let storages: [(type: String, size: Int, bytes: [UInt8])] = [
      ("Double", 8, littleEndian(Self.numbers)), ("Float", 4, littleEndian(Self.numbers.map { Float($0) })),
      ("Half", 2, littleEndian(Self.numbers.map { Float16($0) })),
      ("BFloat16", 2, littleEndian(Self.numbers.map { UInt16(Float($0).bitPattern >> 16) })),
    ]
    for (type, size, bytes) in storages {
      let pickle = Pickled.state([("a", Pickled.tensor(Pickled.storage("0", type, 5), [5]))])
      let file = try Self.open(lab, format.file(pickle, [("0", size, bytes)]))
      #expect(try file.tensor("a").values == Self.numbers.map { Float($0) }, "\(type)")
      #expect(refusal { _ = try file.integers("a") }.contains("not integers"))
    }
  }

  @Test(arguments: PyTorchFormat.allCases)
  func everyIntegerType(format: PyTorchFormat) throws {
    let lab = try WeightsLab()
    let storages: [(type: String, size: Int, bytes: [UInt8], numbers: [Int])] = [
      ("Long", 8, littleEndian([Int64.min, -1, .max]), [.min, -1, .max]),
      ("Int", 4, littleEndian([Int32.min, -1, .max]), [-2_147_483_648, -1, 2_147_483_647]),
      ("Short", 2, littleEndian([Int16.min, -1, .max]), [-32_768, -1, 32_767]),
      ("Char", 1, [0x80, 0xff, 0x7f], [-128, -1, 127]), ("Byte", 1, [0x80, 0xff, 0x7f], [128, 255, 127]),
      ("Bool", 1, [0, 1, 1], [0, 1, 1]),
    ]
    for (type, size, bytes, numbers) in storages {
      let pickle = Pickled.state([("a", Pickled.tensor(Pickled.storage("0", type, 3), [3]))])
      let file = try Self.open(lab, format.file(pickle, [("0", size, bytes)]))
      #expect(try file.integers("a") == numbers, "\(type)")
      #expect(refusal { _ = try file.tensor("a") }.contains("weights must be a float type"))
    }
  }

  @Test(arguments: PyTorchFormat.allCases)
  func viewsScalarsAndParameters(format: PyTorchFormat) throws {
    let lab = try WeightsLab(), file = try Self.open(lab, format.sample())
    #expect(file.entries.keys.sorted() == ["ids", "nothing", "parameter", "row", "scalar", "weight"])
    let weight = try file.tensor("weight"), row = try file.tensor("row"), scalar = try file.tensor("scalar")
    #expect(weight.shape == [2, 3] && weight.values == [1, 2, 3, 4, 5, 6])
    #expect(row.shape == [3] && row.values == [4, 5, 6])
    #expect(scalar.shape == [] && scalar.values == [9])
    #expect(try file.tensor("parameter").values == [0.5, -1, 8, 9])
    #expect(try file.tensor("nothing").shape == [0, 3])
    #expect(try file.integers("ids") == [-7, 7])
    #expect(refusal { _ = try file.tensor("other") } == "has no tensor `other`")
    #expect(refusal { try file.read("row", into: weight) } == "tensor `row` has shape [3]; [2, 3] is expected")
  }

  /// All the ways in which Python writes the same thing.
  @Test func otherSpellings() throws {
    let lab = try WeightsLab()
    let storage = Pickled.storage("0", "Float", 4) + Pickled.put(300), again = Pickled.get(300)
    let items: [(String, [UInt8])] = [
      (
        "hooks are None",
        Pickled.call(
          "torch._utils _rebuild_tensor_v2",
          [
            storage, [0x8a, 0], Pickled.tuple([[0x8a, 1, 4]]), Pickled.tuple([[0x4a, 1, 0, 0, 0]]), Pickled.yes, Pickled.none,
          ])
      ),
      ("empty metadata", Pickled.tensor(again, [2, 2], more: [Pickled.emptyDictionary])),
      ("steps that are never taken", Pickled.tensor(again, offset: 2, [1, 2, 1], stride: [77, 1, -5])),
      ("steps of nothing", Pickled.tensor(again, [3, 0], stride: [9, 9])),
      ("eight dimensions", Pickled.tensor(again, [1, 1, 1, 2, 1, 1, 1, 2])),
    ]
    let plain = Pickled.emptyDictionary + items.flatMap { Pickled.text($0.0) + $0.1 + Pickled.setItem }
    // Floats and integers of any size may be in what is ignored.
    let attributes =
      Pickled.emptyDictionary + Pickled.text("_metadata") + [0x47] + [UInt8](repeating: 1, count: 8) + Pickled.setItem
    let bytes = littleEndian([Float(1), 2, 3, 4])
    let file = try Self.open(lab, PyTorchFormat.zip.file(Pickled.whole(plain + attributes + Pickled.build), [("0", 4, bytes)]))
    #expect(file.entries.count == 5)
    #expect(try file.tensor("hooks are None").values == [1, 2, 3, 4])
    #expect(try file.tensor("empty metadata").shape == [2, 2])
    #expect(try file.tensor("steps that are never taken").values == [3, 4])
    #expect(try file.tensor("eight dimensions").values == [1, 2, 3, 4])
  }

  /// The old format knows a view of a storage by a sixth element, which is None for a whole one.
  @Test func oldStorages() throws {
    let lab = try WeightsLab()
    let bytes: [PyTorchFormat.Storage] = [("94562229205536", 4, littleEndian([Float(3)]))]
    func pickle(_ view: [UInt8]) -> [UInt8] {
      Pickled.state([("a", Pickled.tensor(Pickled.storage("94562229205536", "Float", 1, view: [view]), [1]))])
    }
    #expect(try Self.open(lab, PyTorchFormat.legacy.file(pickle(Pickled.none), bytes)).tensor("a").values == [3])
    let view = Pickled.tuple([Pickled.text("1"), Pickled.integer(0), Pickled.integer(1)])
    #expect(refusal { _ = try Self.open(lab, PyTorchFormat.legacy.file(pickle(view), bytes)) }.hasPrefix("stores a view"))
  }

  /// Files of more than 4 GB have their numbers in other places.
  @Test func wideZipFiles() throws {
    let lab = try WeightsLab()
    let pickle = Pickled.state([("a", Pickled.tensor(Pickled.storage("0", "Float", 2), [2]))])
    let entries: [Zip.Entry] = [.init("any name/data.pkl", pickle), .init("any name/data/0", littleEndian([Float(1), 2]))]
    #expect(try Self.open(lab, Zip.file(entries, wide: true)).tensor("a").values == [1, 2])
  }

  @Test func checkpoints() throws {
    let lab = try WeightsLab(), out = Tensor(zeros: [3])
    _ = try Self.open(lab, PyTorchFormat.legacy.sample())
    let checkpoint = try Checkpoint(folder: lab.folder)
    #expect(checkpoint.names == ["ids", "nothing", "parameter", "row", "scalar", "weight"])
    #expect(checkpoint.paths == [lab.folder + "/pytorch_model.bin"])
    #expect(checkpoint.shape("parameter") == [2, 2] && checkpoint.shape("z") == nil)
    try checkpoint.read("row", into: out)
    #expect(out.values == [4, 5, 6])
  }

  @Test func shards() throws {
    let lab = try WeightsLab(), out = Tensor(zeros: [3])
    for (format, name) in [(PyTorchFormat.zip, "one.bin"), (.legacy, "two.bin")] {
      _ = try lab.write(format.sample(), to: name)
    }
    let index = #"{"weight_map":{"row":"one.bin","weight":"two.bin"}}"#
    _ = try lab.write(Array(index.utf8), to: "pytorch_model.bin.index.json")
    let checkpoint = try Checkpoint(folder: lab.folder)
    #expect(checkpoint.names == ["row", "weight"])
    #expect(checkpoint.paths == [lab.folder + "/one.bin", lab.folder + "/two.bin"])
    try checkpoint.read("row", into: out)
    #expect(out.values == [4, 5, 6])
    let lie = #"{"weight_map":{"row":"one.bin","tail":"two.bin"}}"#
    _ = try lab.write(Array(lie.utf8), to: "pytorch_model.bin.index.json")
    #expect(refusal { _ = try Checkpoint(folder: lab.folder) } == "has no tensor `tail`, which the index places there")
  }

  /// What is safest is preferred, and when it is damaged, nothing laxer is tried.
  @Test func safetensorsAreNeverPassedOver() throws {
    let lab = try WeightsLab()
    _ = try Self.open(lab, PyTorchFormat.zip.sample())
    try SafeTensors.write([("a", Tensor(zeros: [1]))], to: lab.folder + "/model.safetensors")
    #expect(try Checkpoint(folder: lab.folder).names == ["a"])
    for name in ["model.safetensors", "model.safetensors.index.json"] {
      let path = try lab.write([1, 2, 3], to: name)
      #expect(refusal { _ = try Checkpoint(folder: lab.folder) } != "accepted", "\(name)")
      try FileManager.default.removeItem(atPath: path)
      // A link into a cache that is gone.
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: lab.folder + "/nowhere")
      #expect(refusal { _ = try Checkpoint(folder: lab.folder) } != "accepted", "\(name)")
      try FileManager.default.removeItem(atPath: path)
    }
    #expect(try Checkpoint(folder: lab.folder).names.count == 6)
  }
}
