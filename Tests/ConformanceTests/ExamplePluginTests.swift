import FoundationEssentials
import PluginAPI
import TestSupport
import Testing

@testable import Host

/// The examples in other languages keep the laws, as libraries and in processes.
@Suite("Laws: examples in other languages")
struct ExamplePluginTests {
  private let services = Services(seed: 1, cacheFolder: FileManager.default.temporaryDirectory.path) { _, _ in }

  private func options(_ plugin: LoadedPlugin, _ given: [String: String] = [:]) -> ConfigNode {
    let mark = SourceMark(file: "test", line: 1, column: 1)
    return ConfigNode(
      .map(given.map { .init(.init($0.key, mark: mark), ConfigNode(.scalar($0.value, quoted: false), mark: mark)) }), mark: mark
    )
  }

  private func expectAugmentor(_ plugin: LoadedPlugin, id: String, source: String? = nil) async throws {
    #expect(plugin.manifest.id == id && plugin.manifest.kind == .augmentor && plugin.manifest.seeded)
    #expect(plugin.manifest.options.map(\.name) == ["times", "separator"])
    let made = try plugin.factory.make(
      options: options(plugin, ["times": "2", "separator": "|"]), shape: Shape(), services: services)
    let augmentor = try #require(made as? any Augmentor)
    #expect(augmentor.fingerprint == ["times": "2", "separator": "|"])
    expectKept(await checkAugmentor(augmentor, manifest: plugin.manifest))
    let request = ContextRequest(
      index: 3, words: ["Anna", "went", "\u{0}", "home"], split: "text", position: 0, splitCount: 1,
      random: RandomStream(seed: 5, "example"))
    for try await (index, context) in try await augmentor.contexts(for: [request]) {
      let words = context.text.split(separator: " ").map(String.init)
      #expect(index == 3 && context.finish == "stop" && context.source == id)
      #expect(Array(words.dropFirst()) == request.words + ["|"] + request.words)
    }
  }

  private func expectLoss(_ library: String, id: String) throws {
    let plugin = try PluginLoader.load(path: library)
    #expect(plugin.manifest.id == id && plugin.manifest.kind == .loss)
    for weights in [["likelihood": "1", "distance": "0.5"], ["likelihood": "0.3", "distance": "2"]] {
      let made = try plugin.factory.make(options: options(plugin, weights), shape: Shape(), services: services)
      expectKept(checkLoss(try #require(made as? any Loss)))
    }
    let alone = try plugin.factory.make(options: options(plugin, ["distance": "0"]), shape: Shape(), services: services)
    expectKept(checkLoss(try #require(alone as? any Loss)), untried: ["equal views give no cooperative gradient"])
  }

  @Test(.enabled(if: ExamplePlugins.c != nil, "there is no C compiler"))
  func inC() async throws {
    let folder = try #require(ExamplePlugins.c)
    try await expectAugmentor(PluginLoader.load(path: folder + "/libEchoC.so"), id: "echo-c")
    try expectLoss(folder + "/libLikelihoodC.so", id: "likelihood-c")
  }

  @Test(.enabled(if: ExamplePlugins.rust != nil, "there is no cargo"))
  func inRust() async throws {
    let folder = try #require(ExamplePlugins.rust)
    try await expectAugmentor(PluginLoader.load(path: folder + "/libecho_rust.so"), id: "echo-rust")
    try expectLoss(folder + "/liblikelihood_rust.so", id: "likelihood-rust")
  }

  @Test(.enabled(if: ExamplePlugins.python != nil, "there is no python3"))
  func inPython() async throws {
    let command = try #require(ExamplePlugins.python)
    let launch = ProcessLaunch(id: "mine", program: .command(command), timeLimit: 60)
    try await expectAugmentor(ProcessPlugins.open(launch), id: "echo-python")
  }

  @Test(.enabled(if: ExamplePlugins.c != nil, "there is no C compiler"))
  func inCInAProcess() async throws {
    let path = try #require(ExamplePlugins.c) + "/libEchoC.so"
    let launch = ProcessLaunch(id: "mine", program: .library(path: path), timeLimit: 60)
    let plugin = try ProcessPlugins.open(launch)
    let inside = try PluginLoader.load(path: path)
    #expect(plugin.path == path && plugin.sha256 == inside.sha256)
    try await expectAugmentor(plugin, id: "echo-c")
    // What the library makes here it makes there.
    let texts = try await [inside, plugin].asyncMap { plugin in
      let made = try plugin.factory.make(options: options(plugin), shape: Shape(), services: services)
      var texts: [Int: String] = [:]
      let requests = LawSentences.requests(LawSentences.odd + [LawSentences.veryLong])
      for try await (index, context) in try await (try #require(made as? any Augmentor)).contexts(for: requests) {
        texts[index] = context.text
      }
      return texts
    }
    #expect(texts[0] == texts[1] && texts[0].count == LawSentences.odd.count + 1)
  }
}

extension Array {
  fileprivate func asyncMap<Result>(_ body: (Element) async throws -> Result) async rethrows -> [Result] {
    var results: [Result] = []
    for element in self { results.append(try await body(element)) }
    return results
  }
}
