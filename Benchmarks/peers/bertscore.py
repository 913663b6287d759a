"""Pairs a second of the package bert_score, a line of each file a pair."""
import argparse, statistics, warnings
import torch, transformers
import bert_score
from measuring import report, seconds, timing

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
parser.add_argument("--layers", type=int, required=True)
parser.add_argument("--batch", type=int, default=64)
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--repeat", type=int, default=3)
parser.add_argument("candidates")
parser.add_argument("references")
options = parser.parse_args()

warnings.filterwarnings("ignore")
transformers.logging.set_verbosity_error()
torch.set_num_threads(options.threads)
candidates, references = (open(path, encoding="utf-8").read().splitlines() for path in [options.candidates, options.references])
scorer = bert_score.BERTScorer(model_type=options.model, num_layers=options.layers, batch_size=options.batch, idf=False)
result = None


def call():
    global result
    result = scorer.score(candidates, references)


times = seconds(call, options.repeat)
report(
    pairs=len(candidates), pairsPerSecond=len(candidates) / statistics.median(times), meanF1=result[2].mean().item(),
    **timing(times))
