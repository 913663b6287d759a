"""pytorch-crf behind a linear layer: likelihood with its gradient, and Viterbi paths."""
import argparse, statistics
import torch
from torchcrf import CRF
from measuring import report, seconds

parser = argparse.ArgumentParser()
for name in ["batch", "length", "tags", "width", "threads"]:
    parser.add_argument("--" + name, type=int, required=True)
parser.add_argument("--repeat", type=int, default=5)
options = parser.parse_args()

torch.set_num_threads(options.threads)
torch.manual_seed(1)
words = torch.randn(options.batch, options.length, options.width, requires_grad=True)
gold = torch.randint(0, options.tags, (options.batch, options.length))
mask = torch.ones_like(gold, dtype=torch.bool)
head, crf = torch.nn.Linear(options.width, options.tags), CRF(options.tags, batch_first=True)


def training():
    words.grad = None
    head.zero_grad()
    crf.zero_grad()
    (-crf(head(words), gold, mask=mask, reduction="mean")).backward()


def paths():
    with torch.inference_mode():
        crf.decode(head(words), mask=mask)


tokens = options.batch * options.length
report(
    lossAndGradientMicroseconds=statistics.median(seconds(training, options.repeat)) / tokens * 1e6,
    bestPathsMicroseconds=statistics.median(seconds(paths, options.repeat)) / tokens * 1e6)
