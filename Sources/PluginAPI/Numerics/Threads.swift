internal import CNumerics

/// The process's one pool of compute threads, shared by the host and every plugin.
public enum Threads {
  /// How many threads a parallel region uses, the caller included. Results may depend on it in their last bits.
  public static var count: Int {
    get { Int(calm_threads()) }
    set { calm_set_threads(Int32(clamping: newValue)) }
  }

  /// Runs `body(0) … body(tasks - 1)`, in any order, on the pool; returns when all are done.
  public static func parallel(_ tasks: Int, _ body: (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      var box = body
      withUnsafeMutablePointer(to: &box) { pointer in
        calm_parallel(
          Int32(tasks),
          { context, task in
            context?.assumingMemoryBound(to: ((Int) -> Void).self).pointee(Int(task))
          }, pointer)
      }
    }
  }
}
