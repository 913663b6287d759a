extension ErrorCode {
  /// Faults of plugins in other languages and in processes of their own.
  static let processes = [
    ErrorCode(
      code: "P322", title: "plugin describes itself wrongly",
      text: """
        What a plugin says about itself contradicts the C ABI or the frame protocol: a struct whose `size` is not set, an \
        option without a type, a default that its own range refuses. The message names it; only the plugin's author can mend it. \
        `calm_plugin.h` and Documentation/plugin-processes.md say what each field means.
        """),
    ErrorCode(
      code: "P331", title: "plugin's process cannot be started",
      text: """
        The command of a plugin under `plugins:` names a program that is not there or may not be run. Programs are looked for on \
        PATH; a name with a slash is a path relative to the file that says it.
        """),
    ErrorCode(
      code: "P332", title: "plugin's process ended",
      text: """
        The process of a plugin ended while something was due: it crashed, was killed, for instance for want of memory, or \
        exited. The message has the signal or the exit code, and the last lines of its standard error. Where single requests end \
        it, the others go on, and this error does not come.
        """),
    ErrorCode(
      code: "P333", title: "plugin's process does not answer",
      text: """
        No frame came from the process of a plugin for as long as `timeLimit` says, and it was killed. It hangs, or it needs more \
        time, for instance for a large model: raise `timeLimit` under `plugins:` or `augmentor:`.
        """),
    ErrorCode(
      code: "P334", title: "plugin's process breaks the protocol",
      text: """
        A process sent something that is no frame, or not the frame that was due. The most frequent cause is a `print` to standard \
        output, which belongs to the frames: print to standard error. Documentation/plugin-processes.md has every frame.
        """),
    ErrorCode(
      code: "P335", title: "requests that failed",
      text: """
        An augmentor could not answer some sentences, for the reasons that the message gives: it said so, or its process ended \
        with them three times. They are not stored and are asked for again by the next command. A run reads their sentences \
        without a context, to its end, also when it is resumed. After five failures one after the other nothing more is asked; \
        where the split has contexts already, after a twentieth of it.
        """),
  ]
}
