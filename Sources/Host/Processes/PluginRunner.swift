import CLinux
import FoundationEssentials
import Glibc
import PluginAPI
import Synchronization

/// This program as the child of another: it opens a library and speaks frames for it, or becomes a command. In either case the
/// kernel ends it with the thread that started it.
enum PluginRunner {
  /// `calm __plugin serve PARENT LIBRARY [SHA256]`, `calm __plugin exec PARENT COMMAND…`: not for people.
  static let argument = "__plugin"

  /// Called at the start of every command; returns where this is no child.
  static func takeOver() async {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard arguments.first == argument, arguments.count >= 4, let parent = pid_t(arguments[2]) else { return }
    calm_end_with_parent(SIGKILL)
    // The host may have died before the line above.
    if getppid() != parent { exit(130) }
    if arguments[1] == "exec" { become(Array(arguments[3...])) }
    await serve(library: arguments[3], sha256: arguments.count > 4 ? arguments[4] : nil)
    exit(0)
  }

  private static func become(_ words: [String]) -> Never {
    var list: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    if let program = list[0] { execvp(program, &list) }
    let message = Array("cannot start `\(words[0])`: \(systemMessage())\n".utf8)
    _ = write(2, message, message.count)
    exit(127)
  }

  private static func serve(library: String, sha256: String?) async {
    signal(SIGPIPE, SIG_IGN)
    // What the plugin prints must not come among the frames.
    let channel = fcntl(0, F_DUPFD_CLOEXEC, 3)
    let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
    guard channel >= 0, nothing >= 0, dup2(nothing, 0) >= 0, dup2(2, 1) >= 0 else { exit(1) }
    var server = PluginServer(channel: channel, library: library, sha256: sha256)
    await server.run()
  }
}

/// Speaks frames for a library.
private struct PluginServer {
  let channel: Int32
  let library: String
  let sha256: String?
  private let writer: FrameWriter
  private var reader = FrameReader()
  private var augmentor: (any Augmentor)?

  init(channel: Int32, library: String, sha256: String?) {
    self.channel = channel
    self.library = library
    self.sha256 = sha256
    writer = FrameWriter(channel)
  }

  /// Answers until the host says nothing more.
  mutating func run() async {
    while let content = await nextContent() {
      do {
        switch try FrameCode.decode(HostFrame.self, content) {
        case .describe:
          let plugin = try load()
          writer.write(.description(PluginSelfDescription(plugin.manifest)))
        case .create(let creation): try create(creation)
        case .ask(let requests): try await answer(requests)
        }
      } catch {
        writer.write(.error(Self.fault(error)))
      }
    }
  }

  /// Whether the library may be opened was decided by the host.
  private func load() throws -> LoadedPlugin {
    try PluginLoader.load(path: library, expectedSHA256: sha256, trust: .unchecked)
  }

  private mutating func create(_ creation: HostFrame.Creation) throws {
    let plugin = try load()
    let surroundings = creation.surroundings ?? Surroundings()
    try prepareMachine(threads: surroundings.threads)
    let services = surroundings.services(seed: creation.seed, cacheFolder: creation.cacheFolder) { [writer] level, message in
      writer.write(.log(level: level, message: message))
    }
    let options = creation.options.node(at: SourceMark(file: "the host", line: 1, column: 1))
    let made = try plugin.factory.make(options: options, shape: Shape(), services: services)
    guard let augmentor = made as? any Augmentor else {
      throw Diagnostic("P310", "plugin `\(plugin.manifest.id)` made something that is no augmentor")
    }
    self.augmentor = augmentor
    writer.write(.created(fingerprint: augmentor.fingerprint))
  }

  private func answer(_ requests: [AskedRequest]) async throws {
    guard let augmentor else { throw PluginError("`ask` came before `create`") }
    let requests = try requests.map { request in
      guard let key = UInt64(request.random, radix: 16) else { throw PluginError("`random` is `\(request.random)`") }
      return ContextRequest(
        index: request.index, words: request.words, split: request.split, position: request.position,
        splitCount: request.splitCount, prompt: request.prompt, random: RandomStream(key: key))
    }
    for try await (index, context) in try await augmentor.contexts(for: requests) {
      if let failure = context.failure {
        writer.write(.failure(index: index, message: failure))
      } else {
        writer.write(.answer(PluginFrame.Answer(index, context)))
      }
    }
    writer.write(.done)
  }

  private static func fault(_ error: any Error) -> PluginFrame.Fault {
    switch error {
    case let fault as Diagnostic: PluginFrame.Fault(message: fault.message, hint: fault.hint, code: fault.code)
    case let faults as Diagnostics where !faults.items.isEmpty: self.fault(faults.items[0])
    case let failure as HTTPFailure: self.fault(Diagnostic(failure))
    case let fault as PluginError:
      PluginFrame.Fault(message: fault.message, hint: fault.hint.isEmpty ? nil : fault.hint)
    case let fault as WeightsError: PluginFrame.Fault(message: fault.description, code: "M402")
    case let fault as FrameReader.Fault: PluginFrame.Fault(message: "the host sent \(fault.message)")
    default: PluginFrame.Fault(message: "\(error)")
    }
  }

  private mutating func nextContent() async -> [UInt8]? {
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      do {
        if let content = try reader.next() { return content }
      } catch {
        writer.write(.error(Self.fault(error)))
        return nil
      }
      let count = read(channel, &piece, piece.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return nil }
      reader.append(piece[..<count])
    }
  }
}

/// Writes frames one after the other, whichever thread they come from. A host that is gone is no one to write to: the process ends.
private final class FrameWriter: Sendable {
  private let channel: Int32
  private let lock = Mutex(())

  init(_ channel: Int32) { self.channel = channel }

  func write(_ frame: PluginFrame) {
    let bytes: [UInt8]
    do {
      bytes = try FrameCode.encode(frame)
    } catch {
      return write(.error(PluginFrame.Fault(message: "the plugin made \(error.message)")))
    }
    lock.withLock { _ in
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(channel, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { exit(0) }
        rest.removeFirst(count)
      }
    }
  }
}

extension PluginFrame.Answer {
  fileprivate init(_ index: Int, _ context: Context) {
    self.init(
      index: index, text: context.text, finish: context.finish, source: context.source, tokens: context.tokens,
      promptTokens: context.promptTokens, milliseconds: context.milliseconds,
      details: context.details.isEmpty ? nil : context.details)
  }
}
