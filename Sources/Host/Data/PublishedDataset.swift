/// A data set of the paper at the place where its authors published it, pinned to a commit and to the digests of its files.
struct PublishedDataset: Sendable {
  struct File: Sendable {
    /// What it is called here.
    let name: String
    /// Where it is in the repository.
    let path: String
    let sha256: String
  }

  let name: String
  /// Below the origin: repository and commit.
  let source: String
  let files: [File]
  /// Whose it is, and what may be done with it.
  let terms: String

  static let all = [wnut17, bc5cdr, conllpp]

  static let wnut17 = PublishedDataset(
    name: "wnut17", source: "leondz/emerging_entities_17/e52a2d2a71ac1a051ca2d532eef28653c5c02603",
    files: [
      File(
        name: "train.conll", path: "wnut17train.conll",
        sha256: "731820e13f71af324c6b55a1575ec2ce59fbaa2a0806f8f0400b98d56cd6a7a5"),
      File(
        name: "dev.conll", path: "emerging.dev.conll",
        sha256: "e053b752b8155113ca66e7db08af5f2f5f43ab993694e4774f1ec5bad42312d8"),
      // emerging.test.conll beside it has several tags a word.
      File(
        name: "test.conll", path: "emerging.test.annotated",
        sha256: "2aa79b764e56ec9264a1b30fdd9b70195bd00ff400b62edd8f399d5f13c178f0"),
    ],
    terms: "Derczynski, Nichols, van Erp and Limsopatham 2017; CC BY 4.0")

  static let bc5cdr = PublishedDataset(
    name: "bc5cdr", source: "cambridgeltl/MTL-Bioinformatics-2016/df0df02fae6dbb87d88ffcf323b9096528f06f84",
    files: [
      File(
        name: "train.tsv", path: "data/BC5CDR-IOB/train.tsv",
        sha256: "b731361c0ed73afd04cc5fdad39afcdfd8f325d6e46c282339185a91d1af4c14"),
      File(
        name: "dev.tsv", path: "data/BC5CDR-IOB/devel.tsv",
        sha256: "b909de65c4f7e3c23bb09ad52d654cdc92e96db941abe1a5dcf6f6010c03cff5"),
      File(
        name: "test.tsv", path: "data/BC5CDR-IOB/test.tsv",
        sha256: "e41a2843a5fff0cd8d1a88cb147968d61ae29336ca70cddc3d7fb8ff21dfa1e8"),
    ],
    terms: "Li et al. 2016, as prepared by Crichton, Pyysalo, Chiu and Korhonen 2017; CC BY 4.0")

  static let conllpp = PublishedDataset(
    name: "conllpp", source: "ZihanWangKi/CrossWeigh/77d0c2dbf1a039211426f0fecb11daabba8e7bd1",
    files: [
      File(
        name: "train.txt", path: "data/conllpp_train.txt",
        sha256: "213953b5522fb7924802d883e50f027b2c6ffb5d4d0e63368ed82909f9b60423"),
      File(
        name: "dev.txt", path: "data/conllpp_dev.txt",
        sha256: "c02eb19809eafb83998326a0481942eb37d96f31826ae387cfe8773699969f5b"),
      File(
        name: "test.txt", path: "data/conllpp_test.txt",
        sha256: "4eb3b5114787d0df24087e9c9dfc956abf4cfd5e201bc1056b48ff4f7b37c0e8"),
    ],
    terms: """
      Tjong Kim Sang and De Meulder 2003, corrected by Wang et al. 2019 (annotations Apache 2.0); the text is the Reuters corpus, \
      for research only
      """)
}
