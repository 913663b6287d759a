import FoundationEssentials
import PluginAPI
import Synchronization
import Testing

@testable import Precomputed

/// A folder of context files that goes away with the test.
private final class Files: Sendable {
  let folder: String
  private let messages = Mutex<[String]>([])

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "calm-precomputed-\(UInt64.random(in: 0 ... .max))").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func write(_ name: String, _ text: String) throws -> String {
    let path = folder + "/" + name
    try Data(text.utf8).write(to: URL(filePath: path))
    return path
  }

  var services: Services {
    Services(seed: 1, cacheFolder: folder) { level, message in
      self.messages.withLock { $0.append("\(level.rawValue) \(message)") }
    }
  }
  var warnings: [String] { messages.withLock { $0.filter { $0.hasPrefix("warning") } } }
}

private func requests(_ texts: [String], split: String = "train", count: Int? = nil) -> [ContextRequest] {
  texts.enumerated().map { i, text in
    ContextRequest(
      index: i, words: text.split(separator: " ").map(String.init), split: split, position: i,
      splitCount: count ?? texts.count, random: RandomStream(seed: 0, "test"))
  }
}

private func collect(_ augmentor: some Augmentor, _ requests: [ContextRequest]) async throws -> [Int: Context] {
  var answers: [Int: Context] = [:]
  for try await (index, context) in try await augmentor.contexts(for: requests) {
    #expect(answers[index] == nil)
    answers[index] = context
  }
  return answers
}

private func message(_ work: () async throws -> Void) async -> String {
  do {
    try await work()
    return ""
  } catch let error as PluginError {
    return error.description
  } catch let fault as Diagnostic {
    return ([fault.message] + [fault.hint].compactMap { $0 }).joined(separator: "; ")
  } catch {
    return "neither PluginError nor Diagnostic: \(error)"
  }
}

private let lines = #"{"text": "a b", "generated_context": "one"}"# + "\n" + #"{"text": "c", "generated_context": ""}"# + "\n"

@Suite struct PrecomputedTests {
  private let files: Files
  private let train: String

  init() throws {
    files = try Files()
    train = try files.write("train.jsonl", lines)
  }

  private func make(_ options: PrecomputedOptions) throws -> PrecomputedContexts {
    try PrecomputedContexts(options.sources(), services: files.services)
  }

  @Test func theEntryPointMakesAnAugmentor() throws {
    let info = entry().pointee
    #expect(info.stamp.pointee.magic == CALM_MAGIC)
    let raw = try #require(info.factory())
    let box = Unmanaged<PluginBox>.fromOpaque(raw).takeRetainedValue()
    let manifest = box.factory.manifest
    #expect([manifest.id, manifest.version, manifest.licence] == ["precomputed", "1.0.0", "Apache-2.0"])
    #expect(manifest.kind == .augmentor && !manifest.answersNewText)
    #expect(manifest.options.map(\.name) == ["train", "dev", "test", "files"])
    let mark = SourceMark(file: "x", line: 1, column: 1)
    func text(_ value: String) -> ConfigNode { ConfigNode(.scalar(value, quoted: true), mark: mark) }
    let map = ConfigNode(.map([.init(.init("extra", mark: mark), text(train))]), mark: mark)
    let options = ConfigNode(
      .map([.init(.init("train", mark: mark), text(train)), .init(.init("files", mark: mark), map)]), mark: mark)
    let made = try box.factory.make(options: options, shape: Shape(), services: files.services)
    let augmentor = try #require(made as? any Augmentor)
    #expect(augmentor.fingerprint.keys.sorted() == ["extra", "train"])
  }

  @Test func contextsAreServedByPosition() async throws {
    let augmentor = try make(.init(train: train))
    let answers = try await collect(augmentor, requests(["a b", "c"]))
    #expect(
      answers == [
        0: Context(text: "one", finish: "stored", source: "\(train):1"),
        1: Context(text: "", finish: "stored", source: "\(train):2"),
      ])
    var last = requests(["a b", "c"]).suffix(1)
    last[1].index = 41
    #expect(try await collect(augmentor, Array(last)).keys.sorted() == [41])
    #expect(try await collect(augmentor, []).isEmpty)
  }

  @Test func splitsMayBeMixed() async throws {
    let augmentor = try make(.init(train: train, files: ["extra": train]))
    var mixed = requests(["a b", "c"]) + requests(["a b", "c"], split: "extra")
    for i in mixed.indices { mixed[i].index = i }
    #expect(try await collect(augmentor, mixed).count == 4)
  }

  @Test func theFingerprintFollowsTheContent() throws {
    let same = try files.write("copy.jsonl", lines), other = try files.write("other.jsonl", lines + "\n")
    let fingerprint = try make(.init(train: train, dev: same, test: other)).fingerprint
    #expect(fingerprint["train"] == fingerprint["dev"])
    #expect(fingerprint["train"] != fingerprint["test"])
    #expect(fingerprint["train"]?.hasPrefix("size=83 fnv1a=") == true)
    #expect(fnv1a(Array("foobar".utf8)) == 0x8594_4171_f739_67e8)
  }

  @Test func aSplitWithoutAFileNamesTheOption() async throws {
    let augmentor = try make(.init(train: train))
    #expect(
      await message { _ = try await augmentor.contexts(for: requests(["a"], split: "dev")) }
        == "split `dev` has no context file; set `dev` under the options of `precomputed`")
    #expect(
      await message { _ = try await augmentor.contexts(for: requests(["a"], split: "text")) }
        .hasSuffix("set `files: {text: FILE}` under the options of `precomputed`"))
  }

  @Test func countsMustAgree() async throws {
    let augmentor = try make(.init(train: train))
    let found = await message { _ = try await augmentor.contexts(for: requests(["a b"], count: 3)) }
    #expect(found == "contexts of split `train` (option `train`): \(train): it holds 2 contexts, but there are 3 sentences")
    _ = try await collect(augmentor, requests(["a b"], count: 2))
    #expect(await message { _ = try await augmentor.contexts(for: requests(["a b"], count: 3)) }.contains("sentence 0 of 3"))
    var outside = requests(["a b"], count: 2)
    outside[0].position = 2
    #expect(await message { _ = try await augmentor.contexts(for: outside) }.contains("sentence 2 of 2"))
  }

  @Test func anotherSplitsFileIsRefused() async throws {
    let augmentor = try make(.init(train: train))
    let found = await message { _ = try await augmentor.contexts(for: requests(["x", "y"])) }
    #expect(found.contains("2 of 2 sentences differ"))
    #expect(found.contains("option `train`"))
  }

  @Test func fewDifferencesAreWarnings() async throws {
    let texts = (0..<50).map { "sentence \($0)" }
    let path = try files.write("many.jsonl", texts.map { #"{"text": "\#($0)", "generated_context": "x"}"# + "\n" }.joined())
    let augmentor = try make(.init(dev: path))
    var asked = texts
    asked[3] = "something else"
    #expect(try await collect(augmentor, requests(asked, split: "dev")).count == 50)
    #expect(files.warnings.count == 1)
    #expect(files.warnings.first?.contains("sentence 3 of split `dev` is `something else`") == true)
    // Once a sentence is enough.
    _ = try await collect(augmentor, requests(asked, split: "dev"))
    #expect(files.warnings.count == 1)
  }

  @Test func faultsOfTheFilesAreFoundAtOnce() async throws {
    let missing = await message { _ = try make(.init(dev: "/nowhere/x")) }
    #expect(missing == "contexts of split `dev` (option `dev`): /nowhere/x: cannot be read: No such file or directory")
    let twice = await message { _ = try make(.init(dev: train, files: ["dev": train])) }
    #expect(twice.hasPrefix("split `dev` has two context files"))
    let broken = try make(.init(train: try files.write("broken", "{\"data\": [")))
    #expect(await message { _ = try await broken.contexts(for: requests(["a"])) }.contains("not valid JSON"))
  }

  @Test func cancellationEndsTheStream() async throws {
    let augmentor = try make(.init(train: train))
    let task = Task {
      var count = 0
      for try await _ in try await augmentor.contexts(for: requests(["a b", "c"])) {
        count += 1
        withUnsafeCurrentTask { $0?.cancel() }
      }
      return count
    }
    #expect(try await task.value == 1)
  }

  @Test func namesAndHugeInputSurvive() async throws {
    let text = String(repeating: "мир 世界 🙂 ", count: 20_000)
    let words = text.split(separator: " ").joined(separator: " ")
    let path = try files.write("huge.jsonl", #"{"text": "\#(words)", "generated_context": ""}"# + "\n" + #"{"text": ""}"#)
    #expect(try await collect(try make(.init(test: path)), requests([words, ""], split: "test")).count == 2)
  }
}
