extension ErrorCode {
  /// Faults of configuration files and of the command line.
  static let configuration = [
    ErrorCode(
      code: "C100", title: "not YAML",
      text: """
        The text cannot be read as YAML. Usual causes: a tab where spaces indent, text with `: ` or ` #` in it that needs \
        quotes, a bracket or quote that is not closed, a line that is indented by too much or too little. The place is where \
        reading stopped; the mistake may stand in the line before. The value of `--set` is YAML as well.
        """),
    ErrorCode(
      code: "C101", title: "unknown key",
      text: """
        A mapping has a key that nothing reads. It is refused because a misspelt key would silently leave a default in force. \
        The message names the nearest known key; `calm plugin info ID` lists a plugin's options. Check too that the key stands \
        at the right depth: options of a plugin belong under `options:`.
        """),
    ErrorCode(
      code: "C102", title: "not a mapping",
      text: """
        A place that holds keys and values holds a single value or a list. A missing space after a colon (`plugin:crf`) makes a \
        mapping into text; a `-` before a key makes it into a list.
        """),
    ErrorCode(
      code: "C103", title: "missing key",
      text: """
        A key without a default is not given, and nothing that the file `extends` gives it either. The message names its type \
        and its meaning. An option may also be missing because the section names another plugin than the file it extends: \
        then the options of the other plugin are not taken over.
        """),
    ErrorCode(
      code: "C104", title: "wrong type",
      text: """
        A value is of another type than its key takes. Quotes make text of anything: `"3"` is text, `3` is a number. Booleans \
        are `true` and `false` only. A list of one item is `[item]`. Some keys take one of a few words; the message lists them.
        """),
    ErrorCode(
      code: "C105", title: "out of range",
      text: """
        A number is smaller or greater than its key allows. The message gives the bounds, `calm plugin info ID` those of every \
        option.
        """),
    ErrorCode(
      code: "C106", title: "key given twice",
      text: """
        One mapping holds the same key twice, in the two lines that the message names. Only one could count, so neither is \
        guessed: remove one. To change a value of another file, put it in a file of its own that `extends` the other.
        """),
    ErrorCode(
      code: "C107", title: "limits exceeded",
      text: """
        A configuration file may have 256 KiB, 32 levels, and 10000 keys and values with aliases expanded; 64 files may be \
        layered. No experiment comes near; a file that does is damaged, is no configuration, or is made to exhaust the machine.
        """),
    ErrorCode(
      code: "C108", title: "`extends` cannot be followed",
      text: """
        A file that `extends` names does not exist or cannot be read, or files extend each other in a circle, or in a chain of \
        more than 16. Paths are relative to the file that says `extends`, not to the current folder. The message names the chain.
        """),
    ErrorCode(
      code: "C109", title: "bad override",
      text: """
        An argument of `--set` is not of the form `path.to.key=value`, or its path leads through something that is no mapping \
        or past the end of a list (items count from 0: `list.0.key`). The value is read as YAML; to pass text with special \
        characters put it in quotes that the shell leaves alone: --set 'a.b="x: #1"'. `--seeds`, `--shard`, `--sweep` and the \
        paths of a `sweep:` section are refused under this code too.
        """),
    ErrorCode(
      code: "C110", title: "configuration cannot be read",
      text: """
        The file does not exist, is a folder, may not be read, or is no UTF-8 text. The message gives the system's reason. \
        Relative paths start in the current folder.
        """),
    ErrorCode(
      code: "C111", title: "kind of YAML that is not supported",
      text: """
        YAML can say more than a configuration needs: several documents in a file, tags such as `!python/object`, merge keys \
        `<<`, keys that are lists or mappings. They are refused. Use `extends` in place of merge keys, and quotes for text that \
        begins with `!`.
        """),
    ErrorCode(
      code: "C112", title: "prompt for an augmentor that takes none",
      text: """
        `prompt:` stands beside an augmentor whose plugin is not asked with a prompt, such as one that serves files or searches. \
        It is refused because it would change nothing. A file that `extends` another one takes the prompt back with `prompt: null`.
        """),
    ErrorCode(
      code: "C113", title: "key cannot be read",
      text: """
        A plugin needs a key of a server. Keys stand in no configuration: an option names an environment variable in capitals, or         the path of a file (with a `/` in it) that belongs to you and that nobody else can read (`chmod 600`). The message says         which was looked for and what is wrong with it.
        """),
    ErrorCode(
      code: "C114", title: "host that cannot be named so",
      text: """
        An entry of `hosts` under `http:` is neither a host (`api.openai.com`), nor a host with a port (`localhost:8080`), nor a range of         addresses (`10.0.0.0/8`). Addresses with `http://` and patterns with `*` are not taken: every host is named by itself.
        """),
    ErrorCode(
      code: "C115", title: "entry of `plugins` that contradicts itself",
      text: """
        An entry of `plugins:` is a library, with `library:`, or a program, with `command:`, and not both. It names one of them, \
        unless it only says how a plugin that is found by itself runs, with `isolation:` or `timeLimit:`. `isolation` is for \
        libraries: a command is a process anyway.
        """),
  ]

  /// Faults of column files and of what is in them.
  static let data = [
    ErrorCode(
      code: "D201", title: "malformed line of a column file",
      text: """
        A line has fewer columns than `token` and `tag` under `data:` ask for, or than the lines around it. Columns are \
        separated by white space, sentences by empty lines. `calm data check` shows such lines before a run does. As a warning: \
        a sentence is so long that an empty line is probably missing.
        """),
    ErrorCode(
      code: "D202", title: "tags do not form entities",
      text: """
        A sequence of tags is not possible in the file's scheme, such as an `I-PER` after `O` in IOB2. Training on it would \
        teach the decoder impossible transitions. Correct the file, or say `repair: true` under `data:` to have tags read as \
        the scorer reads them. Or there are more different tags than a decoder can learn, mostly because `tag` under `data:` \
        names another column.
        """),
    ErrorCode(
      code: "D203", title: "contexts do not match the sentences",
      text: """
        Imported contexts are paired with sentences by index, so there must be as many of one as of the other, and the texts \
        that both carry must agree apart from quotes, white space and byte order marks. More than 5 % of differences is an \
        error: the contexts are probably of another split or of another version of the data. A file of contexts that is not \
        there or cannot be read has this code too; the message says so.
        """),
    ErrorCode(
      code: "D204", title: "empty data file",
      text: """
        The file holds no sentence. A conversion or a download may have stopped early: look at its size.
        """),
    ErrorCode(
      code: "D205", title: "unknown tagging scheme",
      text: """
        The tags are of no known scheme, or of several. Usually the column is the wrong one: check `tag` under `data:`. Tags \
        have the form `B-TYPE`; `calm data check` shows which scheme is found.
        """),
    ErrorCode(
      code: "D206", title: "type that training never saw",
      text: """
        The dev or test file holds an entity type that the training file does not. It can never be predicted and lowers recall. \
        Check for spelling (`PER` and `person`) and that all files are of one data set.
        """),
    ErrorCode(
      code: "D207", title: "data file not found",
      text: """
        Paths in a configuration are relative to the file that names them, those of `--set` to the current \
        folder. `${NAME:-default}` stands for an environment variable.
        """),
    ErrorCode(
      code: "D208", title: "data is not UTF-8",
      text: """
        The file holds bytes that are no UTF-8 text; the message gives the line. Older data sets are often Latin-1: convert \
        them, e.g. with `iconv -f latin1 -t utf-8`.
        """),
    ErrorCode(
      code: "D209", title: "two files do not belong together",
      text: """
        Scoring compares the tags of one text in two files, so both must have the same sentences and words in the same order; \
        and every word needs its tag. The message names the first difference. One file is probably of another split, or a tool \
        dropped or split words on the way.
        """),
    ErrorCode(
      code: "D210", title: "other contexts of that name",
      text: """
        The store already holds contexts of that source and split, and they differ from those that are to be imported. Runs that \
        name the source would change without a word. Choose another `--source`, or say `--replace`.
        """),
    ErrorCode(
      code: "D211", title: "malformed corpus",
      text: """
        The documents of a corpus are JSON objects with `id`, `title` and `text`, a line each; or lines, paragraphs or column \
        files as they are. The message gives the line of the first that is not. What was read before it and committed is in \
        the index.
        """),
    ErrorCode(
      code: "D212", title: "no labelled sentence",
      text: """
        `calm data convert` reads JSON Lines: an object a sentence with `tokens` (or `words`), a list of texts, and `ner_tags` (or \
        `tags`, `labels`), a list as long of tags or of their numbers. Numbers need `--names`.
        """),
  ]
}
