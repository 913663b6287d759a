import CLinux
import Glibc

/// Bounds of a process that runs a stranger's code.
enum ProcessLimits {
  /// How such a process ends where it took too much memory.
  static let outOfMemory: Int32 = 97

  /// From now on this process ends with ``outOfMemory`` where its private memory grows above `bytes`, and leaves no core file.
  ///
  /// A limit of the system alone would make allocations fail, and what fails then says anything but why. So a thread looks after
  /// the memory in use; the system's limit is there for what grows faster than that.
  static func set(memory bytes: Int) {
    let (most, overflow) = UInt(bytes).multipliedReportingOverflow(by: 4)
    calm_limit_process(overflow ? .max : most)
    var thread = pthread_t()
    let box = UnsafeMutablePointer<Int>.allocate(capacity: 1)
    box.initialize(to: bytes / Int(getpagesize()))
    pthread_create(
      &thread, nil,
      { argument in
        let pages = argument?.assumingMemoryBound(to: Int.self).pointee ?? .max
        let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        while file >= 0 {
          if ProcessLimits.privatePages(file) > pages { _exit(ProcessLimits.outOfMemory) }
          usleep(2000)
        }
        return nil
      }, box)
  }

  /// Resident pages that are no file's.
  private static func privatePages(_ file: Int32) -> Int {
    var text = [UInt8](repeating: 0, count: 128)
    let count = pread(file, &text, text.count, 0)
    guard count > 0 else { return 0 }
    let fields = text[..<count].split(separator: UInt8(ascii: " ")).map { Int(String(decoding: $0, as: UTF8.self)) ?? 0 }
    return fields.count > 2 ? fields[1] - fields[2] : 0
  }

  /// Half of the machine's memory.
  static var standardMemory: Int { sysconf(Int32(_SC_PHYS_PAGES)) * Int(getpagesize()) / 2 }
}
