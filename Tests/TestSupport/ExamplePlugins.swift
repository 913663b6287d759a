import FoundationEssentials
import Glibc

/// The plugins of `Examples/plugins` in other languages, built once for all tests, where there is a compiler for them.
public enum ExamplePlugins {
  /// The folder of the libraries in C; nil where there is no C compiler.
  public static let c: String? = build("C", needs: "cc", "make -s OUT=\(target)/c", libraries: "\(target)/c")
  /// The folder of the libraries in Rust; nil where there is no cargo.
  public static let rust: String? = build(
    "Rust", needs: "cargo", "CARGO_TARGET_DIR=\(target)/rust cargo build -q --release --offline",
    libraries: "\(target)/rust/release")
  /// The command of the one in Python; nil where there is no python3.
  public static let python: [String]? = has("python3") ? ["python3", "\(sources)/Python/echo.py"] : nil

  /// Whether a program is on PATH.
  public static func has(_ program: String) -> Bool { system("command -v \(program) > /dev/null 2>&1") == 0 }

  private static let sources =
    "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/Examples/plugins"
  private static let target: String = {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "/tmp/tests"
    return own.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/example-plugins"
  }()

  private static func build(_ folder: String, needs program: String, _ command: String, libraries: String) -> String? {
    guard has(program) else { return nil }
    // A build that fails is a failing test where its libraries are opened, with the compiler's words above it.
    if system("cd '\(sources)/\(folder)' && \(command) 1>&2") != 0 { print("\(folder): `\(command)` failed") }
    return libraries
  }
}
