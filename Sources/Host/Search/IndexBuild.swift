import PluginAPI
import SearchIndex

/// Brings the documents of corpus files into an index. What was committed is not done again: a build that was stopped goes on
/// by the same command.
struct IndexBuild {
  /// What became of the documents.
  struct Report: Encodable {
    var added = 0, replaced = 0, unchanged = 0
    /// In the index now.
    var documents = 0
    var digest = ""
    var seconds = 0.0
  }

  /// Documents between two commits: each costs a sync, and a crash costs what came after the last.
  static let batch = 20_000

  let index: SearchIndex
  let reader: CorpusReader

  func run(_ paths: [String]) throws -> Report {
    Interruption.watch()
    defer { Interruption.unwatch() }
    let start = ContinuousClock.now
    var report = Report(), pending = 0
    do {
      for (number, (path, name)) in zip(paths, corpusNames(of: paths)).enumerated() {
        try reader.documents(of: path, name: name) { document, read in
          switch try index.put(document) {
          case .added: report.added += 1
          case .replaced: report.replaced += 1
          case .unchanged: report.unchanged += 1
          }
          let done = report.added + report.replaced + report.unchanged
          if done % 500 == 0 {
            Console.shared.live("\(path) (\(number + 1)/\(paths.count))  \(Int(read * 100)) %  \(done) documents")
            if Interruption.isRequested { throw CancellationError() }
          }
          pending += 1
          if pending == Self.batch {
            try index.commit()
            pending = 0
          }
        }
      }
      try index.commit()
      let info = try index.info()
      (report.documents, report.digest) = (info.documents, info.digest)
    } catch let error as SearchIndexError {
      throw Diagnostic(error)
    } catch is CancellationError {
      try? index.commit()
      Console.shared.alarm("interrupted; what was read is in the index. Go on with:\n  \(ownCommandLine())")
      throw ExitStatus.interrupted
    }
    report.seconds = start.duration(to: .now).seconds
    return report
  }
}

extension Diagnostic {
  /// A fault of an index, for the user.
  init(_ error: SearchIndexError) { self.init("S609", error.message, hint: error.hint.isEmpty ? nil : error.hint) }
}
