"""The three products of a linear layer in PyTorch: y = x wᵀ, dx = dy w, dw += dyᵀ x."""
import argparse, statistics
import torch
from measuring import report, seconds

parser = argparse.ArgumentParser()
parser.add_argument("--shapes", required=True)
parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--repeat", type=int, default=5)
options = parser.parse_args()

torch.set_num_threads(options.threads)
kind = torch.float32 if options.precision == "fp32" else torch.bfloat16
with torch.inference_mode():
    for shape in options.shapes.split(","):
        m, n, k = map(int, shape.split("x"))
        x, w, dy = (torch.empty(size, dtype=kind).uniform_(-0.05, 0.05) for size in [(m, k), (n, k), (m, n)])
        y, dx, dw = (torch.zeros(size, dtype=kind) for size in [(m, n), (m, k), (n, k)])
        for product, call in {
            "forward": lambda: torch.mm(x, w.t(), out=y),
            "dx": lambda: torch.mm(dy, w, out=dx),
            "dw": lambda: dw.addmm_(dy.t(), x),
        }.items():
            median = statistics.median(seconds(call, options.repeat))
            report(shape=shape, product=product, gflops=2 * m * n * k / median * 1e-9)
