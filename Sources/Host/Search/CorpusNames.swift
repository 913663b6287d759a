/// What the documents of files without ids are named after: the file's name, and where files share it, as many of the folders
/// before it as tell them apart.
///
/// - Returns: a name a path; a file that is given twice has the same name twice.
func corpusNames(of paths: [String]) -> [String] {
  let parts = paths.map { absolutePath($0).split(separator: "/") }
  let folders = Dictionary(grouping: Set(parts)) { $0.last ?? "" }.mapValues { group in
    let longest = group.map(\.count).max() ?? 0
    return (1...max(1, longest)).first { count in Set(group.map { $0.suffix(count) }).count == group.count } ?? longest
  }
  return parts.map { $0.suffix(folders[$0.last ?? ""] ?? 1).joined(separator: "/") }
}
