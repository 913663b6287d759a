import ArgumentParser
import PluginAPI

extension DataCommand {
  /// `calm data fetch`: the paper's data sets.
  struct Fetch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Download data sets of the paper from where their authors published them.",
      discussion: "\(PublishedDataset.all.map { "\($0.name): \($0.terms)." }.joined(separator: "\n"))")

    @Argument(help: "Which ones: \(PublishedDataset.all.map(\.name).joined(separator: ", ")).") var names: [String]
    @Option(name: .shortAndLong, help: ArgumentHelp("The folder of their folders, as CALM_DATA names it.", valueName: "folder"))
    var output = "data"
    @Option(help: ArgumentHelp("Another place that has the same files.", valueName: "address"))
    var mirror = "https://raw.githubusercontent.com"
    @OptionGroup var common: CommonOptions

    func validate() throws {
      for name in names where !PublishedDataset.all.contains(where: { $0.name == name }) {
        let known = PublishedDataset.all.map(\.name).joined(separator: ", ")
        throw ValidationError("there is no data set `\(name)`; there are \(known)")
      }
      guard WebAddress(mirror) != nil else { throw ValidationError("--mirror takes an address, not `\(mirror)`") }
    }

    mutating func run() async throws {
      common.apply()
      let origin = mirror.hasSuffix("/") ? String(mirror.dropLast()) : mirror
      let network = NetworkSettings(section: nil, naming: [origin].compactMap(WebAddress.init))
      let services = Services.standard(seed: 1, network: network)
      let fetch = DatasetFetch(folder: output, origin: origin) { try services.http() }
      for dataset in PublishedDataset.all where names.contains(dataset.name) {
        for path in try await fetch.fetch(dataset, log: Console.shared.talk) { Console.shared.result(path) }
        Console.shared.talk("\(dataset.name): \(dataset.terms)")
      }
    }
  }
}
