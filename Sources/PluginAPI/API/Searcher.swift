/// A text that a search engine found.
public struct SearchHit: Sendable, Hashable {
  /// Which engine found it.
  public var provider: String
  /// Its place in the engine's answer, from 1.
  public var rank: Int
  /// What the engine knows it by; empty where it has no such name.
  public var id: String
  /// Its title, without mark-up.
  public var title: String
  /// What it says, or the part of it that the engine shows, without mark-up.
  public var text: String
  /// The engine's own measure, where it tells one; comparable within one answer only.
  public var score: Double?
  /// Its address; empty where it has none.
  public var url: String
  /// Its date, as the engine writes it; empty where it tells none.
  public var date: String

  /// A text that was found.
  public init(
    provider: String, rank: Int, id: String, title: String, text: String, score: Double? = nil, url: String = "",
    date: String = ""
  ) {
    self.provider = provider
    self.rank = rank
    self.id = id
    self.title = title
    self.text = text
    self.score = score
    self.url = url
    self.date = date
  }
}

/// An augmentor that searches, shown for `calm search`.
public protocol Searcher: Augmentor {
  /// What is found for a query, best first as the engine ranks it; a person's words, in which nothing is an operator.
  /// Throws where no engine answers; that nothing is found is an answer.
  func search(_ query: String, limit: Int) async throws -> [SearchHit]
}
