import FoundationEssentials
import PluginAPI
import TestSupport
import Testing

@testable import Host

/// Documentation/tutorial.md, as somebody who follows it: an installation, a new plugin, a run, without the checkout.
@Suite(.enabled(if: Shell.has("make") && Shell.has("python3"), "make and python3 install the program"))
struct TutorialTests {
  private enum Step {
    case file(path: String, text: String)
    /// What is typed, and what the page shows of the answer; `…` stands for anything.
    case command(String, shown: [Substring])
  }

  @Test func `is short`() throws {
    let steps = try steps()
    let commands = steps.count { if case .command = $0 { true } else { false } }
    let lines = steps.reduce(0) { if case .file(_, let text) = $1 { $0 + text.count { $0 == "\n" } } else { $0 } }
    #expect(commands < 10 && lines < 60, "\(commands) commands, \(lines) lines")
  }

  @Test func `works from nothing to a run`() throws {
    let shell = try Shell()
    defer { shell.remove() }
    try giveModel(home: shell.folder)
    // Installing needs the checkout; what comes after it does not. What the tests are part of is built already.
    var install: [String] = [], rest: [String] = [], shown: [Substring] = []
    for step in try steps() {
      switch step {
      case .file(let path, let text): rest += ["cat > '\(path)' << 'END OF FILE'", text + "END OF FILE"]
      case .command(let line, let answer):
        if line.hasPrefix("make ") { install.append("\(line) -C '\(Shell.checkout)' BUILD=:") } else { rest.append(line) }
        shown += answer
      }
    }
    rest.append("calm augment experiment.yaml --text 'She flew to Nairobi .'")
    let installed = try shell.run(install.joined(separator: "\n"), home: true)
    let output = try shell.run(rest.joined(separator: "\n"), home: true, hiding: Shell.canHide ? [Shell.checkout] : [])
    let lines = try (#require(installed) + "\n" + #require(output)).split(separator: "\n")
    #expect(shown.count > 5)
    for expected in shown { #expect(lines.contains { matches($0, expected) }, "\(expected)") }
    #expect(FileManager.default.fileExists(atPath: shell.folder + "/gazetteer/run/results.json"))
    #expect(lines.contains { $0.contains("Nairobi is the capital of Kenya.") })
  }

  private func steps() throws -> [Step] {
    let page = try #require(FileManager.default.contents(atPath: Shell.checkout + "/Documentation/tutorial.md"))
    var steps: [Step] = [], file: String?, inConsole = false, inFile = false, text = ""
    for line in String(decoding: page, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        if inFile, let path = file { steps.append(.file(path: path, text: text)) }
        let opens = !inConsole && !inFile
        inConsole = opens && line == "```console"
        inFile = opens && !inConsole
        text = ""
        if !opens { file = nil }
      } else if inConsole {
        if line.hasPrefix("$ ") {
          steps.append(.command(String(line.dropFirst(2)), shown: []))
        } else if case .command(let command, let shown) = steps.last {
          steps[steps.count - 1] = .command(command, shown: shown + [line])
        }
      } else if inFile {
        text += line + "\n"
      } else if let match = line.firstMatch(of: /^`([^`]+)`.*:$/) {
        file = String(match.1)
      }
    }
    return steps
  }

  /// Whether the pieces around each `…` are in the line, in their order; with runs of spaces as one.
  private func matches(_ line: Substring, _ expected: Substring) -> Bool {
    func words(_ text: some StringProtocol) -> String { text.split(separator: " ").joined(separator: " ") }
    var rest = words(line)[...]
    let pieces = words(expected).split(separator: "…", omittingEmptySubsequences: false)
    for (i, piece) in pieces.enumerated() where !piece.isEmpty {
      guard let range = rest.firstRange(of: piece), i > 0 || range.lowerBound == rest.startIndex else { return false }
      rest = rest[range.upperBound...]
    }
    return pieces.last?.isEmpty == true || rest.isEmpty
  }

  /// Puts a tiny model where the first run would put the one that it fetches: tests have no network.
  private func giveModel(home: String) throws {
    let experiment = try Experiment(path: Shell.checkout + "/plugins.yaml", overrides: [])
    let model = try #require(experiment.models.first { $0.name == "minilm" })
    let store = ModelStore(root: home + "/.cache/calm"), folder = store.path(of: model)
    try TinyBert.write(to: folder, positions: 512)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    let files = Dictionary(
      uniqueKeysWithValues: names.map { name in
        (name, ModelStore.Record.File(sha256: model.files[name] ?? "", bytes: ModelStore.size("\(folder)/\(name)") ?? 0))
      })
    let record = ModelStore.Record(
      requirement: model.requirement, wheelSHA256: model.wheelSHA256 ?? "", folder: model.folder, files: files)
    try JSONEncoder().encode(record).write(to: URL(fileURLWithPath: "\(folder)/\(ModelStore.recordName)"))
  }
}
