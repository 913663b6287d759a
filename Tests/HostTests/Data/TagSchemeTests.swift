import PluginAPI
import Testing

@testable import Host

@Suite struct TagTests {
  @Test func aTagIsSplitAtItsFirstHyphen() {
    #expect(Tag("I-creative-work").type == "creative-work")
    #expect(Tag("I-creative-work").place == .inside)
    #expect(Tag("B--x").type == "-x")
    #expect(Tag("O") == .outside)
    #expect(Tag("B").type == "")
  }

  @Test func bilouIsReadAsBioes() {
    #expect(Tag("U-PER").place == .single)
    #expect(Tag("L-PER").place == .end)
  }

  @Test(arguments: ["NNP", "", "X-PER", "B", "B-", "O-PER", "-X-", "BB-PER"])
  func otherTextIsNoTag(text: String) { #expect(!Tag(text).isWellFormed) }
}

@Suite struct TagSchemeTests {
  private func detect(_ tags: [String]...) -> SchemeDetection { SchemeDetection(tags) }

  @Test func schemesAreDetected() {
    #expect(detect(["B-A", "I-A", "O"], ["O", "B-B"]).scheme == .iob2)
    #expect(detect(["I-A", "I-A", "O"], ["O", "I-B", "I-A", "B-A"]).scheme == .iob1)
    #expect(detect(["B-A", "E-A", "O", "S-B"]).scheme == .bioes)
    #expect(detect(["B-A", "I-A", "L-A", "O", "U-B"]).scheme == .bioes)
    #expect(detect(["S-A"]).scheme == .bioes)
  }

  @Test func whereBothFitItIsIOB2() {
    #expect(detect(["O", "O"]) == detect(["O"]))
    #expect(detect(["O"]).ambiguous)
    #expect(detect(["O"]).scheme == .iob2)
    #expect(!detect(["B-A", "I-A"]).ambiguous)
    #expect(!detect(["S-A"]).ambiguous)
  }

  @Test func fewMalformedTagsDoNotChangeTheScheme() {
    #expect(detect(["B-A"], ["B-A", "O", "B-B"], ["O", "I-A"]).scheme == .iob2)
    #expect(detect(["I-A"], ["I-A", "O", "I-B"], ["O", "B-A"]).scheme == .iob1)
  }

  @Test func anotherColumnIsNoScheme() throws {
    let data = try parsed("a x\nEU NNP\nrejects VBZ\n. .\n")
    #expect(faults { _ = try data.detectScheme() }.places == ["D205:1"])
  }

  @Test(arguments: [
    (TagScheme.iob2, "O I-PER", "1: `I-PER` after `O`"),
    (.iob2, "I-PER", "0: `I-PER` at the start of the sentence"),
    (.iob2, "B-PER I-LOC", "1: `I-LOC` after `B-PER`"),
    (.iob2, "B-PER E-PER", "1: `E-PER` is not IOB2"),
    (.iob2, "B-PER I-PER I-PER B-PER", ""),
    (.iob1, "I-PER I-PER B-PER I-PER O I-LOC I-PER", ""),
    (.iob1, "O B-PER", "1: `B-PER` after `O`"),
    (.iob1, "I-LOC B-PER", "1: `B-PER` after `I-LOC`"),
    (.bioes, "B-PER I-PER E-PER S-PER B-A L-A U-A O", ""),
    (.bioes, "B-PER O", "0: `B-PER` before `O`"),
    (.bioes, "O E-PER", "1: `E-PER` after `O`"),
    (.bioes, "S-PER I-PER E-PER", "1: `I-PER` after `S-PER`"),
    (.bioes, "B-PER E-LOC", "1: `E-LOC` after `B-PER`"),
    (.bioes, "O B-PER I-PER", "2: `I-PER` at the end of the sentence"),
    (.iob2, "NNP", "0: `NNP` is no tag: `O` or `B-TYPE` is"),
  ])
  func malformedSequencesAreNamed(scheme: TagScheme, tags: String, expected: String) {
    let found = scheme.faults(in: tags.split(separator: " ").map(String.init))
    #expect(found.map { "\($0.index): \($0.text)" }.joined(separator: "; ") == expected)
  }

  @Test func conversionsKeepTheEntities() {
    let schemes: [TagScheme: String] = [
      .iob1: "I-A I-A B-A O I-B I-A I-A O I-creative-work",
      .iob2: "B-A I-A B-A O B-B B-A I-A O B-creative-work",
      .bioes: "B-A E-A S-A O S-B B-A E-A O S-creative-work",
    ]
    for (source, text) in schemes {
      let tags = text.split(separator: " ").map(String.init)
      #expect(source.faults(in: tags).isEmpty)
      for (target, expected) in schemes {
        #expect(target.convert(tags).joined(separator: " ") == expected, "\(source) to \(target)")
      }
    }
    #expect(TagScheme.toBIOES(["B-A", "L-A", "U-A"]) == ["B-A", "E-A", "S-A"])
    #expect(TagScheme.toIOB2(["S-A", "B-B", "I-B", "E-B"]) == ["B-A", "B-B", "I-B", "I-B"])
    #expect(TagScheme.toBIOES([]).isEmpty)
  }

  /// Random entities survive every conversion there and back.
  @Test func conversionsAreInverse() {
    var random = RandomStream(seed: 1, "tags")
    for _ in 0..<500 {
      var entities: [Entity] = []
      var at = 0
      while at < 20 {
        let length = Int.random(in: 1...3, using: &random)
        let type = Bool.random(using: &random) ? "A" : "B"
        if Bool.random(using: &random) { entities.append(Entity(type: type, words: at..<at + length)) }
        at += length
      }
      for scheme in TagScheme.allCases {
        let tags = scheme.spell(entities, length: at)
        #expect(scheme.faults(in: tags).isEmpty)
        #expect(Entity.entities(in: tags) == entities)
        #expect(TagScheme.toIOB2(TagScheme.toBIOES(tags)) == TagScheme.iob2.spell(entities, length: at))
      }
    }
  }

  @Test func malformedDataIsRefusedByLine() throws {
    let data = try parsed("a B-X\nb I-X\n\nc O\nd I-X\n\ne I-Y\nf O\n\ng B-X\n")
    #expect(try data.detectScheme().scheme == .iob2)
    let found = faults { _ = try data.converted(to: .bioes) }
    #expect(found.places == ["D202:5", "D202:7"])
    #expect(found.first?.message == "`I-X` after `O` (IOB2)")
    #expect(data.faults(of: .iob2).places == ["D202:5", "D202:7"])
    // In IOB1 the same tags are right and the others wrong.
    #expect(faults { _ = try data.converted(to: .bioes, from: .iob1) }.places == ["D202:1", "D202:10"])
  }

  @Test func repairStartsEntitiesAtStrayTags() throws {
    let data = try parsed("a O\nb I-X\nc I-X\nd I-Y\n\ne B-X\n\nf B-Y\n\ng B-Y\n")
    let repaired = try data.converted(to: .bioes, from: .iob2, repair: true)
    #expect(repaired.sentences[0].tags == ["O", "B-X", "E-X", "S-Y"])
    // What is no tag cannot be repaired.
    let broken = try parsed("a B-X\nb NNP\n\nc B-X\n")
    #expect(faults { _ = try broken.converted(to: .bioes, repair: true) }.places == ["D202:2"])
  }
}

@Suite struct TagSetTests {
  @Test func tagsAreOrderedByType() throws {
    let tags = TagSet(training: try parsed("a B-loc\nb I-loc\nc O\nd B-creative-work\n"))
    #expect(
      tags.names == [
        "O", "B-creative-work", "I-creative-work", "E-creative-work", "S-creative-work", "B-loc", "I-loc", "E-loc", "S-loc",
      ])
    #expect(tags.types == ["creative-work", "loc"])
    #expect(tags.index(of: "S-loc") == 8)
    #expect(tags.index(of: "S-per") == nil)
    #expect(tags.indices(of: ["B-loc", "E-loc", "O", "S-per"]) == [5, 7, 0, 0])
    #expect(TagSet(names: tags.names) == tags)
    #expect(TagSet(types: []).names == ["O"])
  }

  @Test func unseenTypesAreWarnedOf() throws {
    let tags = TagSet(types: ["person", "location"])
    let dev = try parsed("a B-person\n\nb O\nc B-persn\n\nd B-persn\ne I-persn\nf B-group\n")
    let found = tags.unseenTypes(in: dev)
    #expect(found.places == ["D206:8", "D206:4"])
    #expect(found[0].message == "data.conll has 1 entity of type `group`, which training never saw")
    #expect(found[1].message == "data.conll has 2 entities of type `persn`, which training never saw")
    #expect(found[1].hint == "is it `person`?")
    #expect(tags.unseenTypes(in: try parsed("a B-person\n")).isEmpty)
  }
}
