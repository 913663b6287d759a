import PluginAPI
import Testing

@testable import SearchEngine

@Suite("Search: candidates")
struct CandidateTests {
  private func hit(_ text: String, title: String = "", url: String = "", rank: Int = 1) -> SearchHit {
    SearchHit(provider: "p", rank: rank, id: "\(rank)", title: title, text: text, url: url)
  }

  private func texts(
    _ hits: [SearchHit], sentence: String = "", exclude: [String] = [], maxOverlap: Double = 0.6, words: Int = 200
  ) -> [String] {
    CandidateFilter(exclude: exclude, maxOverlap: maxOverlap, words: words).candidates(hits, sentence: sentence).map(\.text)
  }

  @Test func titlesStandBeforeTextsThatDoNotBeginWithThem() {
    #expect(
      texts([hit("A city.", title: "Oslo"), hit("oslo is a city", title: "Oslo"), hit("", title: "Bergen"), hit("")])
        == ["Oslo. A city.", "oslo is a city", "Bergen"])
  }

  @Test func longOnesAreCutAndEqualOnesDropped() {
    let long = (0..<300).map { "w\($0)" }.joined(separator: " ")
    let found = texts([hit(long), hit(long + " more"), hit("x\n y"), hit("x y")])
    #expect(found.count == 2 && found[0].split(separator: " ").count == 200 && found[1] == "x y")
  }

  @Test(arguments: [
    ("https://www.github.com/a/b", false), ("http://github.com:8080/x", false), ("https://me@GitHub.com", false),
    ("https://notgithub.com/", true), ("https://github.com.example/", true), ("", true), ("file", true),
  ])
  func excludedHosts(url: String, isKept: Bool) {
    #expect(texts([hit("x", url: url)], exclude: ["github.com"]).isEmpty == !isKept)
  }

  /// The page of the data set itself: the sentence with its annotation, or cut into other tokens.
  @Test(arguments: [
    ("Paris Hilton B-person once got caught , she said : \" I 'm not guilty \" at the court .", true),
    ("paris hilton once got caught, she said: \"I'm not guilty\" at the court", true),
    ("A page with Paris Hilton once got caught , she said : and nothing else of it", false),
    ("Paris Hilton is an American media personality .", false),
  ])
  func copiesOfTheSentence(text: String, isCopy: Bool) {
    let sentence = "Paris Hilton once got caught , she said : \" I 'm not guilty \" at the court ."
    #expect(texts([hit(text)], sentence: sentence).isEmpty == isCopy)
  }

  @Test func shortSentencesAreOnlyCopiedWhole() {
    #expect(texts([hit("John Smith !"), hit("John Smith was born")], sentence: "John Smith") == ["John Smith was born"])
  }

  @Test func overlapCanBeAllowed() {
    let sentence = "one two three four five six seven"
    #expect(texts([hit(sentence)], sentence: sentence, maxOverlap: 1) == [sentence])
  }

  @Test func contextsHoldTheBestUpToTheirLength() throws {
    let ranked = [("a b c", 3), ("d e f", 1), ("g", 2)].map { Candidate(hit: hit($0, url: "u\($1)", rank: $1), text: $0) }
    let answer = ProviderChain.Answer(hits: ranked.map(\.hit), provider: "brave", failures: ["google: quota"])
    let context = try ContextAssembly(keep: 6, maxWords: 5).context(ranked, answer)
    #expect(context.text == "a b c d e" && context.source == "brave: u3 u1")
    #expect(context.details["provider"] == "brave" && context.details["failed"] == "google: quota")
    #expect(context.details["hits"]?.contains(#""rank":3"#) == true && context.details["hits"]?.contains("u2") == false)
    #expect(try ContextAssembly(keep: 2, maxWords: 100).context(ranked, answer).text == "a b c d e f")
    #expect(try ContextAssembly(keep: 2, maxWords: 100).context([], answer).text == "")
  }
}
