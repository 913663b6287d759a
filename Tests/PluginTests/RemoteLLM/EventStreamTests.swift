import Testing

@testable import RemoteLLM

@Suite("Server-sent events")
struct EventStreamTests {
  private func events(_ text: String, pieces: Int) -> [String] {
    var stream = EventStream(), found: [[UInt8]] = []
    let bytes = Array(text.utf8)
    for begin in stride(from: 0, to: bytes.count, by: pieces) {
      found += stream.take(bytes[begin..<min(begin + pieces, bytes.count)])
    }
    return (found + stream.end()).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test(arguments: [1, 2, 3, 5, 1000]) func areTheSameHoweverTheyAreCut(_ pieces: Int) {
    let text = ": comment\r\n\r\ndata: één\r\n\r\nevent: x\ndata:two\ndata:  lines\n\nid: 7\n\ndata: 🙂\r\rdata: last"
    #expect(events(text, pieces: pieces) == ["één", "two\n lines", "🙂", "last"])
  }

  @Test func nothingIsNothing() {
    #expect(events("", pieces: 1).isEmpty && events("\n\n\r\n", pieces: 1).isEmpty && events(": only\n\n", pieces: 1).isEmpty)
    #expect(events("data:\n\ndata\n\n", pieces: 1) == [""])
  }
}

@Suite("Answers of servers")
struct AnswerTests {
  @Test(arguments: [
    ("<think>a\nb</think>\n\nText", "Text"), ("thoughts</think>Text", "Text"), ("Text <think>x</think>more", "Text more"),
    ("<think>never ends", ""), ("Text", "Text"), ("a</think>b<think>c</think>d", "bd"),
  ])
  func thinkingIsLeftOut(_ text: String, _ rest: String) { #expect(Answer(text: text).withoutThinking == rest) }

  @Test func partsAndRefusalsAreTexts() throws {
    func text(_ message: String) throws -> String {
      var answer = Answer()
      let json = JSON(Array(#"{"choices": [{"message": \#(message)}]}"#.utf8))
      try answer.take(try #require(json), streamed: false)
      return answer.text
    }
    #expect(try text(#"{"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}"#) == "ab")
    #expect(try text(#"{"content": null, "refusal": "I cannot"}"#) == "I cannot")
    #expect(try text(#"{"content": null}"#) == "")
  }
}
