import FoundationEssentials
import Glibc
import PluginAPI

/// What plugins are built against: a folder with the modules' interfaces, `include/calm_plugin.h` and `libPluginAPI.so`, and the
/// templates of projects.
struct PluginSDK: Sendable {
  /// The SDK: what a project's build file names.
  let folder: String
  /// The templates, by language and kind.
  let templates: String

  /// The SDK at `path`, which is an SDK's folder, the prefix of an installation, or a built checkout of the sources.
  init(at path: String) throws(Diagnostic) {
    for candidate in [path, path + "/lib/calm/sdk"].map(absolutePath) where Self.isSDK(candidate) {
      let templates = absolutePath(candidate + "/../templates")
      try self.init(folder: candidate, templates: PluginFile.identity(templates) == nil ? Self.hostTemplates() : templates)
      return
    }
    if Self.isCheckout(path) {
      self = try Self.ofCheckout(absolutePath(path), products: absolutePath(path + "/.build/release"))
      return
    }
    throw Self.missing(
      "`\(path)` is no SDK: it holds neither `PluginAPI.swiftinterface` nor a checkout's `Sources/PluginAPI`",
      notes: [])
  }

  /// The SDK of this host: where it is installed, or else of the checkout that it was built in.
  static func ofHost() throws(Diagnostic) -> PluginSDK {
    if let named = environment("CALM_SDK"), !named.isEmpty { return try PluginSDK(at: named) }
    let products = PluginFolders.hostFolder()
    let installed = absolutePath(products + "/../lib/calm/sdk")
    if isSDK(installed) { return try PluginSDK(at: installed) }
    if let checkout = checkout(above: products) { return try ofCheckout(checkout, products: products) }
    throw missing("the SDK of this `calm` is not there", notes: ["looked for: \(installed), a checkout above \(products)"])
  }

  private init(folder: String, templates: String) throws(Diagnostic) {
    // Build files quote it.
    guard !folder.contains(where: { "\"\\$\n'".contains($0) }) else {
      throw Self.missing("the SDK's folder `\(folder)` has characters that build files cannot name", notes: [])
    }
    (self.folder, self.templates) = (folder, templates)
  }

  private static func isSDK(_ folder: String) -> Bool {
    ["PluginAPI.swiftinterface", "PluginAPI.swiftmodule"].contains { PluginFile.identity("\(folder)/\($0)") != nil }
      && PluginFile.identity(folder + "/include/calm_plugin.h") != nil
  }

  private static func isCheckout(_ folder: String) -> Bool {
    PluginFile.identity(folder + "/Sources/PluginAPI/Package.swift") != nil
      && PluginFile.identity(folder + "/Templates") != nil
  }

  private static func checkout(above folder: String) -> String? {
    var folder = folder
    while let slash = folder.lastIndex(of: "/"), slash > folder.startIndex {
      folder = String(folder[..<slash])
      if isCheckout(folder) { return folder }
    }
    return nil
  }

  /// Where this host's templates are; for an SDK that comes without.
  private static func hostTemplates() -> String {
    let products = PluginFolders.hostFolder()
    return checkout(above: products).map { $0 + "/Templates" } ?? absolutePath(products + "/../lib/calm/templates")
  }

  /// A folder of links into what the checkout has built, laid out as an installed SDK: a build of the checkout is at once one of
  /// its SDK.
  private static func ofCheckout(_ checkout: String, products: String) throws(Diagnostic) -> PluginSDK {
    let folder = products + "/sdk"
    var links = [(name: "include", to: checkout + "/Sources/PluginAPI/CPluginABI/include")]
    links.append(("libPluginAPI.so", products + "/libPluginAPI.so"))
    links += ["PluginAPI", "CalmNumerics", "Weights"].map { ("\($0).swiftmodule", "\(products)/Modules/\($0).swiftmodule") }
    for link in links where PluginFile.identity(link.to) == nil {
      throw missing("the checkout `\(checkout)` is not built: there is no `\(link.to)`", notes: ["run `make build` in it"])
    }
    guard mkdir(folder, 0o777) == 0 || errno == EEXIST else { throw unwritable(folder) }
    for link in links {
      let path = "\(folder)/\(link.name)"
      if (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) == link.to { continue }
      unlink(path)
      // Another process may have made it just now.
      guard symlink(link.to, path) == 0 || errno == EEXIST else { throw unwritable(path) }
    }
    return try PluginSDK(folder: folder, templates: checkout + "/Templates")
  }

  private static func missing(_ message: String, notes: [String]) -> Diagnostic {
    Diagnostic(
      "C123", message,
      hint: "name it by `--sdk` or CALM_SDK: PREFIX/lib/calm/sdk of `make install`, or a checkout that is built",
      notes: notes)
  }

  private static func unwritable(_ path: String) -> Diagnostic {
    Diagnostic("S601", "cannot write `\(path)`: \(String(cString: strerror(errno)))")
  }
}
