extension ErrorCode {
  /// Faults of plugins and of loading them.
  static let plugins = [
    ErrorCode(
      code: "P301", title: "plugin file not found",
      text: """
        A library that the configuration names is not beside the program nor in the search folders, or may not be read. The \
        message lists the places. After `swift build` the plugins lie beside the program.
        """),
    ErrorCode(
      code: "P302", title: "not a shared library",
      text: """
        The file is not an ELF shared object. Name the `.so` file that the plugin's build makes, not its sources, a static \
        library or a link that leads elsewhere.
        """),
    ErrorCode(
      code: "P303", title: "library for another machine",
      text: """
        The library is made for another processor than this program. Build the plugin on this machine or for it.
        """),
    ErrorCode(
      code: "P304", title: "library is cut short",
      text: """
        The file ends before its own tables say. A copy or a download was interrupted: copy or build it again.
        """),
    ErrorCode(
      code: "P305", title: "library without a stamp",
      text: """
        A plugin carries a stamp that names the API it is made for, and this library has none: it is no plugin, or was \
        built without `calm_plugin.h`.
        """),
    ErrorCode(
      code: "P306", title: "plugin for another API version",
      text: """
        The plugin is made for a version of the plugin API that this program does not offer: another major version, or a newer \
        minor one, or one of a language that it does not load. The message names both sides. Build the plugin against this \
        program's API, or use a newer program.
        """),
    ErrorCode(
      code: "P307", title: "plugin of another compiler",
      text: """
        Swift plugins and the program must be built by compilers of the same version, which the message names. Build the \
        plugin again with the program's compiler.
        """),
    ErrorCode(
      code: "P308", title: "plugin without an entry point",
      text: """
        The library lacks the function `calm_plugin_<Module>`, where the module is the library's name without `lib` and `.so`. \
        Renaming the file, or forgetting `@c(calm_plugin_…) public`, causes it.
        """),
    ErrorCode(
      code: "P309", title: "plugin with its own copy of the API",
      text: """
        The library contains the plugin API instead of sharing the program's, so that nothing it makes is recognised: its \
        entry point seems to give no plugin. Depend on the dynamic product `PluginAPI` of its package as Documentation/plugins.md shows.
        """),
    ErrorCode(
      code: "P310", title: "plugin of another kind",
      text: """
        A section names a plugin that is something else, such as a decoder under `encoder:`. `calm plugin list` shows the kind \
        of each.
        """),
    ErrorCode(
      code: "P311", title: "id given twice",
      text: """
        Two libraries carry the same plugin id, so the configuration does not say which is meant. Give the wanted one's library \
        under `plugins:` with an alias, or remove the other from the search folders.
        """),
    ErrorCode(
      code: "P312", title: "library has another digest",
      text: """
        The configuration pins the plugin by `sha256`, and the file has another digest: it was built again, updated or altered. \
        If the change is meant, put the new digest in the file.
        """),
    ErrorCode(
      code: "P313", title: "plugin not found",
      text: """
        No library has the plugin id that a section names. `calm plugin list` shows all ids and where they come from; \
        `plugins:` in the configuration adds libraries.
        """),
    ErrorCode(
      code: "P314", title: "plugin cannot be loaded",
      text: """
        The system's loader refused the library, for the reason that the message gives: mostly a library that it needs and that \
        is not installed (`ldd` lists them), or a symbol that the installed version lacks.
        """),
    ErrorCode(
      code: "P315", title: "id that is not allowed",
      text: """
        The id in a plugin's manifest has other characters than lower-case letters, digits and hyphens, so that it could not be \
        written in configurations and commands. Only its author can change it, in the manifest.
        """),
    ErrorCode(
      code: "P320", title: "plugin reports a fault",
      text: """
        The plugin raised an error while it was made or at work. The message is the plugin's own and names it. What was \
        finished before is kept; after the cause is removed, `--resume` goes on.
        """),
    ErrorCode(
      code: "P321", title: "plugin lacks a capability",
      text: """
        The loss needs something that the decoder does not give: a softmax decoder, for instance, has no partition function. \
        Choose a decoder that has it, or another loss.
        """),
  ]

  /// Faults of models, the network, storage and training.
  static let running = [
    ErrorCode(
      code: "M401", title: "model not found",
      text: """
        The folder or file of a model does not exist, or is of a type that no plugin reads. Paths are relative to the file that \
        names them. A model declared under `models:` with a source is downloaded by `calm model fetch` and by `calm run`. Names \
        on Hugging Face's hub are not looked up: download the folder first, e.g. with \
        `hf download google-bert/bert-base-cased --local-dir models/bert-base-cased`.
        """),
    ErrorCode(
      code: "M402", title: "damaged weights",
      text: """
        A file of weights is cut short or contradicts itself: nothing of it is used; download it again. Or the model has a part \
        that is not supported, such as an activation or a scaling of positions, which the message names: then another \
        download does not help.
        """),
    ErrorCode(
      code: "M403", title: "missing tensor",
      text: """
        The weights lack a tensor that the architecture needs, or have it in another shape. Either the model is of another \
        architecture than the plugin's, or a shard is missing.
        """),
    ErrorCode(
      code: "M404", title: "vocabulary does not match",
      text: """
        The tokenizer's vocabulary and the model's table of embeddings differ in size, or tokens that are needed are missing. \
        The tokenizer's files are probably of another model. Or a language model was trained with a chat template that is not \
        known: the message names those that are, and the option `chat` chooses one.
        """),
    ErrorCode(
      code: "N501", title: "download failed",
      text: """
        The server could not be reached, or answered with an error that trying again did not cure. The message gives the \
        address and the answer. Check the address and the network; on a machine without one, fetch the file elsewhere and name its path.
        """),
    ErrorCode(
      code: "N502", title: "download has another digest",
      text: """
        A downloaded file is not the one that was declared: it was replaced at its source, or altered or cut on the way. It is \
        not used. Try again; if the new file is the right one, declare its digest.
        """),
    ErrorCode(
      code: "N503", title: "network library not found",
      text: """
        What talks HTTP is a library of its own, `libCalmNetwork.so`, which the program opens when something first asks for the \
        network. It has to lie beside the program or in `../lib/calm`, built by the same compiler. `make run` does not build it; \
        `make build`, or `swift build -c release --product CalmNetwork`, does.
        """),
    ErrorCode(
      code: "N504", title: "host not allowed",
      text: """
        Only hosts that the experiment names are asked: those of the addresses in it, and those listed under `hosts` of its \
        section `http:`. A name that leads to a private, loopback or link-local address is refused unless that address, or its \
        range, is listed too. A redirect to another host is a request to that host. Keys are not sent over plain http but to this \
        machine and to addresses of a private network.
        """),
    ErrorCode(
      code: "N505", title: "server cannot be reached",
      text: """
        The server took no connection, broke it, or let a time-out pass, and trying again did not help; or it failed so often that it \
        is left alone for a while. Is it running, and is the address right? A model that thinks for minutes needs a longer \
        `readSeconds` under `http:`. What was answered before is stored: the same command goes on.
        """),
    ErrorCode(
      code: "N506", title: "server answers with an error",
      text: """
        The server answered with an error that another try does not cure, or did not cure, or with something that is no answer. The \
        message gives its words. 401 and 403: the key; 404: the address or the model's name; 400: an option that it does not \
        know.
        """),
    ErrorCode(
      code: "N507", title: "quota or budget is spent",
      text: """
        The server says that a quota is spent that does not come back in minutes (a day's, a month's, the account's credit), or the budget \
        that the plugin's options set is. What was answered is stored. Go on when there is quota again, or with a larger budget, \
        by the same command.
        """),
    ErrorCode(
      code: "N510", title: "no search provider answers",
      text: """
        No provider of a search plugin would answer anything, for the reasons that the message gives; failures of single sentences \
        are P335. A failure is never taken for an empty context. What was found before is stored; once a provider answers again, the \
        same command asks for the rest. A further provider in the chain makes failures rarer.
        """),
    ErrorCode(
      code: "S601", title: "cannot write",
      text: """
        A file cannot be written: no space, no permission, or no such folder. The message gives the path and the system's \
        reason. Results that were complete are safe.
        """),
    ErrorCode(
      code: "S602", title: "unfinished or damaged run",
      text: """
        A file of the run folder is missing, cut short, or does not have the digest that its manifest gives. Results and predictions \
        are there when a run is finished: `calm run … --resume` finishes it. Resuming uses the newest checkpoint that is whole; with \
        none left, start the run in a new folder. The model of a finished run is not made again from its checkpoints: restore it \
        from a copy.
        """),
    ErrorCode(
      code: "S603", title: "run folder in use",
      text: """
        Another process is writing to the run folder. Wait for it, stop it, or choose another folder with `--out`.
        """),
    ErrorCode(
      code: "S604", title: "run of another configuration",
      text: """
        The run in the folder was made with settings that change the result, which the message names, or with other data. Resume \
        with the settings of `config.yaml` in that folder, or start in a new folder.
        """),
    ErrorCode(
      code: "S605", title: "folder holds another run",
      text: """
        The folder of `--out` has a run in it, which a new one would overwrite. Go on with that run by `--resume`, or choose \
        another folder.
        """),
    ErrorCode(
      code: "S606", title: "context store cannot be used",
      text: """
        The file that keeps contexts cannot be made, read or written: no permission, no space, no such folder, or another process \
        has kept it locked for a minute. The message gives the reason. What was stored before is kept, and the same command goes \
        on where it stopped. `contexts: {store: PATH}` or CALM_CACHE name another place.
        """),
    ErrorCode(
      code: "S607", title: "damaged context store",
      text: """
        The file is no context store, or SQLite finds it damaged. Nothing is written to it. Name another file, or move this one \
        away; `sqlite3 FILE .recover` can often save the records of a damaged one.
        """),
    ErrorCode(
      code: "S608", title: "context store of another version",
      text: """
        A newer program made the store, with tables that this one does not know. Use that program, or name another store.
        """),
    ErrorCode(
      code: "S609", title: "search index cannot be used",
      text: """
        An index cannot be made, opened or written: there is none at the path, another process is writing to it, it was made \
        in another language or by another program, or `libCalmXapian.so` is not there. The message gives the reason. The \
        library is built where `libxapian-dev` is installed, by `make build` (`make run` does not build it); \
        `calm search index CORPUS -o INDEX` makes an index.
        """),
    ErrorCode(
      code: "T701", title: "the loss is not finite",
      text: """
        Training produced a NaN or an infinity, and stopped before the weights were harmed. Mostly a learning rate is too high: \
        lower it, or lower the clipping norm. The message gives the step; checkpoints before it are good.
        """),
    ErrorCode(
      code: "T702", title: "linear algebra fails its test",
      text: """
        A product was wrong in the test at the start; the message and `calm doctor` name the engine. Where it is OpenBLAS, \
        which multiplies on processors without AVX2, set OPENBLAS_CORETYPE to a plainer processor or install another build: \
        some builds are wrong on some processors. Our own kernels are at fault only where the machine is, or we are: report it.
        """),
  ]
}
