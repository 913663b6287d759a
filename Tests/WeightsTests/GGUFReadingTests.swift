import PluginAPI
import TestSupport
import Testing

@Suite("GGUF: reading")
struct GGUFReadingTests {
  private static func write(_ lab: WeightsLab, _ build: (inout GGUFBuilder) -> Void) throws -> GGUFFile {
    var builder = GGUFBuilder()
    build(&builder)
    return try GGUFFile(path: lab.write(builder.bytes, to: "model.gguf"))
  }

  @Test(arguments: [2, 3] as [UInt32])
  func everyTypeOfMetadata(version: UInt32) throws {
    let lab = try WeightsLab()
    let file = try Self.write(lab) {
      $0.version = version
      $0.set("u8", 0, [200])
      $0.set("i8", 1, [0x80])
      $0.set("u16", 2, number(UInt16.max))
      $0.set("i16", 3, number(Int16.min))
      $0.set("u32", 4, number(UInt32.max))
      $0.set("i32", 5, number(Int32.min))
      $0.set("f32", 6, number(Float(0.1).bitPattern))
      $0.set("bool", 7, [1])
      $0.set("string", 8, string("ü"))
      $0.set("u64", 10, number(UInt64.max))
      $0.set("i64", 11, number(Int64.min))
      $0.set("f64", 12, number(0.1.bitPattern))
      $0.set("bytes", 8, number(UInt64(2)) + [0xff, 0])
    }
    let metadata = file.metadata
    #expect(metadata.count == 13 && file.entries.isEmpty && file.alignment == 32)
    #expect(metadata["u8"]?.integer == 200 && metadata["i8"]?.integer == -128)
    #expect(metadata["u16"]?.integer == 65535 && metadata["i16"]?.integer == -32768)
    #expect(metadata["u32"]?.integer == 4_294_967_295 && metadata["i32"]?.integer == -2_147_483_648)
    #expect(metadata["i64"]?.integer == .min && metadata["u64"]?.integer == nil)
    #expect(metadata["u64"]?.number == 18_446_744_073_709_551_616)
    #expect(metadata["f32"]?.number == Double(Float(0.1)) && metadata["f64"]?.number == 0.1)
    #expect(metadata["f32"]?.integer == nil && metadata["u8"]?.number == 200)
    #expect(metadata["bool"]?.bool == true && metadata["u8"]?.bool == nil)
    #expect(metadata["string"]?.string == "ü" && metadata["string"]?.array == nil)
    #expect(metadata["bytes"]?.string == nil && metadata["bytes"]?.bytes == [0xff, 0])
  }

  @Test func arraysOfEveryType() throws {
    let lab = try WeightsLab()
    let file = try Self.write(lab) {
      $0.set("u8", arrayOf: 0, count: 2, [1, 255])
      $0.set("i8", arrayOf: 1, count: 2, [1, 255])
      $0.set("u16", arrayOf: 2, count: 1, number(UInt16.max))
      $0.set("i16", arrayOf: 3, count: 1, number(Int16(-2)))
      $0.set("u32", arrayOf: 4, count: 2, number(UInt32(7)) + number(UInt32.max))
      $0.set("i32", arrayOf: 5, count: 2, number(Int32(-7)) + number(Int32.max))
      $0.set("f32", arrayOf: 6, count: 2, number(Float(0.5).bitPattern) + number(Float(-1).bitPattern))
      $0.set("bool", arrayOf: 7, count: 2, [0, 1])
      $0.set("strings", arrayOf: 8, count: 3, string("a") + string("") + string("üb"))
      $0.set("u64", arrayOf: 10, count: 1, number(UInt64.max))
      $0.set("i64", arrayOf: 11, count: 1, number(Int64.min))
      $0.set("f64", arrayOf: 12, count: 1, number(0.1.bitPattern))
      $0.set("none", arrayOf: 8, count: 0, [])
    }
    func array(_ key: String) throws -> GGUFArray { try #require(file.metadata[key]?.array) }
    #expect(try array("u8").integers == [1, 255] && array("i8").integers == [1, -1])
    #expect(try array("u16").integers == [65535] && array("i16").integers == [-2])
    #expect(try array("u32").integers == [7, 4_294_967_295] && array("i32").integers == [-7, 2_147_483_647])
    #expect(try array("u64").integers == [.max] && array("i64").integers == [.min])
    #expect(try array("f32").floats == [0.5, -1] && array("f64").floats == [0.1] && array("f32").integers == nil)
    #expect(try array("bool").bools == [false, true] && array("u8").bools == nil && array("u8").floats == nil)
    #expect(try array("strings").strings == ["a", "", "üb"].map { Array($0.utf8) })
    #expect(try array("strings").count == 3 && array("none").strings == [] && array("u8").strings == nil)
  }

  /// GGUF writes the innermost dimension first.
  @Test func tensorsAreOutermostFirst() throws {
    let lab = try WeightsLab()
    let file = try Self.write(lab) {
      $0.set("general.alignment", 4, number(UInt32(64)))
      $0.alignment = 64
      $0.add("a", [3, 2], type: 0, offset: 64)
      $0.add("half", [2], type: 1, offset: 0)
      $0.add("brain", [1, 1, 1, 1], type: 30, offset: 128)
      $0.add("q", [32, 2], type: 8, offset: 192)
      $0.add("ids", [2], type: 26, offset: 320)
      $0.add("scalar", [], type: 28, offset: 384)
      $0.data = littleEndian([Float16(1), -2]) + [UInt8](repeating: 0, count: 60)
      $0.data += littleEndian([Float(1), 2, 3, 4, 5, 6]) + [UInt8](repeating: 0, count: 40)
      $0.data += littleEndian([UInt16(0x3f80)]) + [UInt8](repeating: 0, count: 62)
      for scale in [Float16(2), -0.5] { $0.data += littleEndian([scale]) + (0..<32).map { UInt8(bitPattern: $0 - 16) } }
      $0.data += [UInt8](repeating: 0, count: 60) + number(Int32(-5)) + number(Int32(9))
      $0.data += [UInt8](repeating: 0, count: 56) + littleEndian([0.25])
    }
    #expect(file.alignment == 64)
    #expect(try file.tensor("a").values == [1, 2, 3, 4, 5, 6] && file.tensor("a").shape == [2, 3])
    #expect(try file.tensor("half").values == [1, -2])
    #expect(try file.tensor("brain").values == [1] && file.tensor("brain").shape == [1, 1, 1, 1])
    #expect(file.entries["q"]?.type == .q8_0 && file.entries["q"]?.shape == [2, 32])
    let row = (0..<32).map { Float($0) - 16 }
    #expect(try file.tensor("q").values == row.map { $0 * 2 } + row.map { $0 * -0.5 })
    #expect(try file.integers("ids") == [-5, 9])
    #expect(try file.tensor("scalar").values == [0.25] && file.tensor("scalar").shape.isEmpty)
    #expect(refusal { _ = try file.tensor("ids") } == "tensor `ids` is I32; weights must be a float type")
    #expect(refusal { _ = try file.integers("q") } == "tensor `q` is Q8_0, not integers")
    // Float32 lies in the file, anything else is converted.
    let (mapped, converted) = (Tensor(zeros: [2, 3]), Tensor(zeros: [2, 32]))
    try file.load("a", into: mapped)
    try file.load("q", into: converted)
    #expect(mapped.values == [1, 2, 3, 4, 5, 6])
    #expect(try converted.values == file.tensor("q").values)
  }

  @Test func manyStringsLoadFast() throws {
    let lab = try WeightsLab(), count = 50_000
    var builder = GGUFBuilder()
    builder.set("tokens", arrayOf: 8, count: UInt64(count), (0..<count).flatMap { string("token \($0)") })
    let path = try lab.write(builder.bytes, to: "model.gguf")
    var strings: [[UInt8]] = []
    let time = try ContinuousClock().measure {
      strings = try #require(try GGUFFile(path: path).metadata["tokens"]?.array?.strings)
    }
    #expect(strings.count == count && strings[49_999] == Array("token 49999".utf8))
    // A limit for busy machines: it takes a few milliseconds.
    #expect(time < .milliseconds(500), "\(time)")
  }
}
