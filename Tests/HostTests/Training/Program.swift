import FoundationEssentials
import TestSupport
import Testing

@testable import Host

extension Lab {
  struct Answer {
    let code: Int32
    let output: String
    let errors: String
  }

  /// Runs the program.
  func calm(_ arguments: String...) throws -> Answer { try calm(arguments) }

  func calm(_ arguments: [String]) throws -> Answer { try Lab.calm(arguments) }

  /// - Parameter environment: variables beside the test's own.
  static func calm(_ arguments: [String], environment: [String: String] = [:]) throws -> Answer {
    let variables = environment.isEmpty ? [] : ["/usr/bin/env"] + environment.map { "\($0.key)=\($0.value)" }
    let result = try ChildProcess.run(variables + [Lab.program] + arguments, timeout: .seconds(120))
    guard case .exited(let code) = result.outcome else {
      Issue.record("\(arguments) ended with \(result.outcome)")
      return Answer(code: -1, output: "", errors: "")
    }
    return Answer(
      code: code, output: String(decoding: result.output, as: UTF8.self),
      errors: String(decoding: result.errors, as: UTF8.self))
  }

  func json(_ name: String) throws -> JSONValue { try JSONValue.parse(String(decoding: bytes(name), as: UTF8.self)) }
}

/// JSON without a schema.
indirect enum JSONValue: Decodable, Equatable {
  case number(Double), text(String), list([JSONValue]), object([String: JSONValue]), other

  init(from decoder: any Swift.Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let text = try? value.decode(String.self) {
      self = .text(text)
    } else if let list = try? value.decode([JSONValue].self) {
      self = .list(list)
    } else if let object = try? value.decode([String: JSONValue].self) {
      self = .object(object)
    } else {
      self = .other
    }
  }

  static func parse(_ text: String) throws -> JSONValue { try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) }

  subscript(key: String) -> JSONValue? { if case .object(let object) = self { object[key] } else { nil } }
  var items: [JSONValue]? { if case .list(let items) = self { items } else { nil } }
  var number: Double? { if case .number(let number) = self { number } else { nil } }
  var text: String? { if case .text(let text) = self { text } else { nil } }
}
