import Glibc
import PluginAPI

/// The C function by which a plugin is entered: `calm_plugin_<Module>` of `lib<Module>.so`.
enum EntryPoint {
  private typealias Function = @convention(c) () -> UnsafePointer<calm_plugin_info>?

  /// Everything that could be an entry point.
  static func symbols(of file: ElfFile) -> [String] { file.exportedFunctions(prefix: prefix).sorted() }

  /// The entry point's name: the one that the file's name promises or, for a renamed file, the only one there is.
  static func symbol(of file: ElfFile) throws(Diagnostic) -> String {
    let found = symbols(of: file)
    let promised = prefix + module(path: file.path)
    if found.contains(promised) { return promised }
    if let only = found.first, found.count == 1 { return only }
    let others = found.isEmpty ? "" : ", but " + found.map { "`\($0)`" }.joined(separator: " and ")
    throw file.fault(
      "P308", "exports no `\(promised)`\(others)",
      hint: "export it, in Swift with `@c(\(promised)) public`, or give the file the name of its module")
  }

  /// Opens the library and asks its entry point for the factory.
  ///
  /// - Parameters:
  ///   - image: the file to open, where it is not the one that messages name.
  ///   - language: the track that its stamp names.
  static func factory(
    path: String, image: String, symbol: String, language: UInt32
  ) throws(Diagnostic) -> any PluginFactory {
    let address = try open(path: path, image: image, symbol: symbol)
    guard language == CALM_LANGUAGE_C else { return try swiftFactory(path: path, symbol: symbol, address) }
    return try CPluginFactory(path: path, symbol: symbol, entry: unsafeBitCast(address, to: CPluginFactory.Entry.self))
  }

  private static func open(path: String, image: String, symbol: String) throws(Diagnostic) -> UnsafeMutableRawPointer {
    guard let library = dlopen(image, RTLD_NOW | RTLD_LOCAL | Int32(RTLD_NODELETE)) else {
      throw refusedByLinker(path: path, reason: dlerror().map { String(cString: $0) } ?? "no reason given")
    }
    guard let address = dlsym(library, symbol) else {
      throw Diagnostic("P308", "plugin `\(path)` exports no `\(symbol)`")
    }
    return address
  }

  private static func swiftFactory(
    path: String, symbol: String, _ address: UnsafeMutableRawPointer
  ) throws(Diagnostic) -> any PluginFactory {
    guard let info = unsafeBitCast(address, to: Function.self)(), info.pointee.size >= MemoryLayout<calm_plugin_info>.size,
      let make = info.pointee.factory
    else {
      throw Diagnostic("P309", "plugin `\(path)`: `\(symbol)` describes no factory", hint: "return `exportPlugin(…)` from it")
    }
    guard let raw = make() else {
      throw Diagnostic("P309", "plugin `\(path)`: the factory of `\(symbol)` gave nothing")
    }
    let object: AnyObject = Unmanaged<AnyObject>.fromOpaque(raw).takeRetainedValue()
    guard let box = object as? PluginBox else {
      throw Diagnostic(
        "P309", "plugin `\(path)` carries its own copy of module PluginAPI", hint: "link libPluginAPI.so dynamically")
    }
    return box.factory
  }

  private static let prefix = "calm_plugin_"

  private static func module(path: String) -> String {
    var name = path.split(separator: "/").last ?? ""
    if name.hasPrefix("lib") { name = name.dropFirst(3) }
    return String(name.prefix { $0 != "." })
  }

  private static func refusedByLinker(path: String, reason: String) -> Diagnostic {
    var hint: String?
    if reason.contains("undefined symbol") { hint = "build it again against this host's API, with all its libraries linked" }
    if reason.contains("cannot open shared object file") { hint = "install that library, or put it where the loader looks" }
    return Diagnostic("P314", "plugin `\(path)` cannot be opened: \(demangled(reason))", hint: hint)
  }
}

/// `text` with mangled Swift names made readable, where the runtime can.
private func demangled(_ text: String) -> String {
  typealias Demangle =
    @convention(c) (
      UnsafePointer<CChar>?, Int, UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<Int>?, UInt32
    ) -> UnsafeMutablePointer<CChar>?
  guard let address = dlsym(nil, "swift_demangle") else { return text }
  let demangle = unsafeBitCast(address, to: Demangle.self)
  let words = text.split(separator: " ", omittingEmptySubsequences: false).map { word in
    guard word.hasPrefix("$s"), let name = demangle(String(word), word.utf8.count, nil, nil, 0) else { return String(word) }
    defer { free(name) }
    return "`\(String(cString: name))`"
  }
  return words.joined(separator: " ")
}
