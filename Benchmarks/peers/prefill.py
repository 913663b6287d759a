"""Reading a prompt with transformers, random weights of SmolLM2-135M's shape."""
import argparse, torch, transformers
from measuring import peak_megabytes, report, seconds

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--prompt", type=int, default=512)
parser.add_argument("--precision", choices=["fp32", "bf16"], default="bf16")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--repeat", type=int, default=2)
options = parser.parse_args()
torch.set_num_threads(options.threads)
transformers.logging.set_verbosity_error()
shape = transformers.LlamaConfig(
    vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9,
    num_key_value_heads=3, tie_word_embeddings=True, max_position_embeddings=8192)
model = transformers.LlamaForCausalLM(shape).eval().to(torch.bfloat16 if options.precision == "bf16" else torch.float32)
tokens = torch.randint(5, 40000, (1, options.prompt))
with torch.inference_mode():
    # As generation does: the head for the last token alone.
    times = seconds(lambda: model(tokens, logits_to_keep=1), options.repeat)
report(streams=1, prefillTokensPerSecond=options.prompt / sorted(times)[len(times) // 2], peakMB=peak_megabytes())
