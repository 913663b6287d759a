"""What the comparisons share: the environment of the peers, alternating rounds, medians and ratios."""
import argparse, contextlib, json, os, pathlib, shutil, statistics, subprocess, sys, tempfile

FOLDER = pathlib.Path(__file__).resolve().parent
ROOT = FOLDER.parent
VENV = pathlib.Path(os.environ.get("CALM_BENCH_VENV", "~/.cache/calm/bench-venv")).expanduser()
CALM = os.environ.get("CALM", str(ROOT / ".build/release/calm"))


def talk(text):
    print(text, file=sys.stderr, flush=True)


def arguments(description):
    """A parser with the options of every comparison."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="how often each contender runs, in turn")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="compute threads")
    parser.add_argument("--only", action="append", metavar="NAME", help="run only these contenders (and calm); repeatable")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    return parser


def add_model(parser):
    """--model, or --shape with --tokenizer."""
    parser.add_argument("--model", help="a Hugging Face folder that both read")
    parser.add_argument("--shape", help="instead: random weights of a shape that `calm bench model` knows")
    parser.add_argument("--tokenizer", help="with --shape: the WordPiece vocabulary of this folder")


@contextlib.contextmanager
def model_folder(options):
    """The folder that --model names, or one that is made for --shape and deleted afterwards."""
    if bool(options.model) == bool(options.shape):
        sys.exit("give either --model or --shape")
    if options.model:
        yield options.model
        return
    with work_folder() as folder:
        path = str(folder / options.shape)
        tokenizer = ["--tokenizer", options.tokenizer] if options.tokenizer else []
        subprocess.run([CALM, "bench", "model", "--shape", options.shape, *tokenizer, "-o", path], check=True, stdout=sys.stderr)
        yield path


@contextlib.contextmanager
def work_folder():
    path = pathlib.Path(tempfile.mkdtemp(prefix="calm-bench-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def peer_python():
    """The Python of the peers' environment, which is made where it is missing: outside of the tree, from requirements.txt."""
    python = VENV / "bin/python"
    if not python.exists():
        talk(f"making {VENV}")
        try:
            subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
            subprocess.run([str(python), "-m", "pip", "install", "-q", "-r", str(FOLDER / "requirements.txt")], check=True)
        except (subprocess.CalledProcessError, KeyboardInterrupt):
            shutil.rmtree(VENV, ignore_errors=True)  # half an environment would be taken for a whole one
            raise
    return str(python)


def install(module, *requirements, note="", **settings):
    """Adds packages to the peers' environment where `module` is missing; `settings` are environment variables."""
    python = peer_python()
    if subprocess.run([python, "-c", f"import {module}"], stderr=subprocess.DEVNULL).returncode == 0:
        return
    talk(f"installing {' '.join(requirements)}{note}")
    subprocess.run(
        [python, "-m", "pip", "install", "-q", *requirements], check=True, env=dict(os.environ, **settings), stdout=sys.stderr)


def peer(script, *arguments):
    """The command line of a peer."""
    return [peer_python(), str(FOLDER / "peers" / script), *map(str, arguments)]


def calm(*arguments):
    """The command line of a benchmark of ours."""
    return [CALM, "bench", *map(str, arguments), "--format", "json"]


def run_quietly(command):
    """Runs a program that makes something."""
    subprocess.run(list(map(str, command)), check=True, stdout=sys.stderr)


def run(command, threads):
    """The JSON lines of a program; None where it fails."""
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads), TOKENIZERS_PARALLELISM="false", HF_HUB_OFFLINE="1")
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    if result.returncode != 0:
        talk(f"failed: {' '.join(command)}\n{result.stderr[-2000:]}")
        return None
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


def compare(options, contenders, metrics, label=lambda row: "", measure=run):
    """Runs the contenders in turn, A B A B, and prints medians and ratios; ours, which comes first, is compared with the others.

    contenders: name -> command line. metrics: field of the JSON lines -> whether more is better; None for what should be equal.
    label: what tells the lines of one run apart. Exits with 1 where a contender failed.
    """
    names = [name for name in contenders if name == "calm" or not options.only or name in options.only]
    values, failed = {}, set()  # (label, metric, name) -> values
    for number in range(options.rounds):
        for name in names:
            if name in failed:
                continue
            talk(f"round {number + 1} of {options.rounds}: {name}")
            rows = measure(contenders[name], options.threads)
            if rows is None:
                failed.add(name)
                continue
            for row in rows:
                for metric in metrics:
                    if row.get(metric) is not None:
                        values.setdefault((label(row), metric), {}).setdefault(name, []).append(row[metric])
    lines = []
    for (what, metric), by_name in values.items():
        for name, numbers in by_name.items():
            line = dict(metric=metric, contender=name, median=statistics.median(numbers), min=min(numbers), max=max(numbers))
            if what:
                line = dict(what=what, **line)
            ours = statistics.median(by_name["calm"]) if "calm" in by_name else None
            if name != "calm" and ours and line["median"] and metrics[metric] is not None:
                line["calmIsBetterBy"] = ours / line["median"] if metrics[metric] else line["median"] / ours
            lines.append(dict(line, threads=options.threads, rounds=len(numbers)))
    print_lines(lines, options.format)
    if failed:
        talk("failed: " + ", ".join(sorted(failed)))
        sys.exit(1)


def print_lines(lines, form):
    """Objects as JSON, one a line, or as a table."""
    if form == "json":
        for line in lines:
            print(json.dumps(line))
        return
    names = list(dict.fromkeys(name for line in lines for name in line))

    def show(value):
        if isinstance(value, float):
            return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}"
        return "" if value is None else str(value)

    rows = [names] + [[show(line.get(name)) for name in names] for line in lines]
    widths = [max(len(row[i]) for row in rows) for i in range(len(names))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
