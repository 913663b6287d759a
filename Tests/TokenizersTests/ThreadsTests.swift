import Testing

@testable import Tokenizers

/// One tokenizer is asked by several threads; what it remembers of earlier words must not show.
struct ThreadsTests {
  @Test func threadsGetTheSameIds() async throws {
    let tokenizers = [
      try TokenizerFolder(texts: ["tokenizer.json": SmallModels.unigramJSON]).load(),
      try TokenizerFolder(texts: ["tokenizer.json": SmallModels.bytePairJSON]).load(),
      try TokenizerFolder(texts: ["tokenizer.json": SmallModels.wordPieceJSON]).load(),
    ]
    var random = Generator(seed: 1)
    // More words than the cache holds.
    let texts = (0..<400).map { _ in
      (0..<60).map { _ in String(decoding: (0...random.below(7)).map { _ in UInt8(97 + random.below(5)) }, as: UTF8.self) }
        .joined(separator: " ")
    }
    for tokenizer in tokenizers {
      let expected = texts.map { tokenizer.encode($0) }
      await withTaskGroup(of: Bool.self) { group in
        for offset in 0..<8 {
          group.addTask {
            texts.indices.allSatisfy { i in
              let index = (i * 7 + offset * 50) % texts.count
              return tokenizer.encode(texts[index]) == expected[index]
            }
          }
        }
        for await same in group { #expect(same) }
      }
    }
  }

  @Test func theCacheForgetsAndAnswersRightly() {
    var cache = PieceCache()
    var random = Generator(seed: 2)
    var known = 0
    for round in 0..<60_000 {
      let number = random.below(30_000)
      let key = Array("w\(number)".utf8)
      key.withUnsafeBufferPointer { key in
        let hash = PieceCache.hash(key)
        var ids: [Int32] = [-7]
        if cache.append(key, hash: hash, to: &ids) {
          known += 1
          #expect(ids == [-7, Int32(number), 1], "round \(round)")
        } else {
          cache.insert(key, hash: hash, ids: [Int32(number), 1])
        }
      }
    }
    #expect(known > 1000)
  }

  @Test func emptyAndLongWordsAreNotKept() {
    var cache = PieceCache()
    for key in [[], [UInt8](repeating: 97, count: PieceCache.maxKeyLength + 1)] {
      key.withUnsafeBufferPointer { key in
        cache.insert(key, hash: PieceCache.hash(key), ids: [1])
        var ids: [Int32] = []
        #expect(!cache.append(key, hash: PieceCache.hash(key), to: &ids) && ids.isEmpty)
      }
    }
  }
}
