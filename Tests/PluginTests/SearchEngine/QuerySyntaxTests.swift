import Testing

@testable import SearchEngine

/// Nothing in a sentence is an operator.
@Suite("Search: queries")
struct QuerySyntaxTests {
  @Test(arguments: [
    (#"he said "no way" -today"#, "he said no way today"), ("site:example.com cats OR dogs", "site example.com cats or dogs"),
    ("(a | b) * c 10..20", "a b c 10 20"), ("well-known AND NOT me-too", "well-known and not me-too"),
    ("“curly” ~tilde +plus @user #tag", "curly tilde plus user tag"), ("see http://t.co/x : it 's !", "see it 's"),
  ])
  func google(sentence: String, query: String) { #expect(QuerySyntax.google.query(sentence) == query) }

  @Test(arguments: [
    ("!g -x +y filetype:pdf \"q\"", "g x y filetype pdf q"), ("NOT so bad ( really )", "not so bad really"),
  ])
  func brave(sentence: String, query: String) { #expect(QuerySyntax.brave.query(sentence) == query) }

  @Test(arguments: [
    ("!!wikipedia Paris", "wikipedia Paris"), ("!wp :fr <850 Paris", "wp fr 850 Paris"), ("a!b is fine", "a!b is fine"),
    ("?? what - is -this", "what is this"),
  ])
  func searxng(sentence: String, query: String) { #expect(QuerySyntax.searxng.query(sentence) == query) }

  @Test(arguments: [
    (#"intitle:"x" insource:/a.*b/ -c ~d e? f*"#, "intitle x insource a. b c d e f"),
    ("!not {{tmpl}} [[link]] a&&b || c\\d", "not tmpl link a b c d"),
    ("O'Neill state-of-the-art", "O'Neill state-of-the-art"),
  ])
  func cirrus(sentence: String, query: String) { #expect(QuerySyntax.cirrus.query(sentence) == query) }

  @Test func longSentencesAreCutAtAWord() {
    let sentence = (0..<200).map { "word\($0)" }.joined(separator: " ")
    let cirrus = QuerySyntax.cirrus.query(sentence, joinedBy: " OR ")
    #expect(cirrus.count <= 300 && cirrus.count > 280 && cirrus.hasPrefix("word0 OR word1 OR "))
    #expect(!cirrus.hasSuffix("OR"))
    #expect(QuerySyntax.google.query(sentence).split(separator: " ").count == 32)
    #expect(QuerySyntax.brave.query(sentence).count <= 400)
  }

  /// Servers count code points: a letter of Hindi with its vowel has two, a family of emoji many.
  @Test(arguments: ["नमस्ते दुनिया", "👨‍👩‍👧‍👦a 👩🏽‍🚀b"])
  func codePointsAreCounted(words: String) {
    let query = QuerySyntax.cirrus.query(Array(repeating: words, count: 60).joined(separator: " "), joinedBy: " OR ")
    #expect(query.unicodeScalars.count <= 300 && query.unicodeScalars.count > 250)
  }

  @Test func wordsThatDoNotFitAreLeftOut() {
    let long = String(repeating: "x", count: 301)
    #expect(QuerySyntax.cirrus.query("\(long) Oslo \(long) Bergen") == "Oslo Bergen")
  }

  @Test(arguments: ["", "  ", "!!! ???", "\" \"", "http://only.an/address"])
  func nothingToSearch(sentence: String) {
    for syntax in [QuerySyntax.google, .brave, .searxng, .cirrus] { #expect(syntax.query(sentence).isEmpty) }
  }
}

@Suite("Search: snippets")
struct SnippetTests {
  @Test(arguments: [
    ("<b>New</b>ton &amp; <strong>Leibniz</strong>", "Newton & Leibniz"), ("one<br/>two<p>three</p>", "one two three"),
    ("It&#39;s &quot;x&quot; &#x2014; y", "It's \"x\" — y"), ("&amp;lt;b&amp;gt; stays", "&lt;b&gt; stays"),
    ("a ... b … c\n\n d&nbsp;e", "a b c d e"), ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
    ("AT&T & co; &bogus; &#xFFFFFFFF;", "AT&T & co; &bogus; &#xFFFFFFFF;"),
    (#"<span class="searchmatch">Oslo</span>, Norway"#, "Oslo, Norway"), ("cut <b", "cut <b"), ("", ""),
  ])
  func cleaned(snippet: String, text: String) { #expect(plainSnippet(snippet) == text) }
}
