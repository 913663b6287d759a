import FoundationEssentials
import Glibc
import PluginAPI
import TestSupport

@testable import Host

/// Plugins that break one law each: those of `Tests/BadPlugins`, compiled once into one library, and files that are damaged or made
/// on purpose.
enum BadPlugins {
  /// A plugin's file, and the name by which `Tests/BadPlugins` knows it.
  struct Sample {
    var path: String
    var chosen = ""
  }

  /// The plugin of this name.
  static func sample(_ name: String, in lab: LoadingLab) throws -> Sample {
    if let make = files[name] { return Sample(path: try make(lab)) }
    return Sample(path: try library.get(), chosen: name)
  }

  /// Files, by name, and how each is made.
  static let files: [String: @Sendable (LoadingLab) throws -> String] = [
    "file-otherMajor": { try patched($0, at: 8, [9, 0, 0, 0]) },
    "file-newerMinor": { try patched($0, at: 12, [77, 0, 0, 0]) },
    "file-otherLanguage": { try patched($0, at: 16, [5, 0, 0, 0]) },
    "file-otherCompiler": { try patched($0, at: 24, Array("Clang 17.0.0".utf8) + [0]) },
    "file-damagedStamp": { try patched($0, at: 0, Array("MLAC".utf8)) },
    "file-otherMachine": { lab in
      var bytes = try LoadingLab.bytes(library.get())
      bytes.replaceSubrange(18..<20, with: ElfMachine.host == 183 ? [62, 0] : [183, 0])
      return try lab.write(bytes, as: "libBad.so")
    },
    "file-truncated": { lab in
      let bytes = try LoadingLab.bytes(library.get())
      return try lab.write(Array(bytes[..<(bytes.count / 2)]), as: "libBad.so")
    },
    "file-undefinedSymbol": {
      try $0.compileC(LoadingLab.cPlugin + "\n__asm__(\".data\\n.quad nowhere_to_be_found\\n.text\");", as: "libBad.so")
    },
    "file-missingLibrary": { lab in
      try lab.compileC("int other;", as: "libGone.so")
      let path = try lab.compileC(as: "libBad.so", flags: ["-Wl,--no-as-needed", "-L", lab.folder, "-lGone"])
      unlink(lab.path("libGone.so"))
      return path
    },
    "file-noEntry": { try $0.compileC("#include \"calm_plugin.h\"\nint nothing;", as: "libBad.so") },
    "file-twoEntries": {
      try $0.compileC(LoadingLab.cPlugin + "\nvoid calm_plugin_Worse(void) {}", as: "libBad.so")
    },
    "file-noFactory": { try $0.compileC(as: "libBad.so") },
    "file-ownAPI": { _ in try LoadingLab.stranger() },
  ]

  /// The library of `Tests/BadPlugins`.
  static let library = Result {
    let tests = LoadingLab.repository + "/Tests"
    let own = ["Entry", "ManifestLies", "Mishaps"].map { "\(tests)/BadPlugins/\($0).swift" }
    let toys = ["Augmentor", "Encoder", "Decoder", "Loss"].map { "\(tests)/ConformanceTests/Toy\($0).swift" }
    return try LoadingLab.swiftPlugin("Bad", files: own + toys)
  }

  /// The library with other bytes in its stamp, from `offset` on.
  private static func patched(_ lab: LoadingLab, at offset: Int, _ change: [UInt8]) throws -> String {
    var bytes = try LoadingLab.bytes(library.get())
    let size = MemoryLayout<calm_stamp>.size
    let head = withUnsafeBytes(of: (CALM_MAGIC.littleEndian, UInt32(size).littleEndian)) { Array($0) }
    var place = 0
    while let next = bytes[place...].firstRange(of: head)?.lowerBound {
      bytes.replaceSubrange(next + offset..<next + offset + change.count, with: change)
      place = next + size
    }
    return try lab.write(bytes, as: "libBad.so")
  }
}
