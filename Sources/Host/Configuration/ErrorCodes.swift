import PluginAPI

/// A kind of fault with a stable name: what `calm explain CODE` tells.
struct ErrorCode: Sendable {
  let code: String
  let title: String
  /// What it means, how it happens, what to do.
  let text: String

  /// All codes, in order.
  static let all = configuration + data + plugins + processes + trust + running

  /// The entry of `code`, in any case.
  static func find(_ code: String) -> ErrorCode? {
    let code = code.uppercased()
    return all.first { $0.code == code }
  }

  /// The code that is most like `code`.
  static func nearest(to code: String) -> ErrorCode? {
    nearestName(to: code.uppercased(), among: all.map(\.code)).flatMap(find)
  }
}

/// The process's exit code for a fault of kind `code`.
func exitCode(for code: String) -> Int32 {
  switch code.first {
  case "C": 2
  case "D": 3
  case "P", "M", "T": 4
  case "N": 5
  case "S": 6
  default: 1
  }
}
