import FoundationEssentials
import Glibc
import PluginAPI

@testable import Host

/// Makes libraries, good and bad, with the system's compilers.
final class LoadingLab: Sendable {
  let folder: String

  /// A new folder, which goes with the test.
  convenience init() throws {
    try self.init(folder: "\(FileManager.default.temporaryDirectory.path)/calm-loading-\(UUID().uuidString)")
  }

  private init(folder: String) throws {
    self.folder = folder
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  @discardableResult
  func write(_ bytes: [UInt8], as name: String) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
    return path(name)
  }

  @discardableResult
  func copy(_ file: String, as name: String) throws -> String {
    try FileManager.default.copyItem(atPath: file, toPath: path(name))
    return path(name)
  }

  /// A library written in C that passes for a Swift plugin of this host, but for what `flags` change.
  @discardableResult
  func compileC(
    _ source: String = LoadingLab.cPlugin, as name: String, compiler: String? = ElfStamp.host.compiler, flags: [String] = []
  ) throws -> String {
    let source = try write(Array(source.utf8), as: name + ".c")
    let version = compiler.map { ["-Wno-builtin-macro-redefined", "-U__VERSION__", "-D__VERSION__=\"\($0)\""] } ?? []
    let module = name.dropFirst("lib".count).prefix { $0 != "." }
    try Self.run(
      ["cc", "-O1", "-shared", "-fPIC", "-I", Self.headers, "-DCALM_LANGUAGE=1", "-DENTRY=calm_plugin_\(module)"] + version
        + flags
        + [source, "-o", path(name)])
    return path(name)
  }

  static func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

  static let cPlugin = """
    #include "calm_plugin.h"
    static const void *make(void) { return 0; }
    const calm_plugin_info *ENTRY(void) {
      static const calm_plugin_info info = {sizeof info, &calm_stamp_data, make};
      return &info;
    }
    """

  /// A real plugin, compiled once for all tests. It calls itself `loading-sample` and is a decoder.
  static func sample() throws -> String { try sampleFile.get() }

  /// The same plugin with an id that is none.
  static func misnamed() throws -> String { try misnamedFile.get() }

  /// A plugin whose classes are its own, as if it had linked the API statically.
  static func stranger() throws -> String { try strangerFile.get() }

  private static let sampleFile = Result { try swiftPlugin("LoadingSample", sampleSource) }
  private static let misnamedFile = Result {
    try swiftPlugin("Misnamed", sampleSource.split(separator: "loading-sample").joined(separator: "Loading Sample"))
  }
  private static let strangerFile = Result { try swiftPlugin("Stranger", strangerSource) }

  /// Compiles into the build folder: plugins stay mapped as long as the process lives.
  static func swiftPlugin(_ module: String, _ source: String) throws -> String {
    let folder = "\(products)/loading-tests"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let file = "\(folder)/\(module).swift", library = "\(folder)/lib\(module).so"
    try Data(source.split(separator: "MODULE").joined(separator: module).utf8).write(to: URL(fileURLWithPath: file))
    try compile(module, [file], to: library)
    return library
  }

  /// The same of files that are there, optimised as plugins are.
  static func swiftPlugin(_ module: String, files: [String]) throws -> String {
    let folder = "\(products)/loading-tests"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let library = "\(folder)/lib\(module).so"
    try compile(module, files, to: library, flags: ["-O", "-wmo", "-parse-as-library"])
    return library
  }

  private static func compile(_ module: String, _ files: [String], to library: String, flags: [String] = []) throws {
    try? FileManager.default.removeItem(atPath: library)
    try run(
      ["swiftc", "-swift-version", "6", "-emit-library", "-module-name", module] + flags + files
        + ["-o", library, "-I", "\(products)/Modules", "-I", headers, "-L", products, "-lPluginAPI"])
  }

  private static func run(_ command: [String]) throws {
    let result = try ChildProcess.run(command, timeout: .seconds(300))
    guard result.outcome == .exited(0) else {
      throw PluginError("\(command.joined(separator: " ")): " + result.lastErrorLines(20).joined(separator: "\n"))
    }
  }

  /// Where this test was built: the API's library and modules are there.
  private static let products = absolutePath(real("/proc/self/exe") + "/..")

  /// The C header, found from where this file really is.
  private static let headers = repository + "/Sources/PluginAPI/CPluginABI/include"

  /// The root of the sources.
  static let repository = absolutePath(real(#filePath) + "/../../../..")

  private static func real(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }

  private static let sampleSource = """
    import PluginAPI

    struct Settings: PluginOptions {
      var times: Int
      static let fields = [
        OptionField.optional("times", .integer, default: "1", in: 1...9, help: "how often"),
        .optional("scale", .number, in: 0.5...(.infinity), help: "how much"),
        .required("mode", .choice(["plain", "fancy"]), help: "in which way"),
      ]
    }

    final class Sample: Plugin {
      let times: Int
      init(_ settings: Settings) { times = settings.times }
      func saveState() -> [UInt8] { [UInt8(times)] }
    }

    @c(calm_plugin_MODULE) public func entry() -> UnsafePointer<calm_plugin_info> {
      exportPlugin(calm_this_stamp()) {
        retained(
          Manifest(id: "loading-sample", kind: .decoder, version: "1.2.3", licence: "MIT", summary: "Does nothing."),
          options: Settings.self
        ) { settings, _, _ in Sample(settings) }
      }
    }
    """

  private static let strangerSource = """
    import CPluginABI

    public final class PluginBox {}

    @c(calm_plugin_MODULE) public func entry() -> UnsafePointer<calm_plugin_info> {
      let info = UnsafeMutablePointer<calm_plugin_info>.allocate(capacity: 1)
      info.initialize(
        to: calm_plugin_info(
          size: MemoryLayout<calm_plugin_info>.size, stamp: calm_this_stamp(),
          factory: { UnsafeRawPointer(Unmanaged.passRetained(PluginBox()).toOpaque()) }))
      return UnsafePointer(info)
    }
    """
}

/// The fault that `body` throws.
func loadingFault<Result>(_ body: () throws -> Result) -> Diagnostic? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? Diagnostic
  }
}
