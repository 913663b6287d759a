import PluginAPI

/// An instance that a plugin in C has made. Its calls never overlap, which those who make them see to; hence `@unchecked Sendable`.
final class CInstance: @unchecked Sendable {
  /// What the plugin keeps.
  let pointer: UnsafeMutableRawPointer?
  private let destroy: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?
  /// What the instance may look at as long as it lives.
  private let arena = CArena()
  private let log: CLog

  init(of plugin: calm_plugin, options: ConfigNode, fields: [OptionField], services: Services) throws {
    log = CLog(services)
    let host = arena.array([
      calm_host(
        size: MemoryLayout<calm_host>.size, seed: services.seed, cache_folder: arena.string(services.cacheFolder),
        threads: UInt32(clamping: Threads.count), context: Unmanaged.passUnretained(log).toOpaque(), log: CLog.write)
    ])
    let call = CArena()
    let values = call.values(of: options, fields)
    guard let create = plugin.create else { throw PluginError("it has no `create`") }
    var made: UnsafeMutableRawPointer?
    try report("create") { create(host, call.pointers(values), values.count, &made, $0) }
    withExtendedLifetime(call) {}
    pointer = made
    destroy = plugin.destroy
  }

  deinit { destroy?(pointer) }
}

/// Calls a function of a plugin, and throws what it reports.
func report(_ function: String, _ body: (UnsafeMutablePointer<calm_error>) -> Int32) throws {
  let size = MemoryLayout<calm_error>.size
  let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: MemoryLayout<calm_error>.alignment)
  defer { memory.deallocate() }
  memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
  memory.storeBytes(of: size, as: Int.self)
  let code = body(memory.assumingMemoryBound(to: calm_error.self))
  guard code != CALM_OK else { return }
  if code == CALM_STOPPED { throw CancellationError() }
  // The message has 1024 bytes behind the size, the hint 512 behind the message.
  func text(_ range: Range<Int>) -> String {
    let bytes = UnsafeRawBufferPointer(start: memory, count: size)[range]
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
  let start = MemoryLayout<Int>.size
  let message = text(start..<start + 1024), hint = text(start + 1024..<start + 1536)
  throw PluginError(message.isEmpty ? "`\(function)` fails with code \(code) and does not say why" : message, hint: hint)
}

/// Where messages of a plugin in C go.
private final class CLog: Sendable {
  private let services: Services
  init(_ services: Services) { self.services = services }

  static let write: @convention(c) (UnsafeMutableRawPointer?, UInt32, UnsafePointer<CChar>?) -> Void = { context, level, text in
    guard let context, let text else { return }
    let log = Unmanaged<CLog>.fromOpaque(context).takeUnretainedValue()
    log.services.log(
      level == CALM_DEBUG ? .debug : level == CALM_WARNING ? .warning : .info, String(cString: text))
  }
}

extension CArena {
  /// The options that have a value, in the order of their description.
  fileprivate func values(of options: ConfigNode, _ fields: [OptionField]) -> [calm_value] {
    fields.compactMap { field in
      guard let node = options[field.name], !node.isNull else { return nil }
      var value = calm_value()
      value.size = MemoryLayout<calm_value>.size
      value.name = string(field.name)
      if let items = node.list {
        value.items = UnsafePointer(array(items.map { text($0.text ?? "") }))
        value.item_count = items.count
        return value
      }
      value.text = text(node.text ?? "")
      switch field.type {
      case .boolean: value.integer = node.boolean == true ? 1 : 0
      case .integer: value.integer = Int64(node.integer ?? 0)
      default: break
      }
      if case .integer = field.type { value.number = Double(value.integer) }
      if case .number = field.type { value.number = node.number ?? 0 }
      return value
    }
  }
}
