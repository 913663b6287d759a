import FoundationEssentials
import PluginAPI
import Testing

@testable import Host

/// Within a major version, what plugins were built against stays: Sources/PluginAPI/Baseline has it as it was.
struct APIBaselineTests {
  private static let modules = ["PluginAPI", "CalmNumerics", "Weights"]
  private static let baseline = Shell.checkout + "/Sources/PluginAPI/Baseline"

  @Test func `the baseline is of this major version`() throws {
    let header = try #require(FileManager.default.contents(atPath: Self.baseline + "/include/calm_plugin.h"))
    let text = String(decoding: header, as: UTF8.self)
    #expect(
      text.contains("#define CALM_API_MAJOR \(CALM_API_MAJOR)u\n"), "after a change of the major version: make api-baseline")
  }

  @Test(arguments: modules) func `nothing that plugins use has gone or changed`(module: String) throws {
    let shell = try Shell()
    defer { shell.remove() }
    let breakages = try breakages(from: "\(Self.baseline)/\(module).json", to: try dump(module, in: shell), in: shell)
    #expect(breakages == [], "plugins of API \(CALM_API_MAJOR).\(CALM_API_MINOR) would break: this needs another major version")
  }

  /// The comparison is worth something: it sees what is gone, and lets pass what is new.
  @Test func `the comparison sees a change`() throws {
    let shell = try Shell()
    defer { shell.remove() }
    let now = try dump("PluginAPI", in: shell), text = try String(contentsOfFile: now, encoding: .utf8)
    let renamed = shell.folder + "/renamed.json"
    let mangled = "nearestName2to", other = "nearestText2to"
    #expect(text.contains(mangled))
    let changed = text.replacing(mangled, with: other).replacing("nearestName(to:among:)", with: "nearestText(to:among:)")
      .replacing("\"nearestName\"", with: "\"nearestText\"")
    try Data(changed.utf8).write(to: URL(fileURLWithPath: renamed))
    let found = try breakages(from: renamed, to: now, in: shell)
    #expect(found.contains { $0.contains("nearestText(to:among:) has been removed") }, "\(found)")
  }

  /// Built against the interface and the header of then, opened by the host of now.
  @Test func `a plugin of the baseline loads and works`() async throws {
    let shell = try Shell()
    defer { shell.remove() }
    try Data(Self.plugin.utf8).write(to: URL(fileURLWithPath: shell.folder + "/OfBaseline.swift"))
    let built = try shell.run(
      """
      swiftc -O -swift-version 6 -emit-library -module-name OfBaseline OfBaseline.swift -o libOfBaseline.so \
        -I '\(Self.baseline)' -I '\(Self.baseline)/include' -L '\(Shell.products)' -lPluginAPI
      """)
    guard built != nil else { return }
    let plugin = try PluginLoader.load(path: shell.folder + "/libOfBaseline.so")
    #expect(plugin.manifest.id == "of-baseline" && plugin.manifest.options.map(\.name) == ["greeting"])

    let mark = SourceMark(file: "test.yaml", line: 1, column: 1)
    let greeting = ConfigNode.Entry(.init("greeting", mark: mark), ConfigNode(.scalar("hello", quoted: false), mark: mark))
    let services = Services(seed: 7, cacheFolder: shell.folder) { _, _ in }
    let made = try plugin.factory.make(options: ConfigNode(.map([greeting]), mark: mark), shape: Shape(), services: services)
    let augmentor = try #require(made as? any Augmentor)
    let request = ContextRequest(
      index: 3, words: ["Anna", "left"], split: "test", position: 0, splitCount: 1, random: RandomStream(seed: 1, "request"))
    var texts: [Int: String] = [:]
    for try await (index, context) in try await augmentor.contexts(for: [request]) { texts[index] = context.text }
    #expect(texts == [3: "hello Anna, seed 7, norm 14.0"])
    #expect(try augmentor.parameters.isEmpty && augmentor.saveState().isEmpty)
  }

  @Test(.enabled(if: Shell.has("cc") && Shell.has("make")), arguments: ["augmentor", "loss"])
  func `a plugin in C of the baseline loads and works`(kind: String) async throws {
    let shell = try Shell()
    defer { shell.remove() }
    try await NewProject.build(kind, "c", in: shell, folder: "build", sdk: Self.baseline)
  }

  private func dump(_ module: String, in shell: Shell) throws -> String {
    let path = "\(shell.folder)/\(module).json"
    let made = try shell.run(
      """
      swift-api-digester -dump-sdk -abi -module \(module) -sdk / -o '\(path)' \
        -I '\(Shell.products)/Modules' -I '\(Shell.checkout)/Sources/PluginAPI/CPluginABI/include'
      """)
    try #require(made != nil)
    return path
  }

  /// What swift-api-digester finds, but for what is new: without availability, which there is none of on Linux, it lists that too.
  private func breakages(from old: String, to new: String, in shell: Shell) throws -> [String] {
    let text = try #require(
      try shell.run("swift-api-digester -diagnose-sdk -abi -sdk / --input-paths '\(old)' -input-paths '\(new)'"))
    return text.split(separator: "\n").map(String.init).filter { line in
      !line.hasPrefix("/*") && !line.contains("is a new API without '@available'")
        && !line.contains("is a new API without @available")
    }
  }

  /// It uses what plugins use: options, values with initialisers, tensors, kernels, random streams, services, default requirements.
  private static let plugin = """
    import PluginAPI

    struct Settings: PluginOptions {
      var greeting: String
      static let fields = [OptionField.required("greeting", .string, help: "what comes first")]
    }

    final class OfBaseline: Augmentor {
      let settings: Settings
      let seed: UInt64
      init(_ settings: Settings, seed: UInt64) { (self.settings, self.seed) = (settings, seed) }
      var fingerprint: [String: String] { ["greeting": settings.greeting] }

      func contexts(
        for requests: [ContextRequest]
      ) async throws -> AsyncThrowingStream<(index: Int, context: Context), any Error> {
        let tensor = Tensor([1, 2, 3], shape: [3, 1]).copy()
        tensor.scale(by: 1)
        guard tensor.shape == [3, 1], tensor.isFinite, Threads.count > 0 else { throw PluginError("the tensor is broken") }
        return AsyncThrowingStream { answers in
          for request in requests where !Task.isCancelled {
            var random = request.random
            precondition((0..<1).contains(random.uniform()))
            let text = "\\(settings.greeting) \\(request.words[0]), seed \\(seed), norm \\(tensor.sumOfSquares)"
            answers.yield((request.index, Context(text: text, source: "baseline")))
          }
          answers.finish()
        }
      }
    }

    @c(calm_plugin_OfBaseline) public func entry() -> UnsafePointer<calm_plugin_info> {
      exportPlugin(calm_this_stamp()) {
        retained(
          Manifest(id: "of-baseline", kind: .augmentor, version: "1.0.0", licence: "MIT", summary: "As it was."),
          options: Settings.self
        ) { settings, _, services in OfBaseline(settings, seed: services.seed) }
      }
    }
    """
}
