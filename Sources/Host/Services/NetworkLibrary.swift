import PluginAPI

/// The library with the HTTP client: a file of its own, since what it is built on takes minutes to build and time to load, and most
/// runs ask for nothing.
enum NetworkLibrary {
  static let file = "libCalmNetwork.so"

  /// Opens the library beside the host and makes a client with the given settings.
  static func client(_ settings: NetworkSettings, services: Services) throws -> any HTTPClient {
    let folders = PluginFolders.ofHost
    guard let path = folders.file(named: file) else {
      throw Diagnostic(
        "N503", "the network needs `\(file)`, which is not there", hint: "build it with `make build`",
        notes: ["looked in: \(folders.shown)"])
    }
    let library = try PluginLoader.load(path: path, trust: .unchecked)
    let made = try library.factory.make(options: settings.policy, shape: Shape(), services: services)
    guard let client = made as? any HTTPClient else {
      throw Diagnostic("N503", "`\(path)` offers no network", hint: "build it again with `make build`")
    }
    return client
  }
}
