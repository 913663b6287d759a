import FoundationEssentials
import Testing
import Tokenizers
import Weights

struct ScratchTests {
  @Test func diff() throws {
    let root = "/tmp/h1diff"
    for name in try FileManager.default.contentsOfDirectory(atPath: root).sorted() {
      let dir = root + "/" + name
      guard let data = FileManager.default.contents(atPath: dir + "/cases.json") else { continue }
      let rows = try JSONDecoder().decode([[String: JSONValue]].self, from: data)
      do {
        let t: any LanguageTokenizer = FileManager.default.fileExists(atPath: dir + "/model.gguf")
          ? try loadLanguageTokenizer(gguf: GGUFFile(path: dir + "/model.gguf")) : try loadLanguageTokenizer(folder: dir)
        var tally = Tally()
        for (i, row) in rows.enumerated() {
          let text = row["text"]!.string!
          if let ids = row["plain"]?.ids { tally.compare(t.encode(text, parsingSpecials: false), ids, "\(i) \(text.debugDescription) plain") }
          if let ids = row["parsed"]?.ids { tally.compare(t.encode(text, parsingSpecials: true), ids, "\(i) \(text.debugDescription) parsed") }
          if let d = row["decoded"]?.string, let ids = row["decode"]?.ids { tally.compare(Array(t.decode(ids).unicodeScalars), Array(d.unicodeScalars), "\(i) decode \(ids)") }
        }
        tally.check(name)
        if let text = FileManager.default.contents(atPath: root + "/speed.txt") {
          let s = String(decoding: text, as: UTF8.self)
          let cold = ContinuousClock().measure { _ = t.encode(s, parsingSpecials: false) }
          let warm = ContinuousClock().measure { _ = t.encode(s, parsingSpecials: false) }
          print("SPEED \(name) \(text.count) bytes cold \(Double(text.count) / (cold / .seconds(1)) / 1e6) warm \(Double(text.count) / (warm / .seconds(1)) / 1e6) MB/s, bos \(String(describing: t.bos)) \(t.addsBOS) stops \(t.stopTokens)")
        }
      } catch { Issue.record("\(name): \(error)") }
    }
  }
}
