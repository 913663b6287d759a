import ArgumentParser
import FoundationEssentials
import NetworkPolicy
import PluginAPI
import Testing

@testable import Host

/// What the pages say is what the code does.
struct DocumentationTests {
  /// The sections of an experiment, by their headings in `configuration.md`.
  private static let sections: [(heading: String, fields: [OptionField])] = [
    ("Top level", ExperimentFields.all), ("`data`", DataSection.fields), ("`contexts`", ContextsSection.fields),
    ("`augmentor`", ExperimentFields.augmentor), ("`prompt`", PromptSection.fields), ("`stored`", StoredSection.fields),
    ("`encoder`, `decoder`, `loss`", ExperimentFields.plugin),
    ("`training`", TrainingSection.fields), ("`http`", HTTPPolicy.fields), ("`plugins`", ExperimentFields.library),
    ("`models`", DeclaredModel.fields),
  ]

  @Test func `the page of errors has every code and its text`() throws {
    var entries: [(head: String, words: [Substring])] = []
    var inEntry = false
    for line in try Page("Documentation/errors.md").prose {
      if line.hasPrefix("#") {
        inEntry = line.hasPrefix("### ")
        if inEntry { entries.append((String(line.dropFirst(4)), [])) }
      } else if inEntry {
        entries[entries.count - 1].words += line.split(separator: " ")
      }
    }
    #expect(entries.map(\.head) == ErrorCode.all.map { "\($0.code): \($0.title)" })
    for (entry, right) in zip(entries, ErrorCode.all) {
      #expect(entry.words == right.text.split(whereSeparator: \.isWhitespace), "\(right.code)")
    }
  }

  @Test func `the page of the configuration has every key as it is described`() throws {
    let page = try Page("Documentation/configuration.md")
    for section in Self.sections {
      #expect(page.table(under: section.heading) == table(section.fields), "\(section.heading)")
    }
  }

  @Test func `the page on plugins quotes the files of the example`() throws {
    let quoted = try Page("Documentation/plugins.md").blocks.filter { $0.language == "swift" }.map(\.text)
    let files = try ["Package.swift", "Sources/Echo/Echo.swift"].map { try Page.read("Examples/plugins/Echo/\($0)") }
    #expect(quoted == files)
  }

  /// Missing keys are allowed: an example may show a part of an experiment.
  @Test func `every experiment in the pages has keys that exist`() throws {
    let parts: [(key: String, fields: [OptionField])] = [
      ("data", DataSection.fields), ("contexts", ContextsSection.fields), ("augmentor", ExperimentFields.augmentor),
      ("encoder", ExperimentFields.plugin), ("decoder", ExperimentFields.plugin), ("loss", ExperimentFields.plugin),
      ("training", TrainingSection.fields), ("http", HTTPPolicy.fields),
    ]
    var count = 0
    for page in try Page.all() {
      for block in page.blocks where block.language == "yaml" && block.text.hasPrefix("# experiment\n") {
        count += 1
        let node = try parseYAML(Array(block.text.utf8), named: page.path)
        var faults = check(node, against: ExperimentFields.all, what: "the experiment")
        for part in parts {
          if let section = node[part.key] { faults += check(section, against: part.fields, what: "`\(part.key)`") }
        }
        if let augmentor = node["augmentor"], augmentor["prompt"] != nil, let id = augmentor["plugin"]?.text {
          #expect(!["echo", "precomputed", "search-engine"].contains(id), "takes no prompt: \(block.text)")
        }
        let shown = faults.filter { $0.code != "C103" }.map(DiagnosticPrinter.line)
        #expect(shown.isEmpty, "\(block.text)")
      }
    }
    #expect(count >= 3)
  }

  @Test func `every command line in the pages names a command`() throws {
    var count = 0
    for page in try Page.all() {
      for block in page.blocks where block.language == "console" {
        for line in block.text.split(separator: "\n") where line.hasPrefix("$ ") {
          for command in line.dropFirst(2).split(separator: "|") {
            let words = command.split(separator: " ").drop { $0.contains("=") }
            guard words.first?.split(separator: "/").last == "calm" else { continue }
            count += 1
            let unknown = unknownSubcommand(words.dropFirst())
            #expect(unknown == nil, "\(page.path): \(line)")
          }
        }
      }
    }
    #expect(count >= 10)
  }

  @Test func `every command is in the table of the README`() throws {
    let readme = try Page("README.md").table(under: "Commands").joined(separator: "\n")
    for command in leaves(of: Calm.self, named: "calm") {
      #expect(readme.contains("`\(command) ") || readme.contains("`\(command)`"), "\(command)")
    }
  }

  @Test func `links lead to files and headings that exist`() throws {
    for page in try Page.all() {
      let folder = page.path.split(separator: "/").dropLast().map { $0 + "/" }.joined()
      for match in page.prose.joined(separator: "\n").matches(of: /\]\(([^)\s]+)\)/) where !match.1.contains("://") {
        let parts = match.1.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let file = parts[0].isEmpty ? page.path : folder + parts[0]
        guard FileManager.default.fileExists(atPath: "\(Page.root)/\(file)") else {
          Issue.record("\(page.path) links to \(match.1), which does not exist")
          continue
        }
        if parts.count == 2 {
          #expect(try Page(file).anchors.contains(String(parts[1])), "\(page.path) links to \(match.1)")
        }
      }
    }
  }

  /// The table of a section as `configuration.md` has it.
  private func table(_ fields: [OptionField]) -> [String] {
    func plain(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? String(value) }
    let rows = fields.map { field in
      let standard = field.optional ? field.shownDefault.map { "`\($0)`" } ?? "–" : "required"
      let range = field.range.map { "\(plain($0.lowerBound)) to \(plain($0.upperBound))" } ?? ""
      return ["`\(field.name)`", field.type.name, standard, range, field.help]
    }
    let head = [["key", "type", "default", "range", "help"], [String](repeating: "---", count: 5)]
    return (head + rows).map { row in
      "| " + row.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
    }
  }

  /// The first word that should name a subcommand and does not.
  private func unknownSubcommand(_ words: ArraySlice<Substring>) -> Substring? {
    var command: any ParsableCommand.Type = Calm.self
    for word in words {
      let subcommands = command.configuration.subcommands
      if subcommands.isEmpty || word.hasPrefix("-") { return nil }
      guard let next = subcommands.first(where: { $0._commandName == word }) else { return word }
      command = next
    }
    return nil
  }

  /// The commands without subcommands, with the names of those above them.
  private func leaves(of command: any ParsableCommand.Type, named name: String) -> [String] {
    let subcommands = command.configuration.subcommands
    return subcommands.isEmpty ? [name] : subcommands.flatMap { leaves(of: $0, named: "\(name) \($0._commandName)") }
  }
}

/// A Markdown page of the repository.
struct Page {
  /// A fenced block.
  struct Block {
    let language: String
    var text = ""
  }

  /// From the root of the repository.
  let path: String
  private(set) var blocks: [Block] = []
  /// The lines outside of blocks.
  private(set) var prose: [Substring] = []

  static let root = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")

  /// The pages that are checked.
  static func all() throws -> [Page] {
    let names = try FileManager.default.contentsOfDirectory(atPath: root + "/Documentation").filter { $0.hasSuffix(".md") }
    let others =
      ["README.md", "Examples/README.md", "Examples/data/README.md", "Documentation/results/README.md"]
      + ["C", "Echo", "Python", "Rust"].map { "Examples/plugins/\($0)/README.md" }
    return try (others + names.sorted().map { "Documentation/" + $0 }).map { try Page($0) }
  }

  static func read(_ path: String) throws -> String {
    let data = try #require(FileManager.default.contents(atPath: "\(root)/\(path)"), "\(path) cannot be read")
    return String(decoding: data, as: UTF8.self)
  }

  init(_ path: String) throws {
    self.path = path
    let text = try Page.read(path)
    var inBlock = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        inBlock.toggle()
        if inBlock { blocks.append(Block(language: String(line.dropFirst(3)))) }
      } else if inBlock {
        blocks[blocks.count - 1].text += line + "\n"
      } else {
        prose.append(line)
      }
    }
  }

  /// The rows of the table between the heading `## name`, or `### name`, and the next one.
  func table(under name: String) -> [String] {
    let section = prose.drop { $0 != "## " + name && $0 != "### " + name }.dropFirst().prefix { !$0.hasPrefix("#") }
    // Where a section has several, the first.
    return section.drop { !$0.hasPrefix("|") }.prefix { $0.hasPrefix("|") }.map(String.init)
  }

  /// What links to headings of this page say behind `#`.
  var anchors: Set<String> {
    Set(
      prose.filter { $0.hasPrefix("#") }.map { line in
        let title = line.drop { $0 == "#" }.drop { $0 == " " }.lowercased()
        return String(title.filter { $0.isLetter || $0.isNumber || " -_".contains($0) }.map { $0 == " " ? "-" : $0 })
      })
  }
}
