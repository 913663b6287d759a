extension ErrorCode {
  /// Faults of `calm plugin new`.
  static let projects = [
    ErrorCode(
      code: "C120", title: "name that a plugin cannot have",
      text: """
        A plugin's name has letters, digits and single hyphens and begins with a letter. From `my-notes` or `MyNotes` come the id \
        `my-notes` that YAML uses and the module `MyNotes`. Names that would hide a module or a type of the API are refused, and so \
        are the ids of plugins that are found already, since two of one id are ambiguous: `calm plugin list` shows them.
        """),
    ErrorCode(
      code: "C121", title: "no template of this kind in this language",
      text: """
        There are templates of every kind in Swift. Encoders and decoders give gradients and are Swift only; augmentors and losses \
        can be written in C and Rust, and augmentors in Python. Any other language that speaks the C ABI of `calm_plugin.h`, or the \
        frames of a plugin that is a program, will do as well, but has no template.
        """),
    ErrorCode(
      code: "C122", title: "project folder is there already",
      text: """
        `calm plugin new` writes into a new folder only, so that nothing of yours is overwritten. Choose another name, another \
        folder by `--into`, or remove the old one.
        """),
    ErrorCode(
      code: "C123", title: "SDK not found",
      text: """
        Plugins are built against the SDK: the interfaces of the modules, `calm_plugin.h` and `libPluginAPI.so`. An installed `calm` \
        has it in `../lib/calm/sdk`, one in the build folder of a checkout uses that checkout's. Where neither is there, or another \
        one is meant, `--sdk` or the variable CALM_SDK names it: the SDK's folder, the prefix of an installation, or a checkout that \
        is built.
        """),
  ]
}
