import PluginAPI

/// What was run: the values that differ between systems, and each configuration in full.
struct ConfigurationOfReport {
  let report: Report

  init(_ report: Report) { self.report = report }

  var section: ReportSection {
    var section = ReportSection(id: "configuration", title: "Configuration")
    if report.systems.count > 1, let differences { section.tables = [differences] }
    for system in report.systems {
      let run = system.first
      let files = [("config.yaml", run.configuration), ("plugins.used", run.plugins), ("environment.json", run.environment)]
      for (name, text) in files where !text.isEmpty {
        section.rest =
          section.rest
          + element("details", ["open": report.systems.count == 1 && name == "config.yaml" ? "open" : nil]) {
            element("summary") { report.systems.count == 1 ? name : "\(system.name): \(name)" }
            element("pre", ["tabindex": "0"]) { text }
          }
      }
    }
    return section
  }

  private var differences: ReportTable? {
    let values = report.systems.map { ConfigPrinter.values($0.first.settings) }
    let paths = Set(values.flatMap(\.keys)).filter { path in Set(values.map { $0[path] ?? "" }).count > 1 && path != "seed" }
    guard !paths.isEmpty else { return nil }
    return ReportTable(
      id: "configuration", title: "What differs", columns: ["value"] + report.systems.map(\.name),
      rows: paths.sorted().map { path in [.text(path)] + values.map { $0[path].map { .text($0) } ?? .nothing } })
  }
}
