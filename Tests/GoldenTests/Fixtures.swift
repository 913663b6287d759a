import FoundationEssentials
import PluginAPI
import Testing
import Transformers

#if canImport(Glibc)
  import Glibc
#endif

func exponential(_ x: Float) -> Float { exp(x) }
func logarithm(_ x: Double) -> Double { log(x) }

/// Where the parity fixtures are: `$CALM_GOLDEN`, by default `../shared/golden` beside the package.
enum Golden {
  static let folder: String = {
    if let path = ProcessInfo.processInfo.environment["CALM_GOLDEN"], !path.isEmpty { return path }
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return "/\(root)/../shared/golden"
  }()

  static let isThere = FileManager.default.fileExists(atPath: folder)

  /// The folder names, sorted.
  static let folders: [String] = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()

  static func has(_ path: String) -> Bool { FileManager.default.fileExists(atPath: folder + "/" + path) }

  static func json(_ path: String) throws -> JSON.Value {
    try JSON.parse(try #require(FileManager.default.contents(atPath: folder + "/" + path)))
  }
}

/// JSON without a schema.
enum JSON {
  indirect enum Value: Decodable {
    case null, bool(Bool), number(Double), string(String), list([Value]), object([String: Value])
    init(from decoder: any Swift.Decoder) throws {
      let c = try decoder.singleValueContainer()
      if c.decodeNil() {
        self = .null
      } else if let v = try? c.decode(Bool.self) {
        self = .bool(v)
      } else if let v = try? c.decode(Double.self) {
        self = .number(v)
      } else if let v = try? c.decode(String.self) {
        self = .string(v)
      } else if let v = try? c.decode([Value].self) {
        self = .list(v)
      } else {
        self = .object(try c.decode([String: Value].self))
      }
    }
    subscript(key: String) -> Value { if case .object(let o) = self { o[key] ?? .null } else { .null } }
    var double: Double? { if case .number(let n) = self { n } else { nil } }
    var int: Int? { double.map { Int($0) } }
    var string: String? { if case .string(let s) = self { s } else { nil } }
    var bool: Bool? { if case .bool(let b) = self { b } else { nil } }
    var list: [Value] { if case .list(let l) = self { l } else { [] } }
    var doubles: [Double] { list.compactMap(\.double) }
    var ints: [Int] { list.compactMap(\.int) }
    var isNull: Bool { if case .null = self { true } else { false } }
  }
  static func parse(_ data: Data) throws -> Value { try JSONDecoder().decode(Value.self, from: data) }
}

/// The largest absolute difference.
func difference(_ a: Tensor, _ b: Tensor) -> Float {
  guard a.count == b.count else { return .infinity }
  var worst: Float = 0
  for i in 0..<a.count { worst = max(worst, abs(a.data[i] - b.data[i])) }
  return worst
}

func absoluteMaximum(_ a: Tensor) -> Float { (0..<a.count).reduce(0) { max($0, abs(a.data[$1])) } }
