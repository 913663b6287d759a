import Testing

@testable import Host

/// What documents without ids are named after.
@Suite("Search: names of corpus files")
struct CorpusNamesTests {
  @Test(arguments: [
    (["/x/docs.txt"], ["docs.txt"]), (["/x/a.txt", "/y/b.txt"], ["a.txt", "b.txt"]),
    (["/x/AA/wiki_00", "/x/AB/wiki_00", "/x/AA/wiki_01"], ["AA/wiki_00", "AB/wiki_00", "wiki_01"]),
    (["/x/b/c.txt", "/y/b/c.txt"], ["x/b/c.txt", "y/b/c.txt"]), (["/c.txt", "/a/c.txt"], ["c.txt", "a/c.txt"]),
    (["/x/c.txt", "/x/./y/../c.txt"], ["c.txt", "c.txt"]), ([], []), (["/"], [""]),
  ])
  func names(paths: [String], names: [String]) { #expect(corpusNames(of: paths) == names) }
}
