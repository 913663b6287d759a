/// The colours of plots, on white and on black. Lines and areas are told apart by people who do not see all colours, and
/// stand out from the ground by 3 : 1 at least.
struct PlotStyle: Sendable {
  var ground: String, text: String, grid: String, axis: String, muted: String
  var series: [String]

  static let light = PlotStyle(
    ground: "#ffffff", text: "#3a4149", grid: "#dfe3e8", axis: "#8b949e", muted: "#8a939d",
    series: ["#0b62a4", "#c2540a", "#26784a", "#7a3f9d", "#a8325e", "#5d6b12", "#0b7a86", "#6b5344"])
  static let dark = PlotStyle(
    ground: "#14181d", text: "#c3cad3", grid: "#2b323a", axis: "#78828d", muted: "#5f6974",
    series: ["#5aa9e6", "#f2934e", "#63c48b", "#c08be0", "#e884ab", "#b8c65a", "#4cc3d0", "#c4a892"])

  /// How many series have a colour of their own; those beyond are grey.
  static let most = light.series.count

  /// The class of series number `i`.
  static func series(_ i: Int) -> String { i < most ? "s\(i)" : "rest" }

  /// The rules for elements in an `svg` of class `plot`.
  static func css(_ style: PlotStyle) -> String {
    var rules = [
      ".plot text{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif;fill:\(style.text)}",
      ".plot .strong{font-weight:600}",
      // On the cells of a heat map, which have the same colours on white and on black.
      ".plot .ink{fill:#060d14}",
      ".plot .pale{fill:#ffffff}",
      ".plot .grid{stroke:\(style.grid)}",
      ".plot .axis{stroke:\(style.axis)}",
      ".plot .whisker{stroke:\(style.text);stroke-width:1.5;fill:none}",
      ".plot .none{fill:\(style.grid)}",
      ".plot .line{fill:none;stroke-width:2;stroke-linejoin:round}",
      ".plot .dashed{stroke-dasharray:6 3}",
      ".plot .dot{stroke:\(style.ground);stroke-width:1}",
    ]
    for (name, colour) in style.series.enumerated().map({ ("s\($0)", $1) }) + [("rest", style.muted)] {
      rules.append(".plot .line.\(name){stroke:\(colour)}")
      rules.append(".plot .dot.\(name),.plot .bar.\(name){fill:\(colour)}")
      rules.append(".plot .band.\(name){fill:\(colour);fill-opacity:.18}")
    }
    return rules.joined(separator: "\n")
  }
}
