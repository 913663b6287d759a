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
    guard calls >= Self.warmUp && (calls - Self.warmUp).isMultiple(of: Self.half) else { return }
    marks.append(Holdings())
    // What timers and threads that are about to end still hold is given back in a moment.
    guard marks.count > 1, growth(since: marks.count - 2) != nil else { return }
    usleep(500_000)
    marks[marks.count - 1] = Holdings()
  }

  var verdict: Verdict {
    guard marks.count == 3 else { return .untried("it takes too long: \(calls) calls in \(Self.patience)") }
    guard let first = growth(since: 0), let second = growth(since: 1) else { return Verdict(nil) }
    // The first kind that grew in both halves.
    let both = first.compactMap { one in second.first { $0.unit == one.unit }.map { (one, $0) } }.first
    return Verdict(
      both.map { one, two in
        "\(Self.half) equal calls leave \(one.amount) \(one.unit), and \(Self.half) more leave \(two.amount)"
      })
  }

  /// What grew by enough to be noticed from a mark to the next; nil where nothing did.
  private func growth(since mark: Int) -> [(unit: String, amount: Int)]? {
    let page = Int(getpagesize())
    // What a call has to leave in order to be noticed.
    let kinds: [(unit: String, least: Int, what: KeyPath<Holdings, Int>)] = [
      ("threads", 1, \.threads), ("open files", 1, \.files), ("bytes of memory", 1024, \.bytes),
      ("pages", (256 << 10) / page, \.pages),
    ]
    let grown = kinds.compactMap { kind -> (unit: String, amount: Int)? in
      let amount = marks[mark + 1][keyPath: kind.what] - marks[mark][keyPath: kind.what]
      return amount >= kind.least * Self.half * 3 / 4 ? (kind.unit, amount) : nil
    }
    return grown.isEmpty ? nil : grown
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
