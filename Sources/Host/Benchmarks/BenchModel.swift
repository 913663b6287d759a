import ArgumentParser
import FoundationEssentials
import PluginAPI

#if canImport(Glibc)
  import Glibc
#endif

/// A model with random weights, named by its shape.
struct ShapeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Random weights of this shape: \(ModelShape.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "shape"))
  var shape: ModelShape?

  @Option(help: ArgumentHelp("With --shape: take the WordPiece vocabulary of this model folder.", valueName: "folder"))
  var tokenizer: String?

  func validate() throws {
    if shape == nil && tokenizer != nil { throw ValidationError("--tokenizer goes with --shape") }
  }
}

/// `calm bench model`: writes a folder with random weights, which other benchmarks and other programs can read.
struct BenchModel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "Write a model folder with random weights of a known shape.")

  @OptionGroup var random: ShapeOptions
  @Option(name: .shortAndLong, help: "The folder.")
  var output: String

  func validate() throws { if random.shape == nil { throw ValidationError("--shape is missing") } }

  mutating func run() throws {
    guard let shape = random.shape else { return }
    guard !FileManager.default.fileExists(atPath: output + "/config.json") else {
      throw Diagnostic("S605", "\(output) already holds a model", hint: "choose another folder with -o")
    }
    try RandomModel(shape: shape, tokenizer: random.tokenizer).write(to: output)
    Console.shared.result(output)
  }
}

/// Runs `body` with a model folder of random weights below the cache folder and deletes it afterwards.
func withRandomModel<R>(_ model: RandomModel, _ body: (String) throws -> R) throws -> R {
  let files = FileManager.default
  let parent = defaultCacheFolder() + "/bench"
  // Folders are named by their process: those of processes that were killed are garbage, of up to 2 GB.
  for name in (try? files.contentsOfDirectory(atPath: parent)) ?? [] {
    guard let process = Int32(name), kill(process, 0) != 0, errno == ESRCH else { continue }
    try? files.removeItem(atPath: "\(parent)/\(name)")
  }
  let folder = "\(parent)/\(ProcessInfo.processInfo.processIdentifier)"
  defer { try? files.removeItem(atPath: folder) }
  try model.write(to: folder)
  return try body(folder)
}
