import CLinux
import FoundationEssentials
import Glibc
import PluginAPI

/// Runs the runs of a grid that are not finished yet, each in a process of its own: one that fails or crashes takes none of the
/// others with it.
struct GridRunner {
  let grid: Grid
  /// The grid's folder.
  let folder: String
  /// How many processes at a time.
  let jobs: Int
  /// This machine's share of the runs, e.g. 1 of 4.
  var shard = (number: 1, of: 1)
  /// Megabytes that all processes together may take.
  var memory: Double = 0.8 * availableMegabytes()

  /// What became of a run.
  enum Outcome: Sendable, Equatable {
    case finished
    case failed(String)
  }

  private struct Job {
    var run: Grid.Run
    var slot: Int
  }

  /// Runs of this shard.
  var own: [Grid.Run] {
    grid.runs.enumerated().filter { $0.offset % shard.of == shard.number - 1 }.map(\.element)
  }

  /// Whether a run has its results, and they are this experiment's. Throws where its folder holds another experiment.
  func isFinished(_ run: Grid.Run) throws -> Bool {
    let path = "\(folder)/\(run.folder)"
    guard FileManager.default.fileExists(atPath: path + "/results.json") else { return false }
    if let objection = try run.objection(to: path) {
      throw Diagnostic("S605", objection, hint: "choose another folder with --out, or delete that one")
    }
    return true
  }

  /// Runs everything that is open; gives the runs that failed, with the reason. Stops on Ctrl-C after the processes have saved.
  func run() throws -> [(run: Grid.Run, reason: String)] {
    var waiting = try own.filter { try !isFinished($0) }[...]
    let total = own.count, program = Self.program
    var active: [pid_t: Job] = [:], failed: [(run: Grid.Run, reason: String)] = []
    var peak = 0.0  // megabytes of the largest process so far
    var asked = false
    Interruption.watch()
    if waiting.count < total { Console.shared.talk("\(total - waiting.count) of \(total) runs are finished already") }
    while !waiting.isEmpty || !active.isEmpty {
      // One alone first: its memory says how many fit.
      let room = peak > 0 ? max(1, Int(memory / peak)) : 1
      while !Interruption.isRequested, active.count < min(jobs, room), let run = waiting.popFirst() {
        let slot = (0..<jobs).first { slot in !active.values.contains { $0.slot == slot } } ?? 0
        do {
          active[try start(run, slot: slot, program: program)] = Job(run: run, slot: slot)
          Console.shared.talk("run \(total - waiting.count) of \(total): \(run.folder)")
        } catch {
          failed.append((run, "\(error)"))
        }
      }
      if Interruption.isRequested {
        if active.isEmpty { break }
        if !asked { for process in active.keys { kill(process, SIGINT) } }
        asked = true
      }
      var status: Int32 = 0, usage = rusage()
      let ended = active.keys.first { wait4($0, &status, WNOHANG, &usage) == $0 }
      guard let ended, let job = active.removeValue(forKey: ended) else {
        // A running process may be the largest so far, long before it ends.
        if peak == 0, active.count == 1, let process = active.keys.first, jobs > 1 {
          let now = Self.megabytes(of: process)
          if hasTrained(active[process]?.run) { peak = now * 1.2 }
        }
        usleep(50_000)
        continue
      }
      peak = max(peak, Double(usage.ru_maxrss) / 1024)
      if case .failed(let reason) = outcome(of: job.run, status: status), !Interruption.isRequested {
        Console.shared.alarm("error: run \(job.run.folder) failed: \(reason); the others go on")
        failed.append((job.run, reason))
      }
    }
    return failed
  }

  /// Whether the process has taken its first steps: by then it has what memory it takes.
  private func hasTrained(_ run: Grid.Run?) -> Bool {
    guard let run else { return false }
    return FileManager.default.fileExists(atPath: "\(folder)/\(run.folder)/metrics.jsonl")
  }

  private func outcome(of run: Grid.Run, status: Int32) -> Outcome {
    let signal = status & 0x7F, code = (status >> 8) & 0xFF
    if signal == 0 && code == 0 { return .finished }
    let log = "\(folder)/\(run.folder).log"
    let words = ((try? FileBytes.read(log)).map { String(decoding: $0.suffix(4000), as: UTF8.self) } ?? "")
      .split(whereSeparator: \.isNewline).last { $0.hasPrefix("error") }.map(String.init)
    let how = signal != 0 ? "signal \(signal) (\(String(cString: strsignal(signal))))" : "exit code \(code)"
    return .failed("\(how)\(words.map { ": " + $0 } ?? ""); see \(log)")
  }

  /// Starts `calm run` on the cell's own configuration file. The cores of the machine are shared out among the slots.
  private func start(_ run: Grid.Run, slot: Int, program: String) throws -> pid_t {
    let target = "\(folder)/\(run.folder)"
    let parent = target.split(separator: "/").dropLast().joined(separator: "/")
    try FileManager.default.createDirectory(
      atPath: (target.hasPrefix("/") ? "/" : "") + parent, withIntermediateDirectories: true)
    let config = target + ".yaml"
    try FileBytes.write(run.configuration, to: config)
    if let lock = run.experiment.registry.trust.lock { try FileBytes.write(lock.text, to: PluginLock.path(beside: config)) }
    let log = open(target + ".log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard log >= 0 else { throw Diagnostic("S601", "\(target).log cannot be written: \(systemMessage())") }
    defer { close(log) }
    let before = Cores.allowed()
    if jobs > 1 { Cores.allow(before.enumerated().filter { $0.offset % jobs == slot % max(1, before.count) }.map(\.element)) }
    defer { if jobs > 1 { Cores.allow(before) } }
    return try ChildProcess.start(
      [program, "run", config, "--out", target, "--resume", "--format", "json"]
        + (PluginTrust.allowsUnpinned ? ["--allow-unpinned"] : []), output: log, errors: log,
      environment: [GridChild.variable: String(getpid())], ownGroup: true)
  }

  /// This program's own file.
  private static var program: String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
  }

  private static func megabytes(of process: pid_t) -> Double {
    let text = (try? FileBytes.read("/proc/\(process)/statm")).map { String(decoding: $0, as: UTF8.self) } ?? ""
    return (text.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0) * Double(getpagesize()) / 1_048_576
  }
}

/// What `/proc/meminfo` says is available.
private func availableMegabytes() -> Double {
  let text = (try? FileBytes.read("/proc/meminfo")).map { String(decoding: $0, as: UTF8.self) } ?? ""
  let line = text.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
  return (line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 4e6) / 1024
}

/// The processor's cores that the calling thread, and what it starts, may use.
private enum Cores {
  private static let maskBytes = 128

  static func allowed() -> [Int] {
    var mask = [UInt8](repeating: 0, count: maskBytes)
    guard calm_get_affinity(UInt(maskBytes), &mask) > 0 else { return [] }
    return (0..<maskBytes * 8).filter { mask[$0 / 8] >> UInt8($0 % 8) & 1 == 1 }
  }

  static func allow(_ cores: [Int]) {
    guard !cores.isEmpty else { return }
    var mask = [UInt8](repeating: 0, count: maskBytes)
    for core in cores { mask[core / 8] |= 1 << UInt8(core % 8) }
    _ = calm_set_affinity(UInt(maskBytes), mask)
  }
}

/// A process that a grid started ends with it: where the grid is killed, the run saves and stops.
enum GridChild {
  static let variable = "CALM_GRID_PROCESS"

  /// Called at the start of every command.
  static func follow() {
    guard let parent = environment(variable).flatMap({ pid_t($0) }) else { return }
    unsetenv(variable)  // its own children are not the grid's
    calm_end_with_parent(SIGTERM)
    // It may have died before the line above.
    if getppid() != parent { exit(130) }
  }
}
