import FoundationEssentials
import Glibc
import PluginAPI

/// A plugin's process: what is started, and how long it may be silent.
struct ProcessLaunch: Sendable, Hashable {
  enum Program: Sendable, Hashable {
    /// The words of a command.
    case command([String])
    /// A library, which this program opens in a child; `image` is the file to open, where it is not the one that is meant.
    case library(path: String, image: String? = nil, sha256: String? = nil)
  }

  /// How many seconds may pass without a frame where nothing else is said: a language model may take minutes for its first answers.
  static let standardTimeLimit = 600.0

  /// What messages call the plugin.
  var id: String
  var program: Program
  var timeLimit = standardTimeLimit

  /// What is started: this program in either case, which sees to it that the child ends with it.
  var arguments: [String] {
    let head = [Self.ownProgram, PluginRunner.argument]
    switch program {
    case .command(let words): return head + ["exec", String(getpid())] + words
    case .library(let path, let image, let sha256):
      return head + ["serve", String(getpid()), image ?? path] + (sha256.map { [$0] } ?? [])
    }
  }

  /// The file that a digest is of: the library, the first file behind the program's name, or the program.
  func file() throws(Diagnostic) -> String {
    switch program {
    case .library(let path, _, _): return path
    case .command(let words):
      guard let name = words.first, !name.isEmpty else {
        throw Diagnostic("P331", "plugin `\(id)`: its command has no words")
      }
      let found = name.contains("/") ? [name] : Self.searchPath.map { $0 + "/" + name }
      guard let program = found.first(where: { access($0, X_OK) == 0 && isRegularFile($0) }) else {
        throw Diagnostic(
          "P331", "plugin `\(id)`: there is no program `\(name)`",
          notes: name.contains("/") ? [] : ["looked in: \(Self.searchPath.joined(separator: ", "))"])
      }
      return words.dropFirst().first(where: isRegularFile) ?? program
    }
  }

  private static var searchPath: [String] {
    (environment("PATH") ?? "/usr/bin:/bin").split(separator: ":").map(String.init)
  }

  /// This program; where another one has it inside, as the tests have, the one beside it.
  private static let ownProgram: String = {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    let beside = own[..<(own.lastIndex(of: "/") ?? own.startIndex)] + "/calm"
    return access(String(beside), X_OK) == 0 ? String(beside) : own
  }()
}

/// Whether a path leads to a regular file.
func isRegularFile(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
}
