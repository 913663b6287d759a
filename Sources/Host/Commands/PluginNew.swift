import ArgumentParser
import PluginAPI

/// `calm plugin new`: a small project that builds, loads and has a test.
struct PluginNew: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Make the project of a new plugin: sources, build file, test, README.",
    discussion: """
      NAME is the plugin's id, such as my-notes, or its module, such as MyNotes. Swift projects build against the SDK beside \
      this program, an installed one or a checkout's.
      """)

  enum Kind: String, ExpressibleByArgument, CaseIterable { case augmentor, encoder, decoder, loss }
  enum Language: String, ExpressibleByArgument, CaseIterable { case swift, c, rust, python }

  @Argument(help: "The plugin's name.")
  var name: String
  @Option(help: "What it does.")
  var kind: Kind
  @Option(help: "What it is written in: swift for every kind, c and rust for augmentors and losses, python for augmentors.")
  var language: Language
  @Option(help: ArgumentHelp("The folder that the project's folder is made in.", valueName: "dir"))
  var into = "."
  @Option(
    help: ArgumentHelp(
      "The SDK to build against: its folder, an installation's prefix, or a checkout. Default: CALM_SDK, then this program's.",
      valueName: "dir"))
  var sdk: String?

  mutating func run() throws {
    let names = try PluginNames(name)
    let sdk = try sdk.map { path throws(Diagnostic) in try PluginSDK(at: path) } ?? PluginSDK.ofHost()
    let project = try PluginProject(names: names, kind: kind.rawValue, language: language.rawValue, sdk: sdk)
    if let known = PluginRegistry(declared: [], folders: []).all().plugins.first(where: { $0.manifest.id == names.id }) {
      throw Diagnostic(
        "C120", "there is a plugin `\(names.id)` already: \(known.path)",
        hint: "choose another name: two of one id are ambiguous")
    }
    let folder = into == "." ? name : into.hasSuffix("/") ? into + name : "\(into)/\(name)"
    try project.write(to: folder)
    for file in project.files { Console.shared.result("\(folder)/\(file.path)") }
    let next = ["cd \(folder)"] + project.commands
    Console.shared.talk("\nnext:\n" + next.map { "  \($0)\n" }.joined() + "and \(folder)/README.md")
  }
}
