import Glibc
import Testing

@testable import Host

struct DigestTests {
  @Test(arguments: [
    ([], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (Array("abc".utf8), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ([UInt8](repeating: 0x61, count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
  ])
  func `known answers, of bytes and of files`(bytes: [UInt8], digest: String) throws {
    let lab = try LoadingLab()
    #expect(Digest.sha256(of: bytes) == digest)
    #expect(try Digest.sha256(ofFile: lab.write(bytes, as: "bytes")) == digest)
  }

  @Test func `an unreadable file says why`() throws {
    let lab = try LoadingLab()
    let missing = #expect(throws: UnreadableFile.self) { try Digest.sha256(ofFile: lab.path("none")) }
    #expect(missing?.description == "cannot read `\(lab.path("none"))`: No such file or directory")
    let folder = #expect(throws: UnreadableFile.self) { try Digest.sha256(ofFile: lab.folder) }
    #expect(folder?.reason == "Is a directory")
  }
}
