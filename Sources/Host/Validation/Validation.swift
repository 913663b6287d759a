import FoundationEssentials
import Glibc
import PluginAPI

/// Tries a plugin: its file in this process, and whatever runs its code in processes of their own, one for each law.
struct Validation: Sendable {
  let path: String
  /// The YAML file with its options.
  let options: String?
  let seed: UInt64
  /// For each process.
  let timeLimit: Duration
  /// Bytes of private memory, for each process.
  let memory: Int
  /// How many processes at a time. Each has the compute threads of the machine.
  var jobs = max(1, Threads.count / 2)

  /// After so many processes that did not end, the laws that are left are not tried.
  private static let patience = 2

  /// Throws where there is nothing to validate, or where the options are at fault.
  func run() async throws -> ValidationReport {
    let file = try PluginFile(path: path)
    var report = ValidationReport(file: file.path, seed: seed)
    guard try looks(file, &report) else { return report }
    guard let laws = try survey(&report) else { return report }
    await attempt(laws, &report)
    let printed = report.printed.map { "in `\($0.law)`: `\(TerminalText.visible($0.text))`" }
    report.add(ValidationLaws.output, printed.map(Verdict.broken) ?? .kept)
    return report
  }

  /// What can be told from the file. False where its code cannot be run.
  private func looks(_ file: PluginFile, _ report: inout ValidationReport) throws(Diagnostic) -> Bool {
    do throws(Diagnostic) {
      try file.withElf { elf throws(Diagnostic) in
        if try ElfStamp.find(in: elf) == nil { _ = try ElfStamp.required(in: elf) }
      }
    } catch {
      // A whole library without a stamp, and what is no library at all, are no plugins.
      let isPlugin = error.code == "P303" || error.code == "P304" || (error.code == "P305" && error.message.contains("damaged"))
      guard isPlugin else { throw error }
      report.add(error.code == "P305" ? ValidationLaws.stamp : ValidationLaws.library, .broken(error.message))
      return false
    }
    report.add(ValidationLaws.library, .kept)
    return try file.withElf { elf throws(Diagnostic) in
      do throws(Diagnostic) { try ElfStamp.required(in: elf).check(path: file.path) } catch {
        report.add(ValidationLaws.stamp, .broken(error.message))
        return false
      }
      report.add(ValidationLaws.stamp, .kept)
      do throws(Diagnostic) { _ = try EntryPoint.symbol(of: elf) } catch {
        report.add(ValidationLaws.entry, .broken(error.message))
        return false
      }
      let entries = EntryPoint.symbols(of: elf)
      report.add(
        ValidationLaws.entry,
        entries.count < 2
          ? .kept
          : .broken("it exports " + entries.map { "`\($0)`" }.joined(separator: " and ") + ", of which one is never called"))
      return true
    }
  }

  /// Opens it and makes an instance; gives the laws of its kind, nil where it is not fit for them.
  private func survey(_ report: inout ValidationReport) throws -> [String]? {
    let answer = answer(.survey)
    report.identity = answer.messages.compactMap(\.identity).first
    if let fault = answer.messages.compactMap(\.fault).first {
      let law = fault.code == "P315" ? ValidationLaws.id : ValidationLaws.opens
      if law == ValidationLaws.id { report.add(ValidationLaws.opens, .kept) }
      report.add(law, .broken(fault.message), answer.seconds)
      return nil
    }
    guard report.identity != nil else {
      report.add(ValidationLaws.opens, .broken(ending(answer)), answer.seconds)
      return nil
    }
    report.add(ValidationLaws.opens, .kept, answer.seconds)
    report.add(ValidationLaws.id, .kept)
    for result in answer.messages.compactMap(\.results).joined() { report.add(result) }
    note(printed: answer, ValidationLaws.makes, &report)
    let neighbours = self.answer(.neighbours)
    for result in neighbours.messages.compactMap(\.results).joined() { report.add(result, neighbours.seconds) }
    if let faults = answer.messages.compactMap(\.options).first { throw Diagnostics(faults.map(\.diagnostic)) }
    if let names = answer.messages.compactMap(\.names).first { return names }
    if !answer.isDone {
      let law = answer.messages.contains { $0.step == .asking } ? ValidationLaws.asks : ValidationLaws.makes
      report.add(law, .broken(ending(answer)))
    }
    return nil
  }

  private func attempt(_ laws: [String], _ report: inout ValidationReport) async {
    var answers: [Int: Answer] = [:], stuck = 0
    await withTaskGroup(of: (Int, Answer).self) { group in
      var waiting = laws.indices[...], active = 0
      repeat {
        while active < jobs, stuck < Self.patience, let index = waiting.popFirst() {
          active += 1
          group.addTask { (index, answer(.law(laws[index]))) }
        }
        guard let (index, answer) = await group.next() else { break }
        active -= 1
        if answer.outcome == .timedOut { stuck += 1 }
        answers[index] = answer
      } while true
    }
    for (index, law) in laws.enumerated() {
      guard let answer = answers[index] else {
        report.add(law, .untried("\(Self.patience) laws before it were stopped at the time limit"))
        continue
      }
      report.add(law, verdict(law, answer), answer.seconds)
      note(printed: answer, law, &report)
    }
  }

  private func verdict(_ law: String, _ answer: Answer) -> Verdict {
    let results = answer.messages.compactMap(\.results).joined().filter { $0.law == law }
    if let result = results.first(where: { !$0.passed }) { return .broken(result.reason) }
    guard answer.isDone, let result = results.first else { return .broken(ending(answer)) }
    return result.reason.isEmpty ? .kept : .untried(result.reason)
  }

  private func note(printed answer: Answer, _ law: String, _ report: inout ValidationReport) {
    guard report.printed == nil, let text = answer.messages.compactMap(\.printed).first else { return }
    report.printed = (law, text)
  }

  /// What a process said, and how it ended.
  private struct Answer: Sendable {
    var messages: [ValidationMessage]
    var outcome: ChildProcess.Outcome?
    var lastWords: String?
    var seconds: Double

    var isDone: Bool { outcome == .exited(0) && messages.contains { $0.step == .done } }
  }

  private func answer(_ task: ValidationJob.Task) -> Answer {
    let seconds = timeLimit.seconds
    let job = ValidationJob(
      task: task, path: path, options: options, seed: seed, memory: memory, patience: min(5, seconds / 4))
    let start = ContinuousClock.now
    guard let text = try? jsonLine(job),
      let result = try? ChildProcess.run(["/proc/self/exe", ValidationChild.flag, text], timeout: timeLimit)
    else { return Answer(messages: [], outcome: nil, lastWords: nil, seconds: 0) }
    let messages = result.output.split(separator: 0x0A).compactMap {
      try? JSONDecoder().decode(ValidationMessage.self, from: Data($0))
    }
    return Answer(
      messages: messages, outcome: result.outcome, lastWords: result.lastErrorLines(1).first,
      seconds: (ContinuousClock.now - start).seconds)
  }

  /// How a process ended that did not come to its end.
  private func ending(_ answer: Answer) -> String {
    let words = answer.lastWords.map { "; its last words: " + TerminalText.visible(String($0.prefix(200))) } ?? ""
    switch answer.outcome {
    case nil: return "no process could be started for it"
    case .timedOut: return "it was still busy after \(plainSeconds) s" + words
    case .exited(ProcessLimits.outOfMemory): return "it took more than \(memory >> 20) MiB of memory" + words
    case .exited(let code): return "it ended the process by exit(\(code))" + words
    case .signalled(let signal): return "it crashed: \(CrashSignal.name(signal))" + words
    }
  }

  private var plainSeconds: String {
    let seconds = timeLimit.seconds
    return Int(exactly: seconds).map(String.init) ?? String(seconds)
  }
}

/// Signals that end a process, as a person knows them.
enum CrashSignal {
  static func name(_ signal: Int32) -> String { names[signal] ?? "signal \(signal), \(String(cString: strsignal(signal)))" }

  private static let names: [Int32: String] = [
    SIGSEGV: "SIGSEGV, memory that is not there", SIGBUS: "SIGBUS, memory that is not there", SIGABRT: "SIGABRT, it aborted",
    SIGILL: "SIGILL, a precondition failed", SIGTRAP: "SIGTRAP, a precondition failed", SIGFPE: "SIGFPE, division by zero",
    SIGKILL: "SIGKILL, the system or a person killed it",
  ]
}
