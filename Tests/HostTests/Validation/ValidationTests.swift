import FoundationEssentials
import PluginAPI
import TestSupport
import Testing

@testable import Host

/// `calm plugin validate`, on plugins that are made to break one law each. The table in the documentation says what is expected.
@Suite("calm plugin validate")
struct ValidationTests {
  /// A row of the table: the plugin, what is wrong with it, the first law that it breaks, words of the reason.
  struct Row: CustomStringConvertible, Sendable {
    var name: String, wrong: String, law: String, words: String
    var description: String { name }
  }

  static let rows: [Row] = {
    let table = (try? Page("Documentation/validating.md").table(under: "What is caught")) ?? []
    return table.dropFirst(2).map { line in
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
        .map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
      let plain = cells.map { $0.replacing("`", with: "") }
      return Row(
        name: plain.first ?? "", wrong: plain.count > 1 ? plain[1] : "", law: plain.count > 2 ? plain[2] : "",
        words: cells.count > 3 ? cells[3] : "")
    }
  }()

  @Test func `the table is long, and says what is wrong`() {
    #expect(Self.rows.count >= 45 && Set(Self.rows.map(\.name)).count == Self.rows.count)
    #expect(Self.rows.allSatisfy { !$0.wrong.isEmpty && !$0.law.isEmpty && !$0.words.isEmpty })
    // Every damaged file is a row.
    #expect(Set(BadPlugins.files.keys).isSubset(of: Set(Self.rows.map(\.name))))
  }

  @Test(arguments: ValidationTests.rows) func `a bad plugin is named by the law that it breaks`(row: Row) throws {
    let lab = try LoadingLab(), sample = try BadPlugins.sample(row.name, in: lab)
    let isSlow = row.words.contains("was still busy") || row.law.contains("cancelled")
    let answer = try Self.validate(
      sample, "--format", "json", "--memory-limit", "700", "--time-limit", isSlow ? "4" : "100")
    #expect(answer.code == 1, "\(answer.errors)\(answer.output)")
    let laws = try JSONValue.parse(answer.output)["laws"]?.items ?? []
    let broken = try #require(laws.first { $0["outcome"]?.text == "broken" }, "\(answer.output)")
    #expect(broken["law"]?.text == row.law)
    #expect(broken["reason"]?.text?.contains(row.words) == true, "\(broken["reason"]?.text ?? "")")
    // What it does to its own process leaves the other laws alone.
    if sample.chosen.hasPrefix("call-"), !isSlow { #expect(laws.count >= 18) }
  }

  @Test(arguments: ["augmentor", "encoder", "decoder", "loss"]) func `an honest plugin keeps every law`(kind: String) throws {
    let answer = try Self.validate(BadPlugins.Sample(path: BadPlugins.library.get(), chosen: kind))
    #expect(answer.code == 0, "\(answer.errors)\(answer.output)")
    #expect(answer.output.contains("bad, \(kind), 1.0.0: ") && answer.output.contains("every law that was tried is kept"))
    #expect(!answer.output.contains("not tried"))
  }

  /// Another seed is another trial, of the same laws.
  @Test func `the trial is a function of its seed`() throws {
    let sample = BadPlugins.Sample(path: try BadPlugins.library.get(), chosen: "decoder-otherPartition")
    func laws(_ seed: String) throws -> [String] {
      let answer = try Self.validate(sample, "--format", "json", "--seed", seed)
      return (try JSONValue.parse(answer.output)["laws"]?.items ?? []).map {
        "\($0["law"]?.text ?? "") \($0["reason"]?.text ?? "")"
      }
    }
    let once = try laws("5")
    #expect(try laws("5") == once)
    #expect(try laws("6") != once)
  }

  @Test func `what is no plugin cannot be validated`() throws {
    let lab = try LoadingLab()
    let files = [
      ("P301", lab.path("none.so")), ("P302", try lab.write(Array("text".utf8), as: "libText.so")),
      ("P302", try lab.write([], as: "libEmpty.so")), ("P305", try lab.compileC("int nothing;", as: "libBare.so")),
      ("P313", "no-such-id"),
    ]
    for (code, path) in files {
      let answer = try Self.validate(BadPlugins.Sample(path: path))
      #expect(answer.code == 4 && answer.errors.contains(code) && answer.output.isEmpty, "\(answer.errors)\(answer.output)")
    }
  }

  @Test func `faults of the options are the user's`() throws {
    let lab = try LoadingLab(), sample = BadPlugins.Sample(path: try BadPlugins.library.get(), chosen: "encoder")
    let file = try lab.write(Array("dropout: 0.1\ndropuot: 3\n".utf8), as: "options.yaml")
    let misspelt = try Self.validate(sample, "--options", file)
    #expect(
      misspelt.code == 2 && misspelt.errors.contains("options.yaml:2:1") && misspelt.errors.contains("did you mean `dropout`?"))
    let needy = try Self.validate(BadPlugins.Sample(path: "biobert"))
    #expect(needy.code == 2 && needy.errors.contains("--options FILE"), "\(needy.errors)")
  }

  @Test func `the report for build servers is XML`() throws {
    let answer = try Self.validate(
      BadPlugins.Sample(path: try BadPlugins.library.get(), chosen: "call-throwsUp"), "--format", "junit")
    #expect(answer.code == 1)
    #expect(
      answer.output.hasPrefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"bad\" tests=\""))
    #expect(answer.output.contains("<failure message=\"it threw: the oracle is silent; ask again\"/></testcase>"))
    #expect(answer.output.split(separator: "<testcase ").count > 15 && answer.output.contains("</testsuites>"))
    #expect(
      XMLText.attribute("a<b>&\"c\"\n\u{0}\u{1B}\u{1F642}") == "a&lt;b&gt;&amp;&quot;c&quot;&#10;\u{FFFD}\u{FFFD}\u{1F642}")
  }

  @Test(arguments: ["crf", "kl-cooperative"]) func `a shipped plugin keeps the laws`(id: String) throws {
    let answer = try Self.validate(BadPlugins.Sample(path: id))
    #expect(answer.code == 0 && !answer.output.contains("not tried"), "\(answer.errors)\(answer.output)")
  }

  @Test func `a shipped encoder keeps the laws, with a small model`() throws {
    let lab = try LoadingLab()
    try TinyBert.write(to: lab.path("model"))
    let options = try lab.write(Array("model: model\n".utf8), as: "options.yaml")
    let answer = try Self.validate(BadPlugins.Sample(path: "biobert"), "--options", options)
    #expect(answer.code == 0 && !answer.output.contains("not tried"), "\(answer.errors)\(answer.output)")
  }

  @Test func `shipped augmentors keep the laws, with a server and with stored contexts`() throws {
    let lab = try Lab(), server = try FakeLanguageServer()
    defer { server.stop() }
    try lab.write("endpoint: \"\(server.endpoint)\"\nmodel: tiny\n", to: "remote.yaml")
    let remote = try Self.validate(BadPlugins.Sample(path: "remote-llm"), "--options", lab.path("remote.yaml"))
    #expect(remote.code == 0 && remote.output.contains("2 not tried"), "\(remote.errors)\(remote.output)")
    try lab.write("train: contexts.train.json\n", to: "stored.yaml")
    let stored = try Self.validate(BadPlugins.Sample(path: "precomputed"), "--options", lab.path("stored.yaml"))
    #expect(stored.code == 0, "\(stored.errors)\(stored.output)")
  }

  @Test func `the example keeps the laws`() throws {
    let library = try LoadingLab.swiftPlugin(
      "Echo", files: [LoadingLab.repository + "/Examples/plugins/Echo/Sources/Echo/Echo.swift"])
    let answer = try Self.validate(BadPlugins.Sample(path: library))
    #expect(answer.code == 0 && !answer.output.contains("not tried"), "\(answer.errors)\(answer.output)")
  }

  static func validate(_ sample: BadPlugins.Sample, _ more: String...) throws -> Lab.Answer {
    try Lab.calm(["plugin", "validate", sample.path] + more, environment: ["CALM_BAD_PLUGIN": sample.chosen])
  }
}
