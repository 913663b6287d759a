import FoundationEssentials
import PluginAPI
import Testing

@testable import Host

/// Frames as bytes: nothing that arrives may be taken for something else, or harm.
struct FrameTests {
  private func content(_ json: String) -> [UInt8] { Array(json.utf8) }

  /// A frame as JSON whose keys have an order.
  private func sorted(_ frame: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try encoder.encode(frame), as: UTF8.self)
  }

  @Test func `frames come out as they went in, in whatever pieces they arrive`() throws {
    let contents: [[UInt8]] = [[1], Array("{}".utf8), [UInt8](repeating: 7, count: 100_000), Array("end".utf8)]
    let stream = contents.flatMap { FrameReader.frame($0) }
    for size in [1, 2, 3, 5, 4096, stream.count] {
      var reader = FrameReader(), found: [[UInt8]] = []
      for start in stride(from: 0, to: stream.count, by: size) {
        reader.append(stream[start..<min(start + size, stream.count)])
        while let next = try reader.next() { found.append(next) }
      }
      #expect(found == contents && !reader.isInsideFrame, "\(size)")
    }
    var reader = FrameReader()
    reader.append(stream.dropLast())
    for _ in 0..<3 { #expect(try reader.next() != nil) }
    #expect(try reader.next() == nil && reader.isInsideFrame)
  }

  @Test func `lengths that cannot be`() throws {
    func fault(_ bytes: [UInt8]) -> String? {
      var reader = FrameReader()
      reader.append(bytes)
      do throws(FrameReader.Fault) {
        _ = try reader.next()
        return nil
      } catch {
        return error.message
      }
    }
    #expect(fault([0, 0, 0, 0, 1]) == "a frame of no bytes")
    #expect(fault([1, 0, 0, 4]) == "a frame of 67108865 bytes, more than 67108864")
    #expect(fault([255, 255, 255, 255]) == "a frame of 4294967295 bytes, more than 67108864")
    #expect(fault(Array("Loading the model …\nready".utf8)) == "something that is no frame: `Loading the model …`")
    #expect(fault([0, 0, 0, 4]) == nil)
    #expect(fault([255, 255]) == nil)
  }

  /// Whatever comes: no crash, and no frame that the bytes do not hold.
  @Test func `random bytes`() {
    var random = RandomStream(seed: 11, "frames")
    for _ in 0..<3000 {
      var reader = FrameReader(), taken = 0
      var bytes = (0..<Int(random.next() % 64)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      // Often a length that fits.
      if random.next() % 2 == 0 { bytes = [UInt8(random.next() % 16), 0, 0, 0] + bytes }
      reader.append(bytes)
      while let content = try? reader.next() {
        taken += 4 + content.count
        #expect(!content.isEmpty && taken <= bytes.count)
        _ = try? FrameCode.decode(PluginFrame.self, content)
        _ = try? FrameCode.decode(HostFrame.self, content)
      }
    }
  }

  /// Real frames with bytes changed: they are read or refused.
  @Test func `damaged frames`() throws {
    var random = RandomStream(seed: 12, "frames")
    let whole = try FrameCode.encode(
      PluginFrame.answer(.init(index: 3, text: "Änna \u{0} \"x\"", finish: "stop", details: ["a": "b"])))
    for _ in 0..<3000 {
      var bytes = whole
      for _ in 0...(random.next() % 4) {
        bytes[4 + Int(random.next() % UInt64(bytes.count - 4))] = UInt8(truncatingIfNeeded: random.next())
      }
      _ = try? FrameCode.decode(PluginFrame.self, Array(bytes.dropFirst(4)))
    }
    for depth in [100, 100_000] {
      let deep = content(#"{"type":"create","seed":1,"cacheFolder":"","options":"# + String(repeating: "[", count: depth))
      #expect(throws: FrameReader.Fault.self) { try FrameCode.decode(HostFrame.self, deep) }
    }
  }

  @Test func `what is wrong with a frame is said`() {
    let cases = [
      ("{", "a frame that is no JSON: `{`"), ("[1]", "a frame that "), (#"{"a": 1}"#, "lacks `type`"),
      (#"{"type": "hello"}"#, "whose `type` is `hello`"), (#"{"type": "answer", "text": "x"}"#, "lacks `index`"),
      (#"{"type": "answer", "index": "3", "text": "x"}"#, "something else than Int as `index`"),
      (#"{"type": "answer", "index": 1.5, "text": "x"}"#, "a wrong value: "),
      (#"{"type": "answer", "index": 1, "text": null}"#, "`text`"),
      (#"{"type": "description", "protocol": 2}"#, "whose `protocol` is version 2 of the protocol; this host speaks 1"),
      (#"{"type": "description", "protocol": 1, "id": "x"}"#, "lacks `kind`"),
      (#"{"type": "created", "fingerprint": {"a": 1}}"#, "something else than String as `fingerprint.a`"),
      (#"{"type": "log", "level": "loud", "message": ""}"#, "whose `level` is `loud`"),
    ]
    for (json, words) in cases {
      do throws(FrameReader.Fault) {
        _ = try FrameCode.decode(PluginFrame.self, content(json))
        Issue.record("\(json) is taken")
      } catch {
        #expect(error.message.contains(words), "\(json): \(error.message)")
      }
    }
    #expect(throws: Never.self) {
      try FrameCode.decode(PluginFrame.self, content(#"{"type": "done", "of": "what comes later"}"#))
    }
  }

  @Test func `every frame survives the way`() throws {
    let request = AskedRequest(
      ContextRequest(
        index: 2, words: ["a", "", "\u{0}ß"], split: "dev", position: 7, splitCount: 9, prompt: "p",
        random: RandomStream(seed: .max, "x")))
    #expect(UInt64(request.random, radix: 16) == RandomStream(seed: .max, "x").key)
    let options = JSONTree.object([
      "a": .list([.integer(1), .null, .boolean(true)]), "b": .number(0.1), "c": .text("7"), "d": .object([:]),
    ])
    for frame in [
      HostFrame.describe, .create(.init(options: options, seed: 3, cacheFolder: "/tmp/ä")), .ask([request]), .ask([]),
    ] {
      let again = try FrameCode.decode(HostFrame.self, Array(FrameCode.encode(frame).dropFirst(4)))
      #expect(try sorted(again) == sorted(frame))
    }
    for frame in [
      PluginFrame.created(fingerprint: ["a": "b"]),
      .answer(.init(index: 1, text: "", finish: "length", source: "s", tokens: 1, promptTokens: 2, milliseconds: 3)),
      .failure(index: 4, message: "no"), .done, .error(.init(message: "m", hint: "h", code: "N504")),
      .log(level: .warning, message: "w"),
    ] {
      let again = try FrameCode.decode(PluginFrame.self, Array(FrameCode.encode(frame).dropFirst(4)))
      #expect(try sorted(again) == sorted(frame))
    }
  }

  /// The page on processes shows every frame; each is one.
  @Test func `the frames of the page are frames`() throws {
    let root = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let page = String(decoding: try FileBytes.read(root + "/Documentation/plugin-processes.md"), as: UTF8.self)
    var frames: [(speaker: String, json: String)] = []
    for line in page.split(separator: "\n") where line.hasPrefix("    ") {
      let words = line.drop { $0 == " " }
      if let speaker = ["host", "program"].first(where: { words.hasPrefix($0 + " ") }) {
        frames.append((speaker, String(words.dropFirst(speaker.count))))
      } else if !frames.isEmpty {
        frames[frames.count - 1].json += words
      }
    }
    var kinds: Set<String> = []
    for (speaker, json) in frames {
      if speaker == "host" {
        kinds.insert(String("\(try FrameCode.decode(HostFrame.self, content(json)))".prefix { $0 != "(" }))
      } else {
        let frame = try FrameCode.decode(PluginFrame.self, content(json))
        if case .description(let description) = frame { #expect(try description.manifest().options.count == 1) }
        kinds.insert(String("\(frame)".prefix { $0 != "(" }))
      }
    }
    #expect(
      kinds == ["describe", "create", "ask", "description", "created", "answer", "failure", "done", "error", "log"], "\(kinds)")
  }

  @Test func `a manifest survives the way`() throws {
    let fields = [
      OptionField.required("r", .choice(["a", "b"]), help: "one"), .optional("i", .integer, default: "3", in: 1...9, help: ""),
      .optional("n", .number, in: 0.5...(.infinity), help: "x"), .optional("l", .list(.path), default: "a,b", help: ""),
      .optional("m", .map(.list(.number)), help: ""),
      .optional("p", .plugin(.encoder, with: [.optional("layer", .integer, help: "")]), help: ""),
      .optional("k", .list(.mapping([.required("u", .url, help: "")])), help: ""), .optional("any", .any, help: ""),
    ]
    let manifest = Manifest(
      id: "x", kind: .augmentor, version: "1", licence: "MIT", summary: "s", options: fields, seeded: false, takesPrompt: true,
      answersNewText: false)
    let bytes = try JSONEncoder().encode(PluginSelfDescription(manifest))
    let again = try JSONDecoder().decode(PluginSelfDescription.self, from: bytes).manifest()
    #expect("\(again)" == "\(manifest)")
  }

  @Test func `options arrive with their types`() throws {
    let fields = [
      OptionField.optional("text", .string, help: ""), .optional("count", .integer, help: ""),
      .optional("rate", .number, help: ""), .optional("on", .boolean, help: ""), .optional("more", .list(.string), help: ""),
      .optional("any", .any, help: ""), .optional("none", .string, help: ""),
    ]
    let yaml = "{text: 7, count: 1_000, rate: 1, on: True, more: [1, true], any: {a: 1e-3, b: '2', c: [~]}, none: null}"
    let node = try parseYAML(Array(yaml.utf8), named: "test")
    let tree = JSONTree(node, fields)
    #expect(
      tree
        == .object([
          "text": .text("7"), "count": .integer(1000), "rate": .integer(1), "on": .boolean(true),
          "more": .list([.text("1"), .text("true")]), "none": .null,
          "any": .object(["a": .number(0.001), "b": .text("2"), "c": .list([.null])]),
        ]))
    #expect(check(tree.node(at: node.mark), against: fields, what: "options").isEmpty)
  }

  @Test func `descriptions that cannot be used`() throws {
    func fault(_ option: String) throws -> String {
      let json = #"{"id":"x","kind":"augmentor","version":"1","licence":"","summary":"","options":[\#(option)]}"#
      let description = try JSONDecoder().decode(PluginSelfDescription.self, from: Data(json.utf8))
      do throws(PluginError) {
        _ = try description.manifest()
        return "none"
      } catch {
        return error.message
      }
    }
    #expect(try fault(#"{"name":"a","type":"float"}"#) == "its option `a` has type `float`, which there is not")
    #expect(try fault(#"{"name":"a","type":"choice"}"#) == "its option `a` has no `choices`")
    #expect(try fault(#"{"name":"a","type":"integer","least":3,"greatest":2}"#) == "its option `a` is between 3.0 and 2.0")
    #expect(
      try fault(#"{"name":"a","type":"integer","default":"x"}"#)
        == "the default of an option does not fit: `a` must be an integer, not `x`")
    #expect(
      try fault(#"{"name":"a","type":"integer","default":7,"greatest":5}"#).hasPrefix("the default of an option does not fit"))
    #expect(
      try fault(#"{"name":"a","type":"string"},{"name":"a","type":"string"}"#) == "it describes the option `a` twice")
  }
}
