internal import CCalmXapian

#if canImport(Glibc)
  import Glibc
#endif

/// libCalmXapian.so, opened when an index is. It is built only where Xapian's headers are.
enum XapianLibrary {
  static let fileName = "libCalmXapian.so"

  /// What the library offers. It stays in memory.
  static func open() throws(SearchIndexError) -> UnsafePointer<calm_xapian_library> {
    switch library {
    case .success(let library): return library
    case .failure(let error): throw error
    }
  }

  nonisolated(unsafe) private static let library: Result<UnsafePointer<calm_xapian_library>, SearchIndexError> = {
    let advice = "install libxapian-dev and run `make build`"
    guard let path = folders().map({ $0 + "/" + fileName }).first(where: { access($0, R_OK) == 0 }) else {
      return .failure(
        SearchIndexError(
          "there is no \(fileName), which a local index needs, in \(folders().joined(separator: ", "))", hint: advice))
    }
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) else {
      let reason = dlerror().map { String(cString: $0) } ?? ""
      return .failure(SearchIndexError("\(path) cannot be opened: \(reason)", hint: advice))
    }
    guard let symbol = dlsym(handle, "calm_xapian"),
      let library = unsafeBitCast(symbol, to: calm_xapian_entry.self)(), library.pointee.version == CALM_XAPIAN_VERSION
    else { return .failure(SearchIndexError("\(path) is of another version of the program", hint: advice)) }
    return .success(library)
  }()

  /// Beside the image that this code is in, beside the program, and where it is installed.
  private static func folders() -> [String] {
    var folders: [String] = []
    func add(besides path: UnsafePointer<CChar>?, _ more: String? = nil) {
      guard let path, let real = realpath(path, nil) else { return }
      defer { free(real) }
      let file = String(cString: real)
      guard let end = file.lastIndex(of: "/") else { return }
      for folder in [String(file[..<end])] + (more.map { [file[..<end] + $0] } ?? []) where !folders.contains(folder) {
        folders.append(folder)
      }
    }
    add(besides: calm_xapian_image())
    add(besides: "/proc/self/exe", "/../lib/calm")
    return folders
  }
}
