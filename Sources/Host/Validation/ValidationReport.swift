import FoundationEssentials
import PluginAPI

/// What `calm plugin validate` found.
struct ValidationReport: Sendable {
  struct Row: Codable, Sendable {
    enum Outcome: String, Codable, Sendable { case kept, broken, untried }

    /// The law, as a statement about the plugin.
    var law: String
    var outcome: Outcome
    /// What broke it, or why it was not tried.
    var reason: String
    var seconds: Double
  }

  let file: String
  let seed: UInt64
  var identity: ValidationMessage.Identity?
  private(set) var rows: [Row] = []
  /// The first law in which it wrote to standard output, and what.
  var printed: (law: String, text: String)?

  init(file: String, seed: UInt64) {
    self.file = file
    self.seed = seed
  }

  mutating func add(_ law: String, _ verdict: Verdict, _ seconds: Double = 0) {
    let (outcome, reason): (Row.Outcome, String) =
      switch verdict {
      case .kept: (.kept, "")
      case .broken(let reason): (.broken, reason)
      case .untried(let reason): (.untried, reason)
      }
    rows.append(Row(law: law, outcome: outcome, reason: reason, seconds: seconds))
  }

  mutating func add(_ result: ValidationMessage.Result, _ seconds: Double = 0) {
    let verdict: Verdict = result.passed ? (result.reason.isEmpty ? .kept : .untried(result.reason)) : .broken(result.reason)
    add(result.law, verdict, seconds)
  }

  var isPassed: Bool { !rows.contains { $0.outcome == .broken } }

  private func count(_ outcome: Row.Outcome) -> Int { rows.count { $0.outcome == outcome } }

  /// For a person.
  var text: String {
    let who = identity.map { "\($0.id), \($0.kind), \($0.version): " } ?? ""
    let shown: [Row.Outcome: String] = [.kept: "ok", .broken: "BROKEN", .untried: "--"]
    let table = TextTable(
      rows: rows.map { [shown[$0.outcome] ?? "", TerminalText.visible($0.law), TerminalText.visible($0.reason)] })
    let end =
      isPassed
      ? "every law that was tried is kept: \(count(.kept))" : "\(count(.broken)) of \(rows.count) laws are broken"
    let untried = count(.untried) > 0 ? ", \(count(.untried)) not tried" : ""
    return "\(who)\(file)\n\n\(table)\n\n\(end)\(untried); seed \(seed)"
  }

  /// For a program.
  var json: String {
    struct Object: Encodable {
      var file: String, id: String?, kind: String?, version: String?, seed: UInt64
      var passed: Bool, laws: [Row]
    }
    return prettyJSON(
      Object(
        file: file, id: identity?.id, kind: identity?.kind, version: identity?.version, seed: seed, passed: isPassed, laws: rows
      ))
  }

  /// For a build server: a suite with a case a law.
  var junit: String {
    let name = XMLText.attribute(identity?.id ?? file)
    let seconds = fixed(rows.reduce(0) { $0 + $1.seconds }, 3)
    let cases = rows.map { row in
      let head = "    <testcase classname=\"\(name)\" name=\"\(XMLText.attribute(row.law))\" time=\"\(fixed(row.seconds, 3))\""
      switch row.outcome {
      case .kept: return head + "/>"
      case .broken: return head + "><failure message=\"\(XMLText.attribute(row.reason))\"/></testcase>"
      case .untried: return head + "><skipped message=\"\(XMLText.attribute(row.reason))\"/></testcase>"
      }
    }
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <testsuites>
        <testsuite name="\(name)" tests="\(rows.count)" failures="\(count(.broken))" skipped="\(count(.untried))" errors="0" time="\(seconds)">
      \(cases.joined(separator: "\n"))
        </testsuite>
      </testsuites>
      """
  }
}

/// Text in XML 1.0, which has no way to write most control characters.
enum XMLText {
  static func attribute(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "\t", "\n", "\r": out += "&#\(scalar.value);"
      case "\u{20}"..."\u{D7FF}", "\u{E000}"..."\u{FFFD}", "\u{10000}"..."\u{10FFFF}": out.unicodeScalars.append(scalar)
      default: out += "\u{FFFD}"
      }
    }
    return out
  }
}
