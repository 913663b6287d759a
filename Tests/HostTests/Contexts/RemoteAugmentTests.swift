import FoundationEssentials
import Glibc
import PluginAPI
import Synchronization
import TestSupport
import Testing

@testable import Host

/// `calm augment` with a server on this machine: the host's own library, its store, and a server that is killed.
@Suite("calm augment, remote")
struct RemoteAugmentTests {
  let lab: Lab

  init() throws {
    lab = try Lab()
    try lab.write((0..<40).map { "word\($0) B-LOC\nis O\n\n" }.joined(), to: "train.conll")
  }

  private func configure(_ endpoint: String, _ more: String = "", http: String = "") throws {
    try lab.write(
      """
      extends: experiment.yaml
      data: {test: null, dev: train.conll}
      contexts: {store: store.sqlite}
      augmentor: {plugin: remote-llm, options: {endpoint: "\(endpoint)", model: tiny, concurrency: 3\(more)}}
      http: {retries: 1, backoffSeconds: 0.01\(http)}
      """, to: "remote.yaml")
  }

  private func augment(_ more: String...) throws -> Lab.Answer { try lab.calm(["augment", lab.path("remote.yaml")] + more) }
  private func stored() throws -> [ContextRecord] { try ContextStore(path: lab.path("store.sqlite")).records() }

  @Test(arguments: [false, true]) func killedServerIsNotAskedTwice(_ stream: Bool) throws {
    let first = Mutex<FakeLanguageServer?>(nil)
    let server = try FakeLanguageServer(
      pause: 0.01,
      fault: { number, _, _ in
        // In the middle of its work, with others under way.
        if number == 17 { first.withLock { $0 }?.stop() }
        return number >= 17
      })
    first.withLock { $0 = server }
    try configure(server.endpoint, ", stream: \(stream)")
    let killed = try augment("--split", "train")
    #expect(killed.code == 5 && killed.errors.contains("N505") && killed.errors.contains("sentence "), "\(killed.errors)")
    #expect(killed.errors.contains("are stored; the same command asks for the rest"), "\(killed.errors)")
    let kept = try stored()
    #expect(kept.count >= 14 && kept.count <= 17)

    let second = try FakeLanguageServer(port: server.port)
    defer { second.stop() }
    let resumed = try augment("--split", "train", "--format", "json")
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(try stored().count == 40 && second.answered.count == 40 - kept.count)
    #expect(second.answered.values.allSatisfy { $0 == 1 })
    // What was stored before was not asked for again.
    #expect(Set(second.answered.keys).isDisjoint(with: kept.map(\.sentence)))
    let record = try #require(try stored().first)
    #expect(record.context.text == "about " + record.sentence && record.context.details["model"] == "tiny-0.1")
    #expect(record.context.tokens == 5 && record.context.promptTokens == 11 && record.context.source == "tiny-0.1")
    // What is stored needs no server.
    second.stop()
    #expect(try augment("--split", "train").code == 0)
  }

  /// What is under way at Ctrl-C is paid for: it is waited for and stored, and nothing new is asked.
  @Test func interruptedRunKeepsWhatItAskedFor() throws {
    let stop = lab.path("stop")
    let server = try FakeLanguageServer(
      pause: 0.4,
      fault: { [lab] number, _, _ in
        if number == 7 { try? lab.write("", to: "stop") }
        return false
      })
    defer { server.stop() }
    try configure(server.endpoint)
    let script = """
      "\(Lab.program)" augment "\(lab.path("remote.yaml"))" --split train > /dev/null & pid=$!
      while [ ! -e "\(stop)" ]; do sleep 0.01; done
      kill -INT $pid; wait $pid
      """
    let result = try ChildProcess.run(["/bin/bash", "-mc", script], timeout: .seconds(120))
    let errors = String(decoding: result.errors, as: UTF8.self)
    #expect(result.outcome == .exited(130) && errors.contains("Go on with:"), "\(errors)")
    #expect(errors.contains("waiting for the contexts that are asked for already"), "\(errors)")
    let asked = server.requests.count
    #expect(asked >= 8 && asked < 20)
    #expect(try stored().count == asked && server.answered.count == asked)
    #expect(try augment("--split", "train").code == 0)
    #expect(try stored().count == 40 && server.requests.count == 40)
  }

  @Test func anErrorIsNoContext() throws {
    let server = try FakeLanguageServer(fault: { number, _, connection in
      if number > 4 { connection.answer(#"{"error": "out of memory"}"#) }
      return number > 4
    })
    defer { server.stop() }
    try configure(server.endpoint)
    let failed = try augment("--split", "train")
    #expect(failed.code == 4 && failed.errors.contains("out of memory"), "\(failed.errors)")
    #expect(failed.errors.contains("5 requests failed one after the other"), "\(failed.errors)")
    #expect(try stored().count == 5 && stored().allSatisfy { $0.context.text.hasPrefix("about ") })
  }

  @Test func aRefusedSentenceLeavesTheOthersBe() throws {
    let server = try FakeLanguageServer(fault: { _, sentence, connection in
      if sentence == "word7 is" { connection.answer(400, #"{"error": {"code": "content_filter"}}"#) }
      return sentence == "word7 is"
    })
    defer { server.stop() }
    try configure(server.endpoint)
    for _ in 0..<2 {
      let refused = try augment("--split", "train")
      #expect(refused.code == 4 && refused.errors.contains("error[P335]"), "\(refused.errors)")
      #expect(refused.errors.contains("sentence 7: ") && refused.errors.contains("content_filter"), "\(refused.errors)")
      #expect(try stored().count == 39)
    }
    // The second time for that sentence alone.
    #expect(server.requests.count == 41 && server.answered.count == 39)
  }

  @Test func budgetsStopARun() throws {
    let server = try FakeLanguageServer()
    defer { server.stop() }
    try configure(server.endpoint, ", maxTotalTokens: 600")
    let spent = try augment("--split", "train")
    #expect(spent.code == 5 && spent.errors.contains("N507") && spent.errors.contains("maxTotalTokens: 600"), "\(spent.errors)")
    #expect(try stored().count > 5)
  }

  @Test func keysComeFromSafePlacesAndShowNowhere() throws {
    let server = try FakeLanguageServer(fault: { _, _, connection in
      connection.answer(401, "wrong key: canary-7d1f")
      return true
    })
    defer { server.stop() }
    let key = lab.path("key")
    try lab.write("canary-7d1f\n", to: "key")
    try configure(server.endpoint, ", key: \"\(key)\"")
    chmod(key, 0o644)
    let open = try augment("--limit", "1")
    #expect(open.code == 2 && open.errors.contains("C113") && open.errors.contains("chmod 600"), "\(open.errors)")
    #expect(server.requests.isEmpty)
    chmod(key, 0o600)
    let refused = try augment("--limit", "1")
    #expect(refused.code == 5 && refused.errors.contains("wrong key"), "\(refused.errors)")
    #expect(server.requests.first?.headers["authorization"] == "Bearer canary-7d1f")
    #expect(!(refused.errors + refused.output).contains("canary"))
    for given in ["CALM_NO_SUCH_KEY", "sk-canary-7d1f"] {
      let missing = try augment("--limit", "1", "--set", "augmentor.options.key=\(given)")
      #expect(missing.code == 2 && missing.errors.contains("C113"), "\(missing.errors)")
      #expect(!missing.errors.contains("canary-7d1f"))
    }
  }

  @Test func hostsHaveToBeNamed() throws {
    let elsewhere = try LoopbackServer { _, connection in connection.answer("{}") }
    let server = try LoopbackServer { [port = elsewhere.port] _, connection in
      connection.answer(307, headers: ["location": "http://127.0.0.1:\(port)/"])
    }
    defer {
      elsewhere.stop()
      server.stop()
    }
    try configure("http://127.0.0.1:\(server.port)/v1")
    let refused = try augment("--limit", "1")
    #expect(refused.code == 5 && refused.errors.contains("N504") && elsewhere.requests.isEmpty, "\(refused.errors)")
    #expect(refused.errors.contains("add `127.0.0.1:\(elsewhere.port)` to `http.hosts`"))
    try configure("http://127.0.0.1:\(server.port)/v1", http: ", hosts: ['127.0.0.1:\(elsewhere.port)']")
    #expect(try augment("--limit", "1").errors.contains("its answer holds no text") && !elsewhere.requests.isEmpty)
  }

  @Test func faultsOfTheSectionHaveTheirPlace() throws {
    try configure("http://127.0.0.1:1/v1", http: ", hosts: ['http://x/', 10.0.0.0/8], retires: 3, connectSeconds: -1")
    let answer = try augment("--dry-run")
    #expect(answer.code == 2, "\(answer.errors)")
    for part in ["C114", "remote.yaml:5:", "did you mean `retries`?", "`connectSeconds` must be between"] {
      #expect(answer.errors.contains(part), "\(part): \(answer.errors)")
    }
    try configure("127.0.0.1:1/v1")
    #expect(try augment("--dry-run").errors.contains("C104"))
  }

  @Test func dryRunsAskNothing() throws {
    try configure("http://127.0.0.1:1/v1", ", key: CALM_NO_SUCH_KEY, completionPrice: 10")
    let dry = try augment("--dry-run")
    #expect(
      dry.code == 0 && dry.output.contains("about ") && dry.output.contains("at the given prices"), "\(dry.errors)\(dry.output)"
    )
    #expect(dry.output.contains("[system]") && dry.output.contains("word0 is"))
  }
}
