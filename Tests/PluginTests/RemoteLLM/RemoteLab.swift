import NetworkPolicy
import PluginAPI
import TestSupport
import Testing

@testable import CalmNetwork
@testable import RemoteLLM

private let mark = SourceMark(file: "test", line: 1, column: 1)

/// A mapping as YAML would give it; values are read as unquoted scalars where they are no nodes.
private func mapping(_ values: [String: ConfigNode.Value]) -> ConfigNode {
  ConfigNode(.map(values.map { .init(.init($0, mark: mark), ConfigNode($1, mark: mark)) }), mark: mark)
}

/// The real client with short times, and a key.
final class RemoteLab: ServiceProvider {
  private let client: NetworkClient
  let key: String

  init(port: Int, key: String = "sesame") throws {
    let host = ConfigNode(.scalar("127.0.0.1:\(port)", quoted: true), mark: mark)
    let policy = try decodeOptions(
      HTTPPolicy.self,
      from: mapping([
        "hosts": .list([host]), "retries": .scalar("2", quoted: false), "backoffSeconds": .scalar("0.01", quoted: false),
        "readSeconds": .scalar("30", quoted: false), "totalSeconds": .scalar("3600", quoted: false),
      ]), what: "test")
    client = NetworkClient(policy) { _, _ in }
    self.key = key
  }

  func http() throws -> any HTTPClient { client }
  func secret(_ name: String) throws -> Secret { Secret(key, name: name) }
  func encoder(_ plugin: String, options: ConfigNode) throws -> any TokenEncoder { throw PluginError("none") }

  /// An augmentor that asks a server; values are scalars of YAML, `extra` a mapping of such.
  func augmentor(
    _ endpoint: String, _ values: [String: String] = [:], stop: [String] = [], omit: [String] = [],
    extra: [String: String] = [:], log: @escaping @Sendable (LogLevel, String) -> Void = { _, _ in }
  ) throws -> RemoteLLMAugmentor {
    var options: [String: ConfigNode.Value] = [
      "endpoint": .scalar(endpoint, quoted: true), "model": .scalar("tiny", quoted: true),
    ]
    for (name, value) in values { options[name] = .scalar(value, quoted: false) }
    func list(_ items: [String]) -> ConfigNode.Value { .list(items.map { ConfigNode(.scalar($0, quoted: true), mark: mark) }) }
    if !stop.isEmpty { options["stop"] = list(stop) }
    if !omit.isEmpty { options["omit"] = list(omit) }
    if !extra.isEmpty { options["extra"] = mapping(extra.mapValues { .scalar($0, quoted: false) }).value }
    let decoded = try decodeOptions(RemoteLLMOptions.self, from: mapping(options), what: "test")
    return try RemoteLLMAugmentor(decoded, services: Services(seed: 1, cacheFolder: "/tmp", provider: self, log: log))
  }
}

func remoteRequests(_ count: Int, prompt: String? = "List the entities.") -> [ContextRequest] {
  (0..<count).map { i in
    ContextRequest(
      index: i, words: ["sentence", "\(i)"], split: "train", position: i, splitCount: count, prompt: prompt,
      random: RandomStream(seed: 7, "augment \(i)"))
  }
}

/// What came, and what it ended with.
func ask(_ augmentor: some Augmentor, _ requests: [ContextRequest]) async -> (contexts: [Int: Context], failure: (any Error)?) {
  var contexts: [Int: Context] = [:]
  do {
    for try await (index, context) in try await augmentor.contexts(for: requests) {
      #expect(contexts[index] == nil)
      contexts[index] = context
    }
  } catch { return (contexts, error) }
  return (contexts, nil)
}
