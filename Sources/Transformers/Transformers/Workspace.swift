import PluginAPI
import Synchronization

/// Memory for the activations of one forward pass, reused from step to step.
///
/// A stack: ``take(_:)`` grows it, ``release(to:)`` drops what was taken since a mark. Slabs are kept, and when one pass
/// needed several they are merged, so that after the first steps nothing is allocated.
final class Workspace: @unchecked Sendable {
  private var slabs: [Tensor] = []
  private var slab = 0
  private var used = 0

  struct Mark { fileprivate let slab: Int, used: Int }

  var mark: Mark { Mark(slab: slab, used: used) }

  func release(to mark: Mark) { (slab, used) = (mark.slab, mark.used) }

  /// `count` floats with arbitrary content.
  func take(_ count: Int) -> UnsafeMutablePointer<Float> {
    let count = (count + 15) & ~15
    while slab < slabs.count && used + count > slabs[slab].count { (slab, used) = (slab + 1, 0) }
    if slab == slabs.count { slabs.append(Tensor(zeros: [max(count, 1 << 20)])) }
    defer { used += count }
    return slabs[slab].data + used
  }

  /// Forgets all content; merges the slabs into one.
  func reset() {
    if slabs.count > 1 {
      let total = slabs.map(\.count).reduce(0, +)
      slabs = []
      slabs = [Tensor(zeros: [total])]
    }
    (slab, used) = (0, 0)
  }
}

/// Lends workspaces: one is enough where views are evaluated in turn, a joint loss holds several at once. They come back from
/// wherever a pass ends.
final class WorkspacePool: Sendable {
  private let idle = Mutex<[Workspace]>([])

  func borrow() -> Workspace {
    let workspace = idle.withLock { $0.popLast() } ?? Workspace()
    workspace.reset()
    return workspace
  }

  func giveBack(_ workspace: Workspace) { idle.withLock { $0.append(workspace) } }
}
