import FoundationEssentials
import Glibc
import PluginAPI
import TestSupport
import Testing

@testable import Host

/// What becomes of requests where the program that should answer them does not.
@Suite("Plugins in processes", .enabled(if: ExamplePlugins.python != nil, "there is no python3"))
struct ProcessPluginTests {
  let lab: ProcessLab

  init() throws { lab = try ProcessLab() }

  private let sentences = ["one", "two", "bad", "four", "five"]

  /// The texts of all sentences but the bad one; gives what is said of that.
  private func expectOneFailure(_ texts: [String], place: SourceLocation = #_sourceLocation) -> String {
    for (text, sentence) in zip(texts, sentences) where sentence != "bad" {
      #expect(text == "about " + sentence, sourceLocation: place)
    }
    #expect(texts[2].hasPrefix("failed: "), "\(texts[2])", sourceLocation: place)
    return String(texts[2].dropFirst("failed: ".count))
  }

  private func answers(_ trouble: String, timeLimit: Double = 30) async throws -> [String] {
    let reply = "note(request['text'])\nif request['text'] == 'bad': \(trouble)\nelse: answer(request)"
    let augmentor = try lab.augmentor(lab.program(reply), timeLimit: timeLimit, log: lab.lab.path("asked"))
    return try await ProcessLab.texts(augmentor, sentences)
  }

  private func asked() throws -> [String] {
    String(decoding: try lab.lab.bytes("asked"), as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test func `a crash is the failure of one request`() async throws {
    let reason = expectOneFailure(
      try await answers("print('out of ideas', file=sys.stderr, flush=True); os.kill(os.getpid(), signal.SIGSEGV)"))
    #expect(
      reason == "its process ended by signal 11 (Segmentation fault), 3 times with this request; its last words: out of ideas")
    // Once with those before it, then each that was in flight alone, and the culprit no more than three times.
    let asked = try asked()
    #expect(asked.count { $0 == "bad" } == 3 && asked.count { $0 != "bad" } == 4, "\(asked)")
  }

  @Test func `an exit, a kill, an end in the middle of a frame`() async throws {
    #expect(expectOneFailure(try await answers("sys.exit(7)")).hasPrefix("its process ended with exit code 7, 3 times"))
    #expect(
      expectOneFailure(try await answers("os.kill(os.getpid(), signal.SIGKILL)"))
        .hasPrefix("its process ended by signal 9 (Killed), 3 times"))
    #expect(
      expectOneFailure(try await answers("target.write(b'\\x40\\x00\\x00\\x00{\"ty'); target.flush(); os._exit(0)"))
        .hasPrefix("its process ended with exit code 0 in the middle of a frame, 3 times"))
  }

  @Test func `a hang`() async throws {
    let start = ContinuousClock.now
    let reason = expectOneFailure(try await answers("time.sleep(600)", timeLimit: 2.5))
    #expect(reason.hasPrefix("its process did not answer for 2.5 s and was killed, 3 times with this request"))
    #expect(ContinuousClock.now - start < .seconds(300))
  }

  /// A program that ignores SIGTERM is ended all the same.
  @Test func `a hang that will not be ended`() async throws {
    let reason = expectOneFailure(
      try await answers("signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)", timeLimit: 2.5))
    #expect(reason.hasPrefix("its process did not answer for 2.5 s"))
  }

  @Test(arguments: [
    ("print('Loading weights', flush=True)", "sent something that is no frame: `Loading weights`"),
    ("raw(b'{')", "sent a frame that is no JSON: `{`"), ("raw(b'')", "sent a frame of no bytes"),
    ("target.write(b'\\xff\\xff\\xff\\xff'); target.flush()", "sent a frame of 4294967295 bytes, more than 67108864"),
    ("send({'type': 'answer', 'index': request['index']})", "sent a frame that lacks `text`"),
    ("send({'type': 'created', 'fingerprint': {}})", "sent another frame where `answer` is due"),
  ])
  func `what is no answer`(trouble: String, words: String) async throws {
    let reason = expectOneFailure(try await answers(trouble))
    #expect(reason.hasPrefix("its process \(words)"), "\(reason)")
  }

  @Test func `a failure of one request is not tried again`() async throws {
    let reason = expectOneFailure(
      try await answers("send({'type': 'failure', 'index': request['index'], 'message': 'too rude'})"))
    let asked = try asked()
    #expect(reason == "too rude" && asked == sentences)
  }

  @Test func `a faulty count of answers ends the call`() async throws {
    for (trouble, words) in [
      ("pass", "it says `done`, but has not answered request 2"),
      ("answer(request); answer(request)", "it answered request 2, which is not asked or has an answer already"),
      ("send({'type': 'answer', 'index': 99, 'text': ''})", "it answered request 99, which is not asked"),
    ] {
      let error = await #expect(throws: PluginError.self) { try await answers(trouble) }
      #expect(error?.message.hasPrefix(words) == true, "\(String(describing: error))")
    }
    let error = await #expect(throws: PluginError.self) {
      try await answers("send({'type': 'error', 'message': 'no quota', 'hint': 'pay'})")
    }
    #expect(error?.message == "no quota" && error?.hint == "pay")
  }

  @Test func `a frame of many megabytes`() async throws {
    let augmentor = try lab.augmentor(lab.program("answer(request, 'x' * 20_000_000 + request['text'][-3:])"))
    let sentence = String(repeating: "word ", count: 1_000_000) + "end"
    let texts = try await ProcessLab.texts(augmentor, [sentence])
    #expect(texts[0].utf8.count == 20_000_003 && texts[0].hasSuffix("xend"))
  }

  @Test func `log frames keep a slow program alive`() async throws {
    let slow =
      "for _ in range(10): time.sleep(0.4); send({'type': 'log', 'level': 'info', 'message': 'still there'})\nanswer(request)"
    #expect(try await ProcessLab.texts(lab.augmentor(lab.program(slow), timeLimit: 3), ["one"]) == ["about one"])
  }

  @Test func `many requests, many crashes`() async throws {
    let reply = "if request['text'].endswith('7'): os.abort()\nanswer(request)"
    let sentences = (0..<150).map { "sentence \($0)" }
    let texts = try await ProcessLab.texts(lab.augmentor(lab.program(reply)), Array(sentences[0..<40]))
    for (sentence, text) in zip(sentences, texts) {
      #expect(sentence.hasSuffix("7") ? text.contains("signal 6 (Aborted)") : text == "about " + sentence)
    }
    #expect(
      try await ProcessLab.texts(lab.augmentor(lab.program("answer(request)")), sentences) == sentences.map { "about " + $0 })
  }

  @Test func `what does not start`() throws {
    func fault(_ command: [String], timeLimit: Double = 30) -> Diagnostic? {
      loadingFault { try lab.open(command, timeLimit: timeLimit) }
    }
    let missing = fault(["no-such-program", "x"])
    #expect(missing?.code == "P331" && missing?.message == "plugin `toy`: there is no program `no-such-program`")
    #expect(fault([lab.lab.path("none")])?.code == "P331")
    let crash = fault(["sh", "-c", "echo first >&2; echo last >&2; kill -SEGV $$"])
    #expect(crash?.code == "P332" && crash?.message == "plugin `toy`: its process ended by signal 11 (Segmentation fault)")
    #expect(crash?.notes == ["its standard error: first", "its standard error: last"])
    #expect(fault(["true"])?.message == "plugin `toy`: its process ended with exit code 0")
    let silent = fault(["sleep", "60"], timeLimit: 0.3)
    #expect(silent?.code == "P333" && silent?.hint?.contains("timeLimit") == true)
    let chatty = fault(["echo", "hello, world"])
    #expect(chatty?.code == "P334" && chatty?.message.contains("something that is no frame: `hello, world`") == true)
    for (head, code, words) in [
      ("DESCRIPTION['protocol'] = 2", "P334", "is version 2 of the protocol; this host speaks 1"),
      ("DESCRIPTION['kind'] = 'loss'", "P310", "plugin `toy` is a loss; only augmentors can run in a process of their own"),
      ("DESCRIPTION['kind'] = 'poet'", "P322", "its kind is `poet`, which there is not"),
      ("DESCRIPTION['id'] = 'My Plugin'", "P315", "calls itself `My Plugin`"),
      ("DESCRIPTION['options'][0]['type'] = 'text'", "P322", "its option `log` has type `text`, which there is not"),
      ("del DESCRIPTION['version']", "P334", "sent a frame that lacks `version`"),
    ] {
      let wrong = fault(try lab.program("pass", head: head))
      #expect(wrong?.code == code && wrong?.message.contains(words) == true, "\(head): \(String(describing: wrong))")
    }
  }

  @Test func `another fingerprint after a restart is refused`() async throws {
    let command = try lab.program("os.abort()", head: "FINGERPRINT = {'time': str(time.time())}")
    let error = await #expect(throws: PluginError.self) {
      try await ProcessLab.texts(lab.augmentor(command), ["one"])
    }
    #expect(error?.message.hasPrefix("it was started again, and its fingerprint is another") == true)
  }

  /// Cancelled, thrown away: its process is gone at once, with what that had started itself.
  @Test func `no process is left behind`() async throws {
    let note = "note(str(os.getpid()))\nnote(str(os.spawnlp(os.P_NOWAIT, 'sleep', 'sleep', '600')))\n"
    let command = try lab.program(note + "answer(request)\nif request['text'] == 'slow': time.sleep(600)")
    func processes() throws -> [pid_t] { try asked().compactMap { pid_t($0) } }
    func expectGone(_ place: SourceLocation = #_sourceLocation) async throws {
      let deadline = ContinuousClock.now + .seconds(10)
      let isThere = { (process: pid_t) in kill(process, 0) == 0 && !Self.isZombie(process) }
      while try processes().contains(where: isThere), ContinuousClock.now < deadline {
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(try !processes().contains(where: isThere), sourceLocation: place)
    }
    var augmentor: (any Augmentor)? = try lab.augmentor(command, log: lab.lab.path("asked"))
    if let augmentor { #expect(try await ProcessLab.texts(augmentor, ["one"]) == ["about one"]) }
    augmentor = nil
    try await expectGone()

    let slow = try lab.augmentor(command, log: lab.lab.path("asked"))
    let task = Task { try await ProcessLab.texts(slow, ["slow", "two"]) }
    while try processes().count < 4 { try await Task.sleep(for: .milliseconds(10)) }
    task.cancel()
    _ = try? await task.value
    try await expectGone()
    // It is started again when it is needed.
    #expect(try await ProcessLab.texts(slow, ["three"]) == ["about three"])
  }

  private static func isZombie(_ process: pid_t) -> Bool {
    let status = (try? FileBytes.read("/proc/\(process)/stat")).map { String(decoding: $0, as: UTF8.self) } ?? ""
    return status.split(separator: ")").last?.hasPrefix(" Z") ?? false
  }
}
