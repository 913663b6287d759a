import ArgumentParser
import PluginAPI

#if canImport(Glibc)
  import Glibc
#endif

/// The program. Results go to standard output, talk to standard error; see ``ExitStatus`` for what the exit code says.
struct Calm: AsyncParsableCommand {
  static let version = "0.1.0"
  static let configuration = CommandConfiguration(
    commandName: "calm", abstract: "Named-entity recognition with contexts, as plugins that YAML wires.",
    version: version,
    subcommands: [
      RunCommand.self, CheckCommand.self, AugmentCommand.self, TrainCommand.self, EvaluateCommand.self, TagCommand.self,
      ScoreCommand.self, CompareCommand.self, TablesCommand.self, ReportCommand.self, ContextsCommand.self, DataCommand.self,
      PluginCommand.self,
      ModelCommand.self,
      ConfigCommand.self, TokenizeCommand.self, EncodeCommand.self, GenerateCommand.self, BERTScoreCommand.self,
      SearchCommand.self, BenchCommand.self, ExplainCommand.self, DoctorCommand.self,
    ])
}

@main
enum Main {
  static func main() async {
    GridChild.follow()
    await ValidationChild.follow()
    await PluginRunner.takeOver()
    do {
      var command = try Calm.parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let status as ExitStatus {
      leave(status.code)
    } catch let fault as Diagnostic {
      leave(report([fault]))
    } catch let faults as Diagnostics {
      leave(report(faults.items))
    } catch let failure as HTTPFailure {
      leave(report([Diagnostic(failure)]))
    } catch let fault as PluginError {
      leave(report([Diagnostic("P320", fault.message, hint: fault.hint.isEmpty ? nil : fault.hint)]))
    } catch let fault as WeightsError {
      leave(report([Diagnostic("M402", fault.description)]))
    } catch {
      let code = Calm.exitCode(for: error)
      let text = Calm.fullMessage(for: error)
      if code.isSuccess {
        if !text.isEmpty { Console.shared.result(text) }
        leave(0)
      }
      // Faults of the command line are faults of the configuration.
      Console.shared.alarm(text.isEmpty ? "error: \(error)" : text)
      leave(code == .validationFailure ? 2 : code.rawValue)
    }
    leave(0)
  }

  /// Prints the faults; the kind of the one that is shown first decides the exit code.
  private static func report(_ faults: [Diagnostic]) -> Int32 {
    let faults = DiagnosticPrinter.ordered(faults)
    Console.shared.alarm(
      DiagnosticPrinter(color: Console.shared.colour, virtualSources: CommandLineSources.texts).text(Diagnostics(faults)))
    return faults.first.map { exitCode(for: $0.code) } ?? 1
  }

  private static func leave(_ code: Int32) -> Never {
    Console.shared.clear()
    fflush(nil)
    exit(code)
  }
}

/// Ends a command with a code and without a message: 0 ok, 1 a check found something, 2 configuration, 3 data, 4 plugin,
/// 5 network, 6 storage, 130 interrupted.
struct ExitStatus: Error {
  let code: Int32
  static let found = ExitStatus(code: 1)
  static let interrupted = ExitStatus(code: 130)
}

/// The texts of `--set`, which diagnostics quote as their source lines.
enum CommandLineSources {
  static var texts: [String: String] {
    var values: [String] = []
    var arguments = CommandLine.arguments.dropFirst().makeIterator()
    while let argument = arguments.next() {
      if argument == "--set" { values += arguments.next().map { [$0] } ?? [] }
      if argument.hasPrefix("--set=") { values.append(String(argument.dropFirst(6))) }
    }
    return overrideSources(values)
  }
}

/// How a table is printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json
}

/// Options of the commands that talk while they work.
struct CommonOptions: ParsableArguments {
  @Flag(help: "Print results only.")
  var quiet = false

  func apply() { if quiet { Console.shared.quiet = true } }
}

/// The experiment file and its overrides.
struct ExperimentOptions: ParsableArguments {
  @Argument(help: "The experiment file.")
  var config = "plugins.yaml"

  @Option(name: .customLong("set"), help: ArgumentHelp("Override a value by its dotted path.", valueName: "path=value"))
  var overrides: [String] = []

  @OptionGroup var trust: TrustOptions

  func load() throws -> Experiment { try Experiment(path: config, overrides: overrides) }
}

/// Values of a run's own configuration that are different this time, e.g. the encoder's precision.
struct OverrideOptions: ParsableArguments {
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Override a value of the run by its dotted path, e.g. encoder.options.precision=int8.", valueName: "path=value"))
  var set: [String] = []

  @OptionGroup var trust: TrustOptions
}

/// Whether plugins have to be locked.
struct TrustOptions: ParsableArguments {
  @Flag(help: "Open plugins too that `plugins.lock` does not name; the run's record says so.")
  var allowUnpinned = false

  func validate() { if allowUnpinned { PluginTrust.allowsUnpinned = true } }

  /// As it was given, for the command that resumes.
  var arguments: String { allowUnpinned ? " --allow-unpinned" : "" }
}
