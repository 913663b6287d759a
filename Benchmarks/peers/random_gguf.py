"""Writes a GGUF of a Llama shape with random quantised blocks and no vocabulary: speed does not depend on the values."""
import argparse
import gguf, numpy as np

SHAPES = {  # hidden, feed-forward, layers, heads, key/value heads, vocabulary, whether the head is tied to the embedding
    "llama-2-7b": (4096, 11008, 32, 32, 32, 32000, False),
    "smollm2-135m": (576, 1536, 30, 9, 3, 49152, True),
}
TYPES = {"q4_0": (gguf.GGMLQuantizationType.Q4_0, 18, 4), "q8_0": (gguf.GGMLQuantizationType.Q8_0, 34, 64)}

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("output")
parser.add_argument("--shape", choices=SHAPES, default="llama-2-7b")
parser.add_argument("--type", choices=TYPES, default="q4_0")
options = parser.parse_args()
hidden, inner, layers, heads, groups, vocabulary, tied = SHAPES[options.shape]
kind, block_bytes, fineness = TYPES[options.type]
draws = np.random.default_rng(0)

writer = gguf.GGUFWriter(options.output, "llama")
writer.add_context_length(4096)
writer.add_embedding_length(hidden)
writer.add_block_count(layers)
writer.add_feed_forward_length(inner)
writer.add_head_count(heads)
writer.add_head_count_kv(groups)
writer.add_layer_norm_rms_eps(1e-5)
writer.add_rope_dimension_count(hidden // heads)
writer.add_vocab_size(vocabulary)
writer.add_tokenizer_model("none")


def matrix(name, rows, columns):
    """Random codes, and one scale in float16 at the head of every block of 32."""
    blocks = draws.integers(0, 256, (rows, columns // 32, block_bytes), dtype=np.uint8)
    blocks[..., :2] = np.full((rows, columns // 32, 1), 0.02 / fineness, np.float16).view(np.uint8)
    writer.add_tensor(name, blocks.reshape(rows, -1), raw_dtype=kind)


def norm(name):
    writer.add_tensor(name, np.ones(hidden, np.float32))


matrix("token_embd.weight", vocabulary, hidden)
for i in range(layers):
    norm(f"blk.{i}.attn_norm.weight")
    for name, rows in [("attn_q", hidden), ("attn_k", hidden // heads * groups), ("attn_v", hidden // heads * groups),
                       ("attn_output", hidden)]:
        matrix(f"blk.{i}.{name}.weight", rows, hidden)
    norm(f"blk.{i}.ffn_norm.weight")
    matrix(f"blk.{i}.ffn_gate.weight", inner, hidden)
    matrix(f"blk.{i}.ffn_up.weight", inner, hidden)
    matrix(f"blk.{i}.ffn_down.weight", hidden, inner)
norm("output_norm.weight")
if not tied:
    matrix("output.weight", vocabulary, hidden)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
