import FoundationEssentials
import PluginAPI

/// One part of a report under a heading of its own.
struct ReportSection: Sendable {
  /// Its anchor.
  var id: String
  var title: String
  /// What is said before the plots.
  var lead: Markup = .empty
  var figures: [Figure] = []
  var tables: [ReportTable] = []
  /// What stands below them.
  var rest: Markup = .empty

  var isEmpty: Bool { lead.source.isEmpty && figures.isEmpty && tables.isEmpty && rest.source.isEmpty }
}

/// The whole page: one file that asks nobody for anything.
struct ReportPage {
  let report: Report
  let sections: [ReportSection]
  private let browser: SentenceBrowser

  init(report: Report) {
    self.report = report
    let errors = ErrorCounts(report)
    browser = SentenceBrowser(report, errors)
    sections = [
      ResultsSection(report).section, CurvesSection(report).section, ContextsSectionOfReport(report).section, errors.section,
      ReportSection(id: "tables", title: "Tables", tables: report.tables), browser.section,
      ConfigurationOfReport(report).section,
    ].filter { !$0.isEmpty }
  }

  var figures: [Figure] { sections.flatMap(\.figures) }
  var tables: [ReportTable] { sections.flatMap(\.tables) }

  func html() throws -> String {
    let style = PageStyle.text, script = PageScript.text
    // Nothing but these two texts may act, whatever a context holds.
    let policy =
      "default-src 'none'; style-src '\(Self.digest(style))'; script-src '\(Self.digest(script))'; base-uri 'none'; form-action 'none'"
    let sheet = try Markup.raw(style), code = try Markup.raw(script), data = try browser.data
    let page = element("html", ["lang": "en"]) {
      element("head") {
        element("meta", ["charset": "utf-8"])
        element("meta", ["http-equiv": "Content-Security-Policy", "content": policy])
        element("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
        element("title") { "\(report.title) – CALM report" }
        element("style") { sheet }
      }
      element("body") {
        element("a", ["class": "skip", "href": "#main"]) { "Skip to the results" }
        element("header") {
          element("h1") { report.title }
          element("p", ["class": "soft"]) { subtitle }
        }
        element("nav", ["aria-label": "Sections"]) {
          for section in sections { element("a", ["href": "#\(section.id)"]) { section.title } }
        }
        element("main", ["id": "main"]) {
          for section in sections { markup(section) }
        }
        element("footer") {
          "Made by calm \(Calm.version). Every plot and its numbers are also files in the folder beside this page. F1 is micro F1 over "
          "entities in per cent, as conlleval counts."
        }
        data
        element("script") { code }
      }
    }
    return "<!DOCTYPE html>\n" + page.source + "\n"
  }

  private var subtitle: String {
    let run = report.systems[0].first
    let entities = run.gold.reduce(0) { $0 + Entity.entities(in: $1).count }
    let seeds = report.systems.map(\.runs.count)
    let runs =
      report.systems.count == 1
      ? (seeds[0] == 1 ? "One run" : "\(seeds[0]) runs with different seeds")
      : "\(report.systems.count) systems, \(seeds.reduce(0, +)) runs"
    return "\(runs), scored on \(run.split): \(run.words.count) sentences, \(entities) entities."
  }

  private func markup(_ section: ReportSection) -> Markup {
    element("section", ["id": section.id, "aria-labelledby": "\(section.id)-head"]) {
      element("h2", ["id": "\(section.id)-head"]) { section.title }
      section.lead
      if !section.figures.isEmpty {
        element("div", ["class": "figures"]) {
          for figure in section.figures { figure.markup }
        }
      }
      for table in section.tables { table.html }
      section.rest
    }
  }

  /// As a policy names a text that may act.
  private static func digest(_ text: String) -> String {
    let digits = Array(Digest.sha256(of: Array(text.utf8)).utf8)
    let bytes = stride(from: 0, to: digits.count, by: 2).compactMap { i in
      UInt8(String(decoding: digits[i..<i + 2], as: UTF8.self), radix: 16)
    }
    return "sha256-" + Data(bytes).base64EncodedString()
  }
}

extension Figure {
  /// The plot with its words and a way to its numbers.
  fileprivate var markup: Markup {
    // Below this, letters stay legible when a plot is made as narrow as a telephone.
    let isWide = drawing.width > 480
    return element("figure", ["class": isWide ? "wide" : nil]) {
      element("h3") { title }
      if isWide {
        element("div", ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": title]) { svg }
      } else {
        svg
      }
      element("figcaption") {
        if !caption.isEmpty { caption + " " }
        data.download
      }
    }
  }
}

extension ReportTable {
  /// The table as part of a page; a column's name sorts by it.
  var html: Markup {
    element("div", ["class": "table"]) {
      element("div", ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": title]) {
        element("table", ["class": "sortable"]) {
          element("caption") { title }
          element("thead") {
            element("tr") {
              for (j, column) in columns.enumerated() {
                element("th", ["scope": "col", "class": isNumeric(j) ? "number" : nil]) {
                  element("button", ["type": "button"]) { column }
                }
              }
            }
          }
          element("tbody") {
            for (i, row) in rows.enumerated() {
              element("tr") {
                for (j, cell) in row.enumerated() { html(cell, row: i, column: j) }
              }
            }
          }
        }
      }
      element("p", ["class": "notes"]) {
        if !notes.isEmpty { notes.joined(separator: " ") + " " }
        download
      }
    }
  }

  private func html(_ cell: Cell, row: Int, column: Int) -> Markup {
    let isLong = cell.shown.count > (column == 0 ? 16 : 40)
    let style = [
      isNumeric(column) ? "number" : nil, isBest(row: row, column: column) ? "best" : nil, isLong ? "long" : nil,
    ].compactMap { $0 }
    let value = cell.value.map { "\($0)" } ?? (cell == .nothing ? "" : nil)
    return element(
      column == 0 ? "th" : "td",
      [
        "scope": column == 0 ? "row" : nil, "class": style.isEmpty ? nil : style.joined(separator: " "), "data-value": value,
      ]
    ) {
      cell.shown
    }
  }

  /// A link that saves the numbers, also where the page is alone.
  fileprivate var download: Markup {
    let csv = Data(written(.csv).utf8).base64EncodedString()
    return element(
      "a",
      [
        "class": "download", "download": "\(id).csv", "href": "data:text/csv;charset=utf-8;base64,\(csv)",
        "aria-label": "\(title) as CSV",
      ]
    ) { "CSV" }
  }
}
