import CLinux
import FoundationEssentials
import Glibc

/// Whether calls that are all alike leave something behind: memory, open files, threads.
///
/// The first calls may fill caches and start threads. After them, what grows in one half of the calls and again in the other
/// grows without end.
struct ResidueWatch {
  private struct Holdings {
    let bytes = Int(calm_allocated_bytes())
    let pages = ResidueWatch.dataPages()
    let files = ResidueWatch.entries("/proc/self/fd")
    let threads = ResidueWatch.entries("/proc/self/task")
  }

  private static let warmUp = 16, half = 32
  private static let patience = Duration.seconds(20)
  private let start = ContinuousClock.now
  private var calls = 0
  private var marks: [Holdings] = []

  /// Whether another call is wanted: not when there were enough, nor when they take too long.
  var wantsMore: Bool { marks.count < 3 && ContinuousClock.now - start < Self.patience }

  /// Counts a call.
  mutating func called() {
    calls += 1
    if calls >= Self.warmUp && (calls - Self.warmUp).isMultiple(of: Self.half) { marks.append(Holdings()) }
  }

  var verdict: Verdict {
    guard marks.count == 3 else { return .untried("it takes too long: \(calls) calls in \(Self.patience)") }
    let page = Int(getpagesize())
    return Verdict(
      growth(of: \.threads, least: 1, unit: "threads") ?? growth(of: \.files, least: 1, unit: "open files")
        ?? growth(of: \.bytes, least: 1024, unit: "bytes of memory")
        ?? growth(of: \.pages, least: (256 << 10) / page, unit: "pages"))
  }

  /// - Parameter least: what a call has to leave in order to be noticed.
  private func growth(of what: KeyPath<Holdings, Int>, least: Int, unit: String) -> String? {
    let values = marks.map { $0[keyPath: what] }
    let first = values[1] - values[0], second = values[2] - values[1], enough = least * Self.half * 3 / 4
    guard first >= enough, second >= enough else { return nil }
    return "\(Self.half) equal calls leave \(first) \(unit), and \(Self.half) more leave \(second)"
  }

  /// Private memory, in pages: what large blocks are made of that malloc does not count.
  private static func dataPages() -> Int {
    let text = (try? FileBytes.read("/proc/self/statm")).map { String(decoding: $0, as: UTF8.self) } ?? ""
    let fields = text.split(whereSeparator: \.isWhitespace)
    return fields.count > 5 ? Int(fields[5]) ?? 0 : 0
  }

  private static func entries(_ folder: String) -> Int {
    (try? FileManager.default.contentsOfDirectory(atPath: folder).count) ?? 0
  }
}
