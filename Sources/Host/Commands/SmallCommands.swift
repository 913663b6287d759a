import ArgumentParser
import PluginAPI

/// `calm config`: what a file comes to.
struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Show or start an experiment file.", subcommands: [Show.self, Init.self])

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print every value with its origin.")
    @OptionGroup var experiment: ExperimentOptions

    mutating func run() throws { Console.shared.output(ConfigPrinter.print(try experiment.load().resolved)) }
  }

  struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print a commented experiment file to start from.")

    mutating func run() throws { Console.shared.result(starterFile()) }
  }
}

/// `calm explain CODE`.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "explain", abstract: "Explain an error code.")

  @Argument(help: "The code, e.g. C101.")
  var code: String

  mutating func run() throws {
    guard let entry = ErrorCode.find(code) else {
      let near = ErrorCode.nearest(to: code)?.code
      throw Diagnostic(
        "C104", "there is no error code `\(code)`", hint: near.map { "did you mean `\($0)`?" },
        notes: ["all codes: " + ErrorCode.all.map(\.code).joined(separator: ", ")])
    }
    Console.shared.result("\(entry.code): \(entry.title)\n\n\(entry.text)")
  }
}

/// `calm doctor`: whether this machine is fit, and how fast it is.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Check this machine: linear algebra, threads, plugins, cache.")

  mutating func run() throws {
    let machine = MachineRecord.current()
    var rows = [
      ["calm", machine.calm], ["compiler", machine.compiler], ["processor", machine.processor],
      ["threads", String(machine.threads)], ["linear algebra", machine.blas],
      ["self-test", LinearAlgebra.selfTest ?? "ok: products agree with float64"],
      ["speed", "\(fixed(measureGFLOPs(), 0)) GFLOP/s float32, 1024 x 1024 x 1024"], ["cache", defaultCacheFolder()],
    ]
    let (plugins, faults) = PluginRegistry(declared: [], folders: []).all()
    rows.append(["plugins", plugins.map(\.manifest.id).sorted().joined(separator: " ")])
    rows += faults.map { ["fault", DiagnosticPrinter.line($0)] }
    Console.shared.result(TextTable(header: [], rows: rows).description)
    if LinearAlgebra.selfTest != nil || !faults.isEmpty { throw ExitStatus.found }
  }

  private func measureGFLOPs() -> Double {
    let n = 1024
    let a = Tensor(zeros: [n, n]), b = Tensor(zeros: [n, n]), c = Tensor(zeros: [n, n])
    for i in 0..<a.count { (a.data[i], b.data[i]) = (1, 0.5) }
    let best =
      (0..<5).map { _ in
        ContinuousClock().measure {
          Kernels.gemm(transposeB: true, m: n, n: n, k: n, a.data, lda: n, b.data, ldb: n, into: c.data, ldc: n)
        }.seconds
      }.min() ?? 1
    return 2 * Double(n * n * n) / best * 1e-9
  }
}
