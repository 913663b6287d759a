import FoundationEssentials
import Testing

@testable import ContextFiles

private let dataFolder: String = {
  if let path = ProcessInfo.processInfo.environment["CALM_DATA"], !path.isEmpty { return path }
  // Tests/ContextFilesTests/StoredFilesTests.swift
  return "/\(#filePath.split(separator: "/").dropLast(3).joined(separator: "/"))/../shared/data"
}()

/// Contexts that the methods' authors made; the folder is not on every machine.
@Suite(.enabled(if: FileManager.default.fileExists(atPath: dataFolder + "/contexts"))) struct StoredFilesTests {
  /// The texts of a column file whose first column is the token, document marks included.
  private func sentences(_ path: String) throws -> [String] {
    var sentences: [String] = [], words: [String] = []
    for line in try readFile("\(dataFolder)/\(path)").split(separator: 0x0A, omittingEmptySubsequences: false) {
      let fields = line.split { isSpace($0) }
      if let first = fields.first {
        words.append(String(decoding: first, as: UTF8.self))
      } else if !words.isEmpty {
        sentences.append(words.joined(separator: " "))
        words = []
      }
    }
    return words.isEmpty ? sentences : sentences + [words.joined(separator: " ")]
  }

  private static let variations = ["classic", "persona", "reflection", "answer-format", "all"]

  @Test(arguments: ["entities", "reformulation", "variation"], variations)
  func everyPromptsContextsBelongToTheSentences(task: String, variation: String) throws {
    for split in ["train", "dev", "test"] {
      let stored = try readContexts(path: "\(dataFolder)/contexts/wnut17-llama2/\(task)-\(variation)/\(split).json.gz")
      #expect(stored.format == .json)
      #expect(stored.prompt?.isEmpty == false)
      let check = try PairingCheck.check(try sentences("wnut17/\(split).conll"), against: stored)
      #expect(check.differences.isEmpty)
    }
  }

  @Test(arguments: [("classic", 214), ("all", 134)]) func emptyContextsAreThoseOfThePaper(variation: String, empty: Int) throws
  {
    let stored = try readContexts(path: "\(dataFolder)/contexts/wnut17-llama2/entities-\(variation)/train.json.gz")
    #expect(stored.records.count == 3394)
    #expect(stored.records.count { $0.context.isEmpty } == empty)
  }

  @Test(arguments: [("train.json", 202, ContextFormat.json), ("dev.txt", 20, .columns), ("test.txt", 103, .columns)])
  func searchedContextsAreRead(file: String, empty: Int, format: ContextFormat) throws {
    let stored = try readContexts(path: "\(dataFolder)/contexts/wnut17-google/\(file).gz")
    #expect(stored.format == format)
    #expect(stored.records.count { $0.context.isEmpty } == empty)
    let split = file.prefix { $0 != "." }
    #expect(try PairingCheck.check(try sentences("wnut17/\(split).conll"), against: stored).differences.isEmpty)
  }

  @Test(arguments: [("dev", 3250), ("test", 3453)]) func contextsOfDocumentMarksAreLeftOut(split: String, count: Int) throws {
    let stored = try readContexts(path: "\(dataFolder)/contexts/conllpp-llama2/entities-all-\(split).json.gz")
    let texts = try sentences("conllpp/\(split).txt").filter { !$0.hasPrefix("-DOCSTART-") }
    #expect(texts.count == count)
    #expect(try PairingCheck.check(texts, against: stored).differences.isEmpty)
  }
}
