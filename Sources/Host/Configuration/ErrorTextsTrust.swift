extension ErrorCode {
  /// Plugins that are refused although they could be opened.
  static let trust = [
    ErrorCode(
      code: "P340", title: "plugin that is not locked",
      text: """
        A file `plugins.lock` beside the experiment, or beside a file that it extends, names the plugins that may be opened by \
        their digests, and this library is none of them: it was built again, updated or exchanged, or it is new. If that is meant, \
        run `calm plugin lock` for the experiment again. `--allow-unpinned` lets a library through that the lock does not name at \
        all, once, and the run's record says so; one that the lock names with another digest is never let through.
        """),
    ErrorCode(
      code: "P341", title: "plugins.lock cannot be read",
      text: """
        The lock beside the experiment may not be read, or a line of it is not a digest of 64 hexadecimal digits, an id, a version \
        and a file name. Nothing is opened: a lock that is damaged protects nothing. `calm plugin lock` writes it anew.
        """),
    ErrorCode(
      code: "P342", title: "plugin in quarantine",
      text: """
        A program ended while it opened this very file, so it is not opened again. `calm plugin validate FILE` opens it in a process \
        of its own and says what happens. A new build is another file, with another digest, and is not in quarantine. Where \
        something else ended the program, `calm plugin release FILE` lets it out; without a name it lists what is in quarantine.
        """),
    ErrorCode(
      code: "P343", title: "plugin that everybody can change",
      text: """
        The library, or a folder on the way to it, may be written by every user of the machine, so that anybody could have their \
        code run as you. The message names the place; `chmod o-w PLACE` mends it. In a folder like /tmp, where nobody may touch \
        what is another's, a library has to be your own.
        """),
  ]
}
