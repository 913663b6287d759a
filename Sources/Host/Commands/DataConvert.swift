import ArgumentParser
import PluginAPI

extension DataCommand {
  /// `calm data convert`: labelled sentences in another form.
  struct Convert: ParsableCommand {
    enum Form: String, ExpressibleByArgument, CaseIterable { case conll, jsonl }

    static let configuration = CommandConfiguration(
      abstract: "Write labelled sentences as columns or JSON Lines, with their tags in another scheme.",
      discussion: """
        The file is one of columns, or of JSON Lines with `tokens` and `ner_tags`, as Hugging Face's data sets are exported; its \
        content tells. Other columns than token and tag are left out; documents stay marked in columns.
        """)

    @Argument(help: "The file; - is standard input.") var file: String
    @Option(name: .shortAndLong, help: ArgumentHelp("Where it goes; default: standard output.", valueName: "file"))
    var output: String?
    @Option(help: "conll: a word and its tag a line, separated by a tab; jsonl: an object a sentence.") var to = Form.conll
    @Option(help: "iob1, iob2 or bioes; default: the tags as they are.") var scheme: TagScheme?
    @OptionGroup var columns: ColumnOptions
    @Option(help: ArgumentHelp("What tags that are numbers are called, from 0.", valueName: "O,B-PER,I-PER")) var names: String?
    @Flag(help: "With --scheme: read malformed sequences as the scorer does, instead of refusing them.") var repair = false
    @OptionGroup var common: CommonOptions

    mutating func run() throws {
      common.apply()
      var data = try read()
      if let scheme { data = try data.converted(to: scheme, repair: repair) }
      let text =
        switch to {
        case .conll: try ColumnFile.text(data.sentences, documents: data.documentCount > 0, separator: "\t")
        case .jsonl: try JSONSentences.text(data.sentences)
        }
      guard let output else { return Console.shared.output(text) }
      try FileBytes.write(text, to: output)
      Console.shared.talk("\(data.sentences.count) sentences in \(output)")
    }

    private func read() throws -> Dataset {
      let bytes = try readInput(file)
      guard JSONSentences.recognise(bytes) else {
        return try ColumnFile.parse(bytes, path: file, columns: columns.columns)
      }
      let names = (names ?? "").filter { $0 != " " }.split(separator: ",").map(String.init)
      return try JSONSentences.parse(bytes, path: file, names: names)
    }
  }
}
