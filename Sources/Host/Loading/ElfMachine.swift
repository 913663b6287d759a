/// The processors that an ELF file can be built for, by their number in its header.
enum ElfMachine {
  #if arch(x86_64)
    static let host: UInt16 = 62
  #elseif arch(arm64)
    static let host: UInt16 = 183
  #else
    #error("no ELF machine number is known for this processor")
  #endif

  static func name(_ machine: UInt16) -> String { names[machine] ?? "ELF machine \(machine)" }

  private static let names: [UInt16: String] = [
    2: "sparc", 3: "i386", 8: "mips", 20: "powerpc", 21: "powerpc64", 22: "s390x", 40: "arm", 43: "sparc64", 50: "ia64",
    62: "x86-64", 183: "aarch64", 243: "riscv", 258: "loongarch",
  ]
}
