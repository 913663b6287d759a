"""Lines to ids by Hugging Face's tokenizers (alone, or as transformers calls it) or by sentencepiece, on one thread: all lines in
one call."""
import argparse, os, statistics

os.environ["TOKENIZERS_PARALLELISM"] = "false"  # before the libraries are loaded
os.environ["RAYON_NUM_THREADS"] = "1"
from measuring import report, seconds

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
parser.add_argument("--library", choices=["tokenizers", "transformers", "sentencepiece"], required=True)
parser.add_argument("--repeat", type=int, default=5)
parser.add_argument("file")
options = parser.parse_args()

lines = open(options.file, encoding="utf-8", newline="\n").read().split("\n")
if lines[-1] == "":
    lines.pop()
if options.library == "tokenizers":
    import tokenizers

    tokenizer = tokenizers.Tokenizer.from_file(os.path.join(options.model, "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    ids = tokenizer.encode_batch_fast
elif options.library == "transformers":
    import transformers

    transformers.logging.set_verbosity_error()
    tokenizer = transformers.AutoTokenizer.from_pretrained(options.model)
    ids = lambda lines: tokenizer(lines)["input_ids"]
else:
    import sentencepiece

    names = [name for name in ["sentencepiece.bpe.model", "tokenizer.model"] if os.path.exists(os.path.join(options.model, name))]
    processor = sentencepiece.SentencePieceProcessor(model_file=os.path.join(options.model, names[0]))
    ids = lambda lines: processor.encode(lines, num_threads=1)

count = 0


def call():
    global count
    count = sum(map(len, ids(lines)))


median = statistics.median(seconds(call, options.repeat))
size = sum(len(line.encode()) + 1 for line in lines)
report(bytes=size, tokens=count, megabytesPerSecond=size / median * 1e-6, tokensPerSecond=count / median)
