import PluginAPI
import TestSupport
import Testing

/// Files that are damaged or lie about themselves are refused in full before anything is read from them.
@Suite("GGUF: refusals")
struct GGUFRefusalTests {
  struct Case: CustomTestStringConvertible {
    let what: String, message: String
    let build: @Sendable (inout GGUFBuilder) -> Void
    var testDescription: String { what }

    init(_ what: String, _ message: String, _ build: @escaping @Sendable (inout GGUFBuilder) -> Void) {
      (self.what, self.message, self.build) = (what, message, build)
    }
  }

  static let cases = [
    Case("another magic", "is no GGUF file") { $0.magic = Array("GGML".utf8) },
    Case("a big-endian magic", "big-endian") { $0.magic = Array("FUGG".utf8) },
    Case("a big-endian version", "big-endian") { $0.version = 3 << 24 },
    Case("version 1", "is GGUF version 1; versions 2 and 3 are read") { $0.version = 1 },
    Case("a future version", "is GGUF version 4") { $0.version = 4 },
    Case("an absurd version", "is GGUF version 305419896") { $0.version = 0x1234_5678 },
    Case("too many tensors", "declares 1000000000000 tensors") { $0.tensorCount = 1_000_000_000_000 },
    Case("more tensors than Int", "impossible size") { $0.tensorCount = .max },
    Case("too much metadata", "declares 0 tensors and 4294967296 entries") { $0.metadataCount = 1 << 32 },
    Case("metadata that ends early", "truncated?") {
      $0.set("a", 8, string("text"))
      $0.metadataCount = 2
      $0.data = []
    },
    Case("a key that is too long", "has a text of 5000 bytes in the name of metadata entry 0") {
      $0.set(String(repeating: "k", count: 5000), 0, [1])
    },
    Case("a key longer than the file", "impossible size") {
      $0.metadata = [number(UInt64.max) + [UInt8](repeating: 0, count: 40)]
    },
    Case("a key that is no text", "not printable UTF-8") {
      $0.metadata = [number(UInt64(2)) + [0xc3, 0x28] + number(UInt32(0)) + [1]]
    },
    Case("the same key twice", "has the metadata `a` twice") {
      $0.set("a", 0, [1])
      $0.set("a", 0, [1])
    },
    Case("an unknown type", "has the unknown type 13 in the metadata `a`") { $0.set("a", 13, [0, 0, 0, 0]) },
    Case("a truth value of 2", "has the truth value 2 in the metadata `a`") { $0.set("a", 7, [2]) },
    Case("a string longer than the file", "ends inside the metadata `a`: truncated?") {
      $0.set("a", 8, number(UInt64(1 << 40)))
    },
    Case("a string of a length beyond Int", "impossible size 18446744073709551615 in the metadata `a`") {
      $0.set("a", 8, number(UInt64.max))
    },
    Case("arrays in an array", "has arrays within an array in the metadata `a`") {
      $0.set("a", arrayOf: 9, count: 1, number(UInt32(0)) + number(UInt64(0)))
    },
    Case("an array of an unknown type", "unknown type 99") { $0.set("a", arrayOf: 99, count: 0, []) },
    Case("an array longer than the file", "declares 1099511627776 values in the metadata `a`") {
      $0.set("a", arrayOf: 4, count: 1 << 40, [])
    },
    Case("an array of strings longer than the file", "declares 1099511627776 values in the metadata `a`") {
      $0.set("a", arrayOf: 8, count: 1 << 40, [])
    },
    Case("an array whose size overflows", "declares 2305843009213693952 values") {
      $0.set("a", arrayOf: 10, count: 1 << 61, [])
    },
    Case("a string in an array longer than the file", "ends inside the metadata `a`") {
      $0.set("a", arrayOf: 8, count: 2, string("b") + number(UInt64(1 << 62)) + [0])
    },
    Case("an alignment of 0", "`general.alignment` that is no power of two") {
      $0.set("general.alignment", 4, number(UInt32(0)))
    },
    Case("an alignment of 48", "no power of two") { $0.set("general.alignment", 4, number(UInt32(48))) },
    Case("an absurd alignment", "no power of two") { $0.set("general.alignment", 10, number(UInt64(1 << 62))) },
    Case("an alignment that is a text", "no power of two") { $0.set("general.alignment", 8, string("32")) },
    Case("five dimensions", "tensor `t` has 5 dimensions; the limit is 4") {
      $0.add("t", [1, 1, 1, 1, 1], type: 0, offset: 0)
    },
    Case("four thousand million dimensions", "tensor `t` has 4294967295 dimensions") {
      $0.tensors = [string("t") + number(UInt32.max) + [UInt8](repeating: 0, count: 12)]
    },
    Case("dimensions that overflow", "tensor `t` of type F32 has the impossible shape") {
      $0.add("t", [1 << 32, 1 << 32], type: 0, offset: 0)
    },
    Case("dimensions that overflow to the right size", "impossible shape") {
      $0.add("t", [1 << 62, 4, 2], type: 0, offset: 0)
    },
    Case("a dimension beyond Int", "impossible size") { $0.add("t", [.max], type: 0, offset: 0) },
    Case("a row of half a block", "tensor `t` of type Q4_K has the impossible shape [2, 128]") {
      $0.add("t", [128, 2], type: 12, offset: 0)
    },
    Case("a scalar of blocks", "tensor `t` of type Q8_0 has the impossible shape []") { $0.add("t", [], type: 8, offset: 0) },
    Case("a type that is not read", "tensor `t` has the type IQ4_NL; these are read: F32, F16, Q4_0") {
      $0.add("t", [32], type: 20, offset: 0)
    },
    Case("a removed type", "tensor `t` has the type number 4;") { $0.add("t", [32], type: 4, offset: 0) },
    Case("an unknown tensor type", "tensor `t` has the type number 4000000000;") {
      $0.add("t", [32], type: 4_000_000_000, offset: 0)
    },
    Case("the same tensor twice", "has the tensor `t` twice") {
      $0.add("t", [1], type: 0, offset: 0)
      $0.add("t", [1], type: 0, offset: 32)
    },
    Case("an offset between multiples", "tensor `t` begins at 4, which is no multiple of the alignment 32") {
      $0.add("t", [1], type: 0, offset: 4)
    },
    Case("an offset behind the file", "outside the file's 64 bytes of data: truncated?") {
      $0.add("t", [1], type: 0, offset: 1 << 40)
    },
    Case("an offset beyond Int", "tensor `t` takes 4 bytes from 18446744073709551584 on, outside") {
      $0.add("t", [1], type: 0, offset: .max - 31)
    },
    Case("a tensor over the end", "tensor `t` takes 68 bytes from 0 on, outside the file's 64 bytes") {
      $0.add("t", [17], type: 0, offset: 0)
    },
    Case("a tensor far over the end", "outside the file's 64 bytes") { $0.add("t", [1 << 60], type: 0, offset: 0) },
    Case("overlapping tensors", "tensor `b` overlaps the tensor before it (begins at 32, expected 64)") {
      $0.add("a", [10], type: 0, offset: 0)
      $0.add("b", [1], type: 0, offset: 32)
    },
    Case("a hole", "tensor `b` leaves a hole before it (begins at 32, expected 0)") { $0.add("b", [1], type: 0, offset: 32) },
    Case("a tensor's name that is too long", "in the name of tensor 0") {
      $0.add(String(repeating: "t", count: 2000), [1], type: 0, offset: 0)
    },
  ]

  @Test(arguments: cases)
  func faultyHeadersAreNamed(of fault: Case) throws {
    let lab = try WeightsLab()
    var builder = GGUFBuilder()
    builder.data = [UInt8](repeating: 0, count: 64)
    fault.build(&builder)
    let message = refusal { [bytes = builder.bytes] in _ = try GGUFFile(path: lab.write(bytes, to: "model.gguf")) }
    #expect(message.contains(fault.message), "\(message)")
  }

  @Test func truncation() throws {
    let lab = try WeightsLab(), whole = GGUFFuzzTests.valid
    for length in 0..<whole.count {
      let message = refusal { _ = try GGUFFile(path: lab.write(Array(whole.prefix(length)), to: "model.gguf")) }
      #expect(message.contains("truncated?"), "\(length) bytes: \(message)")
    }
    #expect(refusal { _ = try GGUFFile(path: lab.write(whole, to: "model.gguf")) } == "accepted")
  }

  /// Types of blocks are GGUF's alone.
  @Test func blocksInSafetensors() throws {
    let lab = try WeightsLab()
    let path = try lab.write(
      #"{"a":{"dtype":"Q8_0","shape":[32],"data_offsets":[0,34]}}"#, data: [UInt8](repeating: 0, count: 34))
    #expect(refusal { _ = try SafeTensors(path: path) } == "tensor `a` has the unknown type Q8_0")
  }
}
