import FoundationEssentials
import PluginAPI

/// Every sentence with its gold entities, what was predicted and its context: the data of the page's script, and its controls.
struct SentenceBrowser {
  /// Bytes of contexts that a page holds at most; systems beyond are shown without.
  static let contextLimit = 32 << 20

  private let report: Report
  private let content: Content
  private let withoutContexts: [String]

  /// Short, because it is written many times: a span is start, end, type and, of a prediction, its error's number or 0.
  private struct Content: Encodable {
    struct Run: Encodable {
      var name: String
      /// Which of ``contexts``; -1 for none.
      var contexts: Int
      var with: [[Int]]?
      var without: [[Int]]
    }
    struct Contexts: Encodable {
      var texts: [String]
      var classes: [Int]
    }

    var types: [String], classes: [String], errors: [String]
    var words: [String]
    var gold: [[Int]]
    var contexts: [Contexts] = []
    var runs: [Run] = []
  }

  init(_ report: Report, _ errors: ErrorCounts) {
    self.report = report
    let first = report.systems[0].first
    let goldEntities = first.gold.map { Entity.entities(in: $0) }
    let found = report.systems.flatMap(\.runs).flatMap(\.predictions.values).flatMap { $0.joined() }
    let types = Set(goldEntities.joined().map(\.type)).union(Entity.types(in: found)).sorted()
    let numbers = Dictionary(uniqueKeysWithValues: types.enumerated().map { ($1, $0) })
    func span(_ entity: Entity) -> [Int] { [entity.words.lowerBound, entity.words.upperBound, numbers[entity.type] ?? 0] }

    var content = Content(
      types: types, classes: ContextsSectionOfReport.classes.map(\.rawValue), errors: TaggingError.allCases.map(\.words),
      words: first.words.map(sentenceText), gold: goldEntities.map { $0.flatMap(span) })
    var left: [String] = [], size = 0
    var known: [[String]] = []
    for (i, system) in report.systems.enumerated() {
      for (j, run) in system.runs.enumerated() {
        func spans(_ reading: Reading) -> [[Int]]? {
          errors.matchings[i][j][reading].map { sentences in
            sentences.map { matching in
              matching.correct.flatMap { span($0) + [0] }
                + matching.mistakes.flatMap { mistake in
                  (mistake.predicted ?? mistake.gold).map { span($0) + [mistake.error.number] } ?? []
                }
            }
          }
        }
        var place = -1
        if let texts = run.contexts, let kinds = run.classes {
          if let old = known.firstIndex(of: texts) {
            place = old
          } else {
            let bytes = texts.reduce(0) { $0 + $1.utf8.count }
            if size + bytes <= Self.contextLimit || known.isEmpty {
              place = known.count
              size += bytes
              known.append(texts)
              content.contexts.append(
                .init(
                  texts: texts.map { String(String.UnicodeScalarView($0.unicodeScalars.map(shown))) },
                  classes: kinds.map { ContextsSectionOfReport.classes.firstIndex(of: $0) ?? 0 }
                ))
            } else if left.last != system.name {
              left.append(system.name)
            }
          }
        }
        let seed = run.results.seed.map { "seed \($0)" } ?? "run \(j + 1)"
        let name =
          report.systems.count == 1 ? seed : system.name + (system.runs.count > 1 ? ", \(seed)" : "")
        content.runs.append(.init(name: name, contexts: place, with: spans(.with), without: spans(.without) ?? []))
      }
    }
    self.content = content
    withoutContexts = left
  }

  /// The data for the script. JSON has no need of `<`: written as an escape, no text can end the element.
  var data: Markup {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      var json: [UInt8] = []
      let bytes = try encoder.encode(content)
      json.reserveCapacity(bytes.count + bytes.count / 64)
      for byte in bytes {
        if byte == UInt8(ascii: "<") { json += "\\u003c".utf8 } else { json.append(byte) }
      }
      let text = String(decoding: json, as: UTF8.self)
      return try element("script", ["type": "application/json", "id": "data"]) { try Markup.raw(text) }
    }
  }

  var section: ReportSection {
    var section = ReportSection(id: "sentences", title: "Sentences")
    section.rest =
      element("noscript") { element("p") { "The sentences are shown by a script, which is switched off." } }
      + note
      + element("div", ["class": "controls", "role": "search", "aria-label": "Sentences"]) {
        select("run", "Run", [])
        select(
          "show", "Show",
          [
            ("", "all sentences"), ("errors", "with errors"), ("right", "without errors"), ("helps", "context helps"),
            ("hurts", "context hurts"),
          ])
        select("reading", "Read", [("", "with or without context"), ("with", "with context"), ("without", "without context")])
        select("error", "Error", [("", "any")] + TaggingError.allCases.map { ("\($0.number)", $0.words) })
        select("type", "Type", [("", "any")])
        select(
          "class", "Context class",
          [("", "any")] + ContextsSectionOfReport.classes.enumerated().map { ("\($0)", $1.rawValue) })
        select(
          "order", "Order",
          [
            ("", "as in the file"), ("errors", "most errors first"), ("helps", "context helps most"),
            ("hurts", "context hurts most"),
          ])
        element("label") {
          "Search words and contexts"
          element("input", ["type": "search", "id": "browse-query", "autocomplete": "off"])
        }
      }
      + pager
      + element("div", ["id": "browse-list"]) {}
    return section
  }

  private var note: Markup {
    element("p", ["class": "notes"]) {
      "A red line marks what is wrong, a dashed one what was missed; in contexts, gold entities are marked. "
      if report.systems.flatMap(\.runs).allSatisfy({ $0.contexts == nil }),
        report.systems.contains(where: { $0.f1[.with] != nil })
      {
        "The run folder keeps no contexts: runs of this version do. "
      }
      if !withoutContexts.isEmpty {
        "For its size, the page leaves out the contexts of \(withoutContexts.joined(separator: ", "))."
      }
    }
  }

  private func select(_ name: String, _ title: String, _ options: [(value: String, text: String)]) -> Markup {
    element("label") {
      title
      element("select", ["id": "browse-\(name)"]) {
        for option in options { element("option", ["value": option.value]) { option.text } }
      }
    }
  }

  private var pager: Markup {
    element("div", ["class": "pager"]) {
      for (id, text) in [("first", "First"), ("previous", "Previous"), ("next", "Next"), ("last", "Last")] {
        element("button", ["type": "button", "id": "browse-\(id)"]) { text }
      }
      element("span", ["id": "browse-status", "role": "status", "aria-live": "polite"]) {}
    }
  }
}

extension TaggingError {
  /// From 1; 0 stands for no error.
  fileprivate var number: Int { (TaggingError.allCases.firstIndex(of: self) ?? 0) + 1 }
}

extension Entity {
  /// The types that tags name.
  fileprivate static func types(in tags: [String]) -> Set<String> {
    Set(Set(tags).flatMap { entities(in: [$0]).map(\.type) })
  }
}
