import FoundationEssentials

/// Reads whole files with errors that say what to do.
enum FileContents {
  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  static func read(_ path: String) throws(TokenizerError) -> [UInt8] {
    guard exists(path) else {
      throw TokenizerError(
        file: path, problem: "no such file", remedy: "check the model folder, or fetch the model's tokenizer files again")
    }
    do {
      return [UInt8](try Data(contentsOf: URL(filePath: path)))
    } catch {
      throw TokenizerError(file: path, problem: "cannot be read (\(error))", remedy: "check its permissions")
    }
  }
}
