import PluginAPI
import Testing

/// Files that are damaged or lie about themselves are refused in full before anything is read from them.
@Suite("SafeTensors: refusals")
struct SafeTensorsRefusalTests {
  struct Case: CustomTestStringConvertible {
    let what: String, header: String
    var bytes = 8
    let message: String
    var testDescription: String { what }
  }

  /// A header of float32 tensors, each given by its shape and offsets.
  private static func header(_ tensors: [(name: String, shape: String, offsets: String)]) -> String {
    let parts = tensors.map { #""\#($0.name)":{"dtype":"F32","shape":\#($0.shape),"data_offsets":\#($0.offsets)}"# }
    return "{" + parts.joined(separator: ",") + "}"
  }
  private static func one(_ shape: String, _ offsets: String) -> String { header([("a", shape, offsets)]) }

  static let cases = [
    Case(what: "no JSON", header: "hello", message: "not a JSON object of tensors"),
    Case(what: "JSON of another kind", header: "[1, 2]", message: "not a JSON object of tensors"),
    Case(what: "an empty header", header: "", message: "not a JSON object of tensors"),
    Case(what: "JSON that goes on", header: one("[2]", "[0,8]") + "x", message: "not a JSON object of tensors"),
    Case(what: "JSON that stops", header: String(one("[2]", "[0,8]").dropLast()), message: "not a JSON object of tensors"),
    Case(what: "endless nesting", header: String(repeating: "[", count: 200_000), message: "not a JSON object of tensors"),
    Case(
      what: "nesting in a tensor", header: #"{"a":"# + String(repeating: #"{"a":"#, count: 50_000),
      message: "not a JSON object of tensors"),
    Case(
      what: "a tensor without a type", header: #"{"a":{"shape":[2],"data_offsets":[0,8]}}"#,
      message: "not a JSON object of tensors"),
    Case(what: "strings under a tensor's name", header: #"{"a":{"x":"y"}}"#, message: "tensor `a` has no dtype"),
    Case(what: "metadata that are no strings", header: #"{"__metadata__":{"x":1}}"#, message: "not a JSON object of tensors"),
    Case(
      what: "an unknown type", header: #"{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,8]}}"#,
      message: "tensor `a` has the unknown type F4"),
    Case(what: "a fractional dimension", header: one("[0.5]", "[0,8]"), message: "not a JSON object of tensors"),
    Case(
      what: "a dimension beyond Int", header: one("[99999999999999999999]", "[0,8]"), message: "not a JSON object of tensors"),
    Case(what: "a negative dimension", header: one("[-2]", "[0,8]"), message: "impossible shape"),
    Case(what: "two negative dimensions", header: one("[-1,-2]", "[0,8]"), message: "impossible shape"),
    Case(what: "a shape that overflows", header: one("[4294967296,4294967296]", "[0,8]"), message: "impossible shape"),
    Case(
      what: "a shape that overflows to the right size", header: one("[2,4611686018427387905]", "[0,8]"),
      message: "impossible shape"),
    Case(what: "one offset", header: one("[2]", "[8]"), message: "outside the file's 8 bytes"),
    Case(what: "three offsets", header: one("[2]", "[0,4,8]"), message: "outside the file's 8 bytes"),
    Case(what: "a negative offset", header: one("[2]", "[-8,0]"), message: "outside the file's 8 bytes"),
    Case(what: "offsets the wrong way round", header: one("[2]", "[8,0]"), message: "outside the file's 8 bytes"),
    Case(what: "an offset behind the file", header: one("[3]", "[0,12]"), message: "truncated?"),
    Case(
      what: "an offset far behind the file", header: one("[2]", "[9223372036854775799,9223372036854775807]"),
      message: "truncated?"),
    Case(what: "more bytes than the shape", header: one("[1]", "[0,8]"), message: "needs 4 bytes; its offsets give 8"),
    Case(what: "fewer bytes than the shape", header: one("[2]", "[0,4]"), message: "needs 8 bytes; its offsets give 4"),
    Case(what: "bytes for nothing", header: one("[0]", "[0,8]"), message: "needs 0 bytes; its offsets give 8"),
    Case(
      what: "overlapping tensors", header: header([("a", "[2]", "[0,8]"), ("b", "[1]", "[4,8]")]),
      message: "tensor `b` overlaps the tensor before it"),
    Case(
      what: "the same range twice", header: header([("a", "[2]", "[0,8]"), ("b", "[2]", "[0,8]")]),
      message: "overlaps the tensor before it"),
    Case(
      what: "a hole", header: header([("a", "[1]", "[0,4]"), ("b", "[1]", "[8,12]")]), bytes: 12,
      message: "tensor `b` leaves a hole before it (starts at 8, expected 4)"),
    Case(what: "a hole at the start", header: one("[1]", "[4,8]"), message: "tensor `a` leaves a hole"),
    Case(what: "bytes behind the last tensor", header: one("[1]", "[0,4]"), message: "4 bytes follow the last tensor"),
    Case(what: "bytes without tensors", header: "{}", message: "8 bytes follow the last tensor"),
  ]

  @Test(arguments: cases)
  func faultyHeadersAreNamed(of fault: Case) throws {
    let lab = try WeightsLab(), path = try lab.write(fault.header, data: [UInt8](repeating: 0, count: fault.bytes))
    let message = refusal { _ = try SafeTensors(path: path) }
    #expect(message.contains(fault.message), "\(message)")
  }

  @Test func truncation() throws {
    let lab = try WeightsLab()
    let whole = WeightsLab.file(Self.one("[2]", "[0,8]"), data: [UInt8](repeating: 1, count: 8))
    for length in 0..<whole.count {
      let message = refusal { _ = try SafeTensors(path: lab.write(Array(whole.prefix(length)))) }
      #expect(message.contains("too short") || message.contains("truncated?"), "\(length) bytes: \(message)")
    }
    #expect(refusal { _ = try SafeTensors(path: lab.write(whole)) } == "accepted")
  }

  @Test(arguments: [100_000_001, 1 << 32, 1 << 63, .max, .max - 7] as [UInt64])
  func headersThatAreTooLong(length: UInt64) throws {
    let lab = try WeightsLab()
    let message = refusal { _ = try SafeTensors(path: lab.write(littleEndian([length]) + [UInt8](repeating: 32, count: 64))) }
    #expect(message == "declares a header of \(length) bytes; the limit is 100000000")
  }

  @Test func headersBeyondTheFile() throws {
    let lab = try WeightsLab()
    let message = refusal {
      _ = try SafeTensors(path: lab.write(littleEndian([UInt64(57)]) + [UInt8](repeating: 32, count: 56)))
    }
    #expect(message == "declares a header of 57 bytes but has only 64: truncated?")
  }

  @Test func whatIsNoFile() throws {
    let lab = try WeightsLab()
    #expect(refusal { _ = try SafeTensors(path: lab.folder + "/nothing") } == "No such file or directory")
    #expect(refusal { _ = try SafeTensors(path: lab.folder) } == "not a regular file")
    #expect(refusal { _ = try SafeTensors(path: lab.write([UInt8]())) } == "too short for safetensors (0 bytes)")
  }

  @Test func headersThatAreNotUTF8() throws {
    let lab = try WeightsLab()
    let header: [UInt8] =
      Array(#"{""#.utf8) + [0xff, 0xfe] + Array(#"":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#.utf8)
    #expect(refusal { _ = try SafeTensors(path: lab.write(littleEndian([UInt64(header.count)]) + header)) } != "accepted")
  }
}
