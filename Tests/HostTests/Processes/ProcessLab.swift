import FoundationEssentials
import Glibc
import PluginAPI
import TestSupport
import Testing

@testable import Host

/// Programs in Python that keep to the protocol, or break it where a sentence says so.
struct ProcessLab {
  let lab: Lab

  init() throws { lab = try Lab() }

  /// A plugin whose answers are decided by `reply(request)`, Python that may also do whatever else; it sends what it returns.
  func program(_ reply: String, head: String = "") throws -> [String] {
    let name = "plugin-\(UInt32.random(in: 0 ... .max)).py"
    try lab.write(
      """
      import json, os, signal, struct, sys, time
      source, target = sys.stdin.buffer, sys.stdout.buffer
      DESCRIPTION = {"type": "description", "protocol": 1, "id": "toy", "kind": "augmentor", "version": "1", "licence": "MIT",
                     "summary": "a toy", "options": [{"name": "log", "type": "string", "default": "", "help": "what was asked"}]}
      FINGERPRINT = {"toy": "1"}
      def raw(content): target.write(struct.pack("<I", len(content)) + content); target.flush()
      def send(frame): raw(json.dumps(frame).encode())
      def answer(request, text=None): send({"type": "answer", "index": request["index"], "text": text or "about " + request["text"]})
      def note(text):
        if options.get("log"): open(options["log"], "a").write(text + "\\n")
      options = {}
      \(head)
      def reply(request):
      \(reply.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n"))
      while True:
        head = source.read(4)
        if len(head) < 4: break
        frame = json.loads(source.read(struct.unpack("<I", head)[0]))
        if frame["type"] == "describe": send(DESCRIPTION)
        elif frame["type"] == "create": options = frame["options"]; send({"type": "created", "fingerprint": FINGERPRINT})
        else:
          for request in frame["requests"]: reply(request)
          send({"type": "done"})
      """, to: name)
    return ["python3", lab.path(name)]
  }

  func open(_ command: [String], timeLimit: Double = 30) throws -> LoadedPlugin {
    try ProcessPlugins.open(ProcessLaunch(id: "toy", program: .command(command), timeLimit: timeLimit))
  }

  func augmentor(_ command: [String], timeLimit: Double = 30, log: String? = nil) throws -> any Augmentor {
    let plugin = try open(command, timeLimit: timeLimit), mark = SourceMark(file: "test", line: 1, column: 1)
    let given = log.map {
      [ConfigNode.Entry(ConfigNode.Key("log", mark: mark), ConfigNode(.scalar($0, quoted: true), mark: mark))]
    }
    let services = Services(seed: 1, cacheFolder: lab.folder) { _, _ in }
    let made = try plugin.factory.make(options: ConfigNode(.map(given ?? []), mark: mark), shape: Shape(), services: services)
    return try #require(made as? any Augmentor)
  }

  static func requests(_ sentences: [String]) -> [ContextRequest] {
    sentences.enumerated().map { i, text in
      ContextRequest(
        index: i, words: text.split(separator: " ").map(String.init), split: "text", position: i, splitCount: sentences.count,
        random: RandomStream(seed: 1, text))
    }
  }

  /// What becomes of sentences: a text, or `failed: ` and why.
  static func texts(_ augmentor: any Augmentor, _ sentences: [String]) async throws -> [String] {
    var texts = [String](repeating: "nothing", count: sentences.count)
    for try await (index, context) in try await augmentor.contexts(for: requests(sentences)) {
      texts[index] = context.failure.map { "failed: " + $0 } ?? context.text
    }
    return texts
  }
}
