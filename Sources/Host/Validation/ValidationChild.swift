import CLinux
import FoundationEssentials
import Glibc
import PluginAPI

/// The side of `calm plugin validate` that a plugin's code runs on: a process of its own, which may crash, hang or end early.
/// It says what it does in lines of JSON on what was its standard output.
enum ValidationChild {
  /// The argument that makes a process one, in front of the job.
  static let flag = "--validation-job"

  /// Called at the start of every command; does not return in such a process.
  static func follow() async {
    let arguments = CommandLine.arguments
    guard arguments.count == 3, arguments[1] == flag,
      let job = try? JSONDecoder().decode(ValidationJob.self, from: Data(arguments[2].utf8))
    else { return }
    calm_end_with_parent(SIGTERM)
    ProcessLimits.set(memory: job.memory)
    let channel = Channel()
    await ValidationWork(job: job, channel: channel).run()
    if let printed = channel.printed() { channel.send(ValidationMessage(printed: printed)) }
    channel.send(ValidationMessage(step: .done))
    // What a plugin left for the end of the process is no part of the law.
    _exit(0)
  }

  /// What was standard output goes to the parent; what the plugin writes there is kept in memory.
  struct Channel {
    private let output: Int32
    private let printedFile: Int32

    fileprivate init() {
      output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
      printedFile = calm_memory_file("stdout")
      if printedFile >= 0 { dup2(printedFile, STDOUT_FILENO) }
    }

    func send(_ message: ValidationMessage) {
      guard let line = try? jsonLine(message) else { return }
      var bytes = Array((line + "\n").utf8)[...]
      while !bytes.isEmpty {
        let count = bytes.withUnsafeBytes { write(output, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return }
        bytes = bytes.dropFirst(count)
      }
    }

    /// The beginning of what was written to standard output, nil where nothing was.
    fileprivate func printed() -> String? {
      fflush(nil)
      var bytes = [UInt8](repeating: 0, count: 80)
      let count = pread(printedFile, &bytes, bytes.count, 0)
      return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }
  }
}

/// What such a process does.
private struct ValidationWork {
  let job: ValidationJob
  let channel: ValidationChild.Channel

  func run() async {
    channel.send(ValidationMessage(step: .opening))
    let plugin: LoadedPlugin
    do throws(Diagnostic) { plugin = try PluginLoader.load(path: job.path, trust: .unchecked) } catch {
      return channel.send(ValidationMessage(fault: .init(error)))
    }
    let manifest = plugin.manifest
    channel.send(
      ValidationMessage(identity: .init(id: manifest.id, kind: manifest.kind.rawValue, version: manifest.version)))
    switch job.task {
    case .survey: await survey(plugin)
    case .neighbours: lookAround(plugin)
    case .law(let name): await attempt(name, plugin)
    }
  }

  private func report(_ results: [LawResult]) {
    channel.send(ValidationMessage(results: results.map { ValidationMessage.Result($0) }))
  }

  private func survey(_ plugin: LoadedPlugin) async {
    report(checkManifest(plugin.manifest))
    guard plugin.manifest.kind != .service else { return }
    channel.send(ValidationMessage(step: .making))
    let subject: ValidationSubject, instance: any Plugin
    do { subject = try ValidationSubject(plugin, options: job.options) } catch {
      let faults = (error as? Diagnostics)?.items ?? [(error as? Diagnostic) ?? Diagnostic("C104", "\(error)")]
      return channel.send(ValidationMessage(options: faults.map { ValidationMessage.Fault($0) }))
    }
    do { instance = try subject.make() } catch {
      return report([LawResult(law: ValidationLaws.makes, passed: false, reason: Self.words(error))])
    }
    let fault = ValidationSubject.kindFault(instance, plugin.manifest.kind)
    report([
      LawResult(law: ValidationLaws.makes, passed: true, reason: ""),
      LawResult(law: ValidationLaws.kind, passed: fault == nil, reason: fault ?? ""),
    ])
    guard fault == nil else { return }
    channel.send(ValidationMessage(step: .asking))
    let laws = await subject.laws(instance, .names, seed: job.seed, patience: job.patience)
    channel.send(ValidationMessage(names: laws.map(\.law)))
  }

  private func attempt(_ law: String, _ plugin: LoadedPlugin) async {
    do {
      let subject = try ValidationSubject(plugin, options: job.options), instance = try subject.make()
      channel.send(ValidationMessage(step: .trying))
      report(await subject.laws(instance, .one(law), seed: job.seed, patience: job.patience))
    } catch {
      report([LawResult(law: law, passed: false, reason: "it could be made before, and now: \(Self.words(error))")])
    }
  }

  /// A file of the same name stands for another build of the same plugin; one of another name could be found in its place.
  private func lookAround(_ plugin: LoadedPlugin) {
    let name = plugin.path.split(separator: "/").last
    let others = PluginRegistry(declared: [], folders: [], trust: .unlocked).all().plugins.filter {
      $0.manifest.id == plugin.manifest.id && $0.factory !== plugin.factory && $0.path.split(separator: "/").last != name
    }
    let fault = others.first.map { "`\(plugin.manifest.id)` is also the id of `\($0.path)`" }
    report([LawResult(law: ValidationLaws.neighbours, passed: fault == nil, reason: fault ?? "")])
  }

  private static func words(_ error: any Error) -> String {
    if let faults = error as? Diagnostics { return faults.items.map(\.message).joined(separator: "; ") }
    if let fault = error as? Diagnostic { return fault.message + (fault.hint.map { "; " + $0 } ?? "") }
    return "\(error)"
  }
}
