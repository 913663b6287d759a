import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#endif

/// The most memory that the process had resident, as the kernel counts it.
enum PeakMemory {
  /// Starts counting anew from what is resident now.
  static func reset() {
    let descriptor = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    write(descriptor, "5", 1)
    close(descriptor)
  }

  /// In MiB; 0 where /proc does not say.
  static var mebibytes: Double {
    let status = FileManager.default.contents(atPath: "/proc/self/status").map { String(decoding: $0, as: UTF8.self) } ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) } ?? 0) / 1024
  }
}
