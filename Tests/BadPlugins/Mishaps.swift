import Glibc
import PluginAPI
import Synchronization

/// Groups `load`, `make`, `call` and some of `decoder`: what code can do to the process that it runs in.
enum Mishap: String {
  case crashes, aborts, exits, succeeds, traps, recurses, divides, hangs, takesMemory, prints, printsDirectly
  case leaks, leaksPages, leavesFiles, leavesThreads, throwsUp, ignoresCancellation

  func happen() {
    switch self {
    case .crashes: UnsafeMutablePointer<Int>(bitPattern: 16)?.pointee = 1
    case .aborts: abort()
    case .exits: exit(3)
    case .succeeds: exit(0)
    case .traps: fatalError("the end of the world")
    case .recurses: _ = Self.depth(1)
    case .divides: _ = Self.quotient(1, by: Int(getppid()) - Int(getppid()))
    case .hangs: while true { sleep(1) }
    case .takesMemory: while true { Self.keep(bytes: 1 << 22) }
    case .prints: print("hello from a plugin")
    case .printsDirectly: _ = write(1, "no buffer", 9)
    case .leaks: Self.keep(bytes: 1 << 16)
    case .leaksPages: Self.keepPages(bytes: 1 << 20)
    case .leavesFiles: _ = open("/dev/null", O_RDONLY)
    case .leavesThreads: Self.startThread()
    case .throwsUp, .ignoresCancellation: break
    }
  }

  private static let kept = Mutex<[UInt]>([])

  private static func keep(bytes: Int) {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    memset(memory, 1, bytes)
    kept.withLock { $0.append(UInt(bitPattern: memory)) }
  }

  private static func keepPages(bytes: Int) {
    let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    kept.withLock { $0.append(UInt(bitPattern: memory)) }
  }

  private static func startThread() {
    var thread = pthread_t()
    pthread_create(&thread, nil, { _ in while true { sleep(1) } }, nil)
  }

  @inline(never)
  private static func depth(_ level: Int) -> Int {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: 512) { memory in
      memory[level % 512] = level
      return depth(level + 1) + memory[(level + 1) % 512]
    }
  }

  @inline(never)
  private static func quotient(_ number: Int, by other: Int) -> Int { number / other }
}

final class MishapAugmentor: Augmentor {
  private let mishap: Mishap?
  private let inner = ToyAugmentor(nil)

  init(_ mishap: Mishap?) { self.mishap = mishap }

  var fingerprint: [String: String] { inner.fingerprint }

  func contexts(
    for requests: [ContextRequest]
  ) async throws -> AsyncThrowingStream<(index: Int, context: Context), any Error> {
    switch mishap {
    case .throwsUp: throw PluginError("the oracle is silent", hint: "ask again")
    case .ignoresCancellation:
      // Long enough that the cancellation arrives, and then longer than anybody waits.
      await Task.detached { try? await Task.sleep(for: .milliseconds(20)) }.value
      if Task.isCancelled { await Task.detached { try? await Task.sleep(for: .seconds(3)) }.value }
    default: mishap?.happen()
    }
    return try await inner.contexts(for: requests)
  }
}

final class MishapDecoder: Decoder {
  private let mishap: Mishap?
  private let inner: ToyDecoder

  init(_ inner: ToyDecoder, _ mishap: Mishap?) {
    self.inner = inner
    self.mishap = mishap
  }

  var parameters: [Parameter] { inner.parameters }
  var provides: Set<PosteriorPart> { inner.provides }

  func decode(
    _ words: WordVectors, gold: [[Int]]?, mode: Mode
  ) throws -> Forward<Posterior, PosteriorCotangent, Tensor> {
    mishap?.happen()
    return try inner.decode(words, gold: gold, mode: mode)
  }

  func bestPaths(_ words: WordVectors) throws -> [[Int]] { try inner.bestPaths(words) }
}

/// The likelihood with the wrong sign, gradient included: it is consistent, and it teaches the wrong tags.
final class UnlearningLoss: Loss {
  private let inner = ToyLoss(nil)

  var views: [View] { inner.views }
  var requires: Set<PosteriorPart> { inner.requires }

  func evaluate(_ output: ViewOutput, earlier: [ViewOutput]) throws -> LossValue {
    var value = try inner.evaluate(output, earlier: earlier)
    value.value = -value.value
    value.parts = value.parts.map { ($0.name, -$0.value) }
    value.posterior.logPartition = value.posterior.logPartition?.map { -$0 }
    value.posterior.goldScore = value.posterior.goldScore?.map { -$0 }
    for tensor in [value.posterior.tokenScores, value.posterior.marginals, value.words] { tensor?.scale(by: -1) }
    return value
  }
}
