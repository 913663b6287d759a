import PluginAPI
import Testing

@Suite("SafeTensors: reading")
struct SafeTensorsReadingTests {
  private static let numbers: [Double] = [0, 1, -2.5, 0.125, 96]

  /// Each type that weights are stored in, and the bytes of the numbers in it.
  private static let storages: [(type: String, bytes: [UInt8])] = [
    ("F64", littleEndian(numbers)), ("F32", littleEndian(numbers.map { Float($0) })),
    ("F16", littleEndian(numbers.map { Float16($0) })),
    ("BF16", littleEndian(numbers.map { UInt16(Float($0).bitPattern >> 16) })),
  ]

  /// Headers need not be padded, so data may begin at any address.
  @Test(arguments: 0..<8)
  func everyFloatTypeAtEveryAlignment(shift: Int) throws {
    let lab = try WeightsLab()
    for (type, bytes) in Self.storages {
      var header = #"{"a":{"dtype":"\#(type)","shape":[5],"data_offsets":[0,\#(bytes.count)]}}"#
      header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8 + shift)
      let file = try SafeTensors(path: lab.write(header, data: bytes))
      let tensor = try file.tensor("a")
      #expect(tensor.values == Self.numbers.map { Float($0) }, "\(type)")
      #expect(refusal { _ = try file.integers("a") }.contains("is \(type), not integers"))
    }
  }

  @Test(arguments: 0..<4)
  func everyIntegerTypeAtEveryAlignment(shift: Int) throws {
    let lab = try WeightsLab()
    let storages: [(type: String, bytes: [UInt8], numbers: [Int])] = [
      ("I64", littleEndian([Int64.min, -1, .max]), [.min, -1, .max]),
      ("I32", littleEndian([Int32.min, -1, .max]), [-2_147_483_648, -1, 2_147_483_647]),
      ("I16", littleEndian([Int16.min, -1, .max]), [-32_768, -1, 32_767]), ("I8", [0x80, 0xff, 0x7f], [-128, -1, 127]),
      ("U8", [0x80, 0xff, 0x7f], [128, 255, 127]), ("BOOL", [0, 1, 1], [0, 1, 1]),
    ]
    for (type, bytes, numbers) in storages {
      var header = #"{"a":{"dtype":"\#(type)","shape":[3],"data_offsets":[0,\#(bytes.count)]}}"#
      header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8 + shift)
      let file = try SafeTensors(path: lab.write(header, data: bytes))
      #expect(try file.integers("a") == numbers, "\(type)")
      #expect(refusal { _ = try file.tensor("a") } == "tensor `a` is \(type); weights must be a float type")
    }
  }

  @Test func shapesOfAllRanks() throws {
    let lab = try WeightsLab()
    let header = """
      {"scalar":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"cube":{"dtype":"F32","shape":[1,2,1],"data_offsets":[4,12]},
       "none":{"dtype":"F32","shape":[3,0],"data_offsets":[4,4]},"end":{"dtype":"F16","shape":[0],"data_offsets":[12,12]},
       "wide":{"dtype":"U8","shape":[0,4611686018427387904],"data_offsets":[12,12]},
       "__metadata__":{"format":"pt","ü":"\\n"}}
      """
    let file = try SafeTensors(path: lab.write(header, data: littleEndian([Float(1), 2, 3])))
    #expect(file.entries.keys.sorted() == ["cube", "end", "none", "scalar", "wide"])
    #expect(file.metadata == ["format": "pt", "ü": "\n"])
    let scalar = try file.tensor("scalar"), cube = try file.tensor("cube"), none = try file.tensor("none")
    #expect(scalar.values == [1] && scalar.shape.isEmpty)
    #expect(cube.values == [2, 3] && cube.shape == [1, 2, 1])
    #expect(none.values.isEmpty && none.shape == [3, 0])
    #expect(try file.tensor("end").count == 0)
    #expect(try file.integers("wide").isEmpty)
  }

  @Test func readingIntoAnotherShape() throws {
    let lab = try WeightsLab()
    let file = try SafeTensors(
      path: lab.write(#"{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}"#, data: [UInt8](repeating: 0, count: 24)))
    let transposed = Tensor(zeros: [3, 2]), flat = Tensor(zeros: [6]), right = Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3])
    #expect(refusal { try file.read("a", into: transposed) } == "tensor `a` has shape [2, 3]; [3, 2] is expected")
    #expect(refusal { try file.read("a", into: flat) } == "tensor `a` has shape [2, 3]; [6] is expected")
    #expect(refusal { try file.read("b", into: right) } == "has no tensor `b`")
    #expect(refusal { _ = try file.tensor("A") } == "has no tensor `A`")
    #expect(refusal { _ = try file.integers("") } == "has no tensor ``")
    #expect(right.values == [1, 2, 3, 4, 5, 6])
    try file.read("a", into: right)
    #expect(right.values == [0, 0, 0, 0, 0, 0])
  }
}
