import ArgumentParser
import PluginAPI

/// `calm score GOLD PRED`: entity-level precision, recall and F1 of two column files.
struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score", abstract: "Score a column file of predictions against one of gold tags, entity by entity.",
    discussion: "conlleval neither refuses nor repairs malformed sequences; strict counts as seqeval's strict mode does.")

  @Argument(help: "The gold file.") var gold: String
  @Argument(help: "The predicted file: the same words.") var predicted: String
  @Option(help: "conlleval or strict.") var mode = ScoringMode.conlleval
  @Option(help: "The scheme that strict counts in: iob2 or bioes; default: the one that the tags are in.")
  var scheme: TagScheme?
  @Option(help: "What a line of either begins with that is to be passed over.") var comment: String?
  @Option(help: "text or json.") var format = OutputFormat.text

  mutating func validate() throws {
    if scheme == .iob1 { throw ValidationError("strict scoring counts in iob2 or bioes, as seqeval does") }
  }

  mutating func run() throws {
    let columns = ColumnFile.Columns(comment: comment)
    let scores = try EntityScorer.score(
      gold: ColumnFile.read(path: gold, columns: columns), predicted: ColumnFile.read(path: predicted, columns: columns),
      mode: mode, scheme: scheme)
    Console.shared.result(format == .json ? prettyJSON(scores) : scores.table)
  }
}

extension ScoringMode: ExpressibleByArgument {}
extension TagScheme: ExpressibleByArgument {}
