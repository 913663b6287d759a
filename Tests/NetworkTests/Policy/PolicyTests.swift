import NetworkPolicy
import PluginAPI
import Testing

@testable import CalmNetwork

@Suite("Retry-After")
struct RetryAfterTests {
  /// Sunday, 6 November 1994, 08:49:37 UTC.
  private let time = 784_111_777.0

  @Test(arguments: [("120", 120.0), ("0", 0), (" 7", 7), ("1.5", 1.5)])
  func secondsAreRead(_ text: String, _ seconds: Double) { #expect(RetryAfter.seconds(text, now: time) == seconds) }

  @Test func datesAreRead() {
    #expect(RetryAfter.seconds("Sun, 06 Nov 1994 08:49:37 GMT", now: time - 90) == 90)
    #expect(RetryAfter.seconds("Sun, 06 Nov 1994 08:49:37 GMT", now: time + 90) == 0)
    #expect(RetryAfter.seconds("Thu, 29 Feb 2024 00:00:00 GMT", now: 1_709_164_800 - 1) == 1)
    #expect(RetryAfter.seconds("Fri, 31 Dec 1999 23:59:60 GMT", now: 946_684_800) == 0)
  }

  @Test func moreSecondsThanThereAreAreSomeThatCanBeReckonedWith() {
    #expect(RetryAfter.seconds("99999999999999999999999", now: time) == 1e9)
    #expect(RetryAfter.seconds(String(repeating: "9", count: 400), now: time) == nil)
    #expect(RetryAfter.plausible(1e300) == 1e9 && RetryAfter.plausible(7) == 7)
    for seconds in [-1, Double.nan, .infinity, -.infinity] { #expect(RetryAfter.plausible(seconds) == nil) }
  }

  @Test(arguments: ["", "soon", "-1", "1e3", "..", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 45 Nov 1994 08:49:37 GMT"])
  func otherTextIsNone(_ text: String) { #expect(RetryAfter.seconds(text, now: time) == nil) }
}

@Suite("Backoff")
struct BackoffTests {
  @Test func boundsDoubleUpToTheLongest() throws {
    let backoff = Backoff(try policy([], ["backoffSeconds": "2", "longestWaitSeconds": "20"]))
    #expect((0..<6).map { backoff.wait($0, random: 0.5, least: nil) } == [1, 2, 4, 8, 10, 10])
    #expect(backoff.wait(1000, random: 1, least: nil) == 20)
    #expect(backoff.wait(3, random: 0, least: nil) == 0)
  }

  @Test func whatTheServerAsksForIsTheLeast() throws {
    let backoff = Backoff(try policy([], ["backoffSeconds": "2", "longestWaitSeconds": "20"]))
    #expect(backoff.wait(0, random: 0.5, least: 10) == 11)
    #expect(backoff.wait(5, random: 0.9, least: 19) == 20)
    #expect(backoff.wait(0, random: 0.5, least: 21) == nil)
  }
}

@Suite("Circuit breaker")
struct CircuitBreakerTests {
  private func breaker() throws -> CircuitBreaker {
    CircuitBreaker(try policy([], ["breakAfter": "2", "breakSeconds": "30"]))
  }

  @Test func opensAfterFailuresInARow() throws {
    var circuit = try breaker()
    circuit.fail(now: 0)
    circuit.succeed()
    circuit.fail(now: 1)
    #expect(circuit.admit(now: 1) == nil)
    circuit.fail(now: 2)
    #expect(circuit.admit(now: 12) == 20)
  }

  @Test func oneDecidesAfterThePause() throws {
    var circuit = try breaker()
    circuit.fail(now: 0)
    circuit.fail(now: 0)
    #expect(circuit.admit(now: 30) == nil)
    #expect(circuit.admit(now: 30) != nil, "only one is let through")
    circuit.fail(now: 31)
    #expect(circuit.admit(now: 32) == 29)
    #expect(circuit.admit(now: 61) == nil)
    circuit.succeed()
    #expect(circuit.admit(now: 61) == nil && circuit.admit(now: 61) == nil)
  }

  @Test func oneThatTellsNothingLeavesTheTurnToTheNext() throws {
    var circuit = try breaker()
    circuit.fail(now: 0)
    circuit.fail(now: 0)
    #expect(circuit.admit(now: 30) == nil)
    circuit.abandon(now: 30)
    #expect(circuit.admit(now: 30) == nil)
  }
}

@Suite("Failures by status and body")
struct AnswerFaultTests {
  private func fault(_ status: Int, _ body: String = "", _ headers: [(name: String, value: String)] = []) throws -> HTTPFailure
  {
    let address = try #require(WebAddress("https://api.example/v1?key=secret"))
    return AnswerFault.of(address, status: status, headers: headers, body: Array(body.utf8), now: 0)
  }

  @Test func whatMayPassIsTriedAgain() throws {
    for status in 400...599 {
      let may = [408, 425, 429].contains(status) || (status >= 500 && status != 501 && status != 505)
      #expect(try fault(status).retries == may, "\(status)")
    }
  }

  @Test func quotasOfADayAreNot() throws {
    for reason in ["dailyLimitExceeded", "quotaExceeded", "insufficient_quota"] {
      let failure = try fault(429, #"{"error": {"reason": "\#(reason)"}}"#)
      #expect(failure.kind == .quota && !failure.retries)
    }
    let words = "Quota exceeded for quota metric 'Queries' and limit 'Queries per day' of service 'search'"
    #expect(try fault(429, #"{"error": {"reason": "rateLimitExceeded", "message": "\#(words)"}}"#).kind == .quota)
    // A burst is no quota, nor is a text that happens to hold the word.
    #expect(try fault(429, #"{"error": {"reason": "rateLimitExceeded"}}"#).kind == .status)
    #expect(try fault(500, #"{"error": "insufficient_quota"}"#).kind == .status)
    let burst = [(name: "x-ratelimit-policy", value: "1;w=1, 9;w=86400"), (name: "x-ratelimit-remaining", value: "0, 4")]
    #expect(try fault(429, "", burst).kind == .status)
  }

  @Test func aRefusedKeyIsOneWhateverTheStatus() throws {
    let failure = try fault(400, #"{"error": {"details": [{"reason": "API_KEY_INVALID"}]}}"#)
    #expect(failure.kind == .status && failure.status == 401 && failure.message.contains("answered 400"))
    #expect(try fault(400, #"{"error": "no"}"#).status == 400)
  }

  /// Wherever a secret stands, no beginning of it is left by a cut.
  @Test func secretsAreLeftOutBeforeTextsAreCut() throws {
    let secrets = [Secret("sk-canary-0123456789", name: "KEY")], address = try #require(WebAddress("https://api.example/v1"))
    for place in Array(280...310) + Array(4070...4100) {
      let body = Array((String(repeating: ".", count: place) + secrets[0].value + "!").utf8)
      let failure = AnswerFault.of(address, status: 400, headers: [], body: body, now: 0, secrets: secrets)
      #expect(!failure.message.contains("sk-") && !failure.body.contains("sk-"), "\(place)")
    }
  }

  @Test func messagesAreOneLineWithoutTheQuery() throws {
    let failure = try fault(503, "a\n\u{1B}[31mb \u{7} c" + String(repeating: "d", count: 1000))
    #expect(failure.message.hasPrefix("https://api.example/v1 answered 503: a [31mb cd"))
    #expect(failure.message.count < 400 && !failure.message.contains("secret"))
  }
}

@Suite("Secrets in texts")
struct RedactionTests {
  @Test func allFormsAreReplaced() {
    let secret = Secret(#"a/b+"c\"#, name: "KEY")
    let text = #"x a/b+"c\ y a%2Fb%2B%22c%5C z a/b+\"c\\ a\/b+\"c\\"#
    #expect(secret.redacted(from: text) == "x <KEY> y <KEY> z <KEY> <KEY>")
    #expect("\(secret)" == "<KEY>")
    // A combining mark behind it makes no other text of it.
    #expect(Secret("abc", name: "KEY").redacted(from: "abc\u{301}") == "<KEY>\u{301}")
    #expect(Secret("", name: "KEY").redacted(from: "abc") == "abc")
  }
}
