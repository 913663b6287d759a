"""How far llama.cpp's logits are from those of float32 arithmetic on the same dequantised weights (transformers): the share of
positions with the same most probable token, and the mean divergence KL(float32 || llama.cpp) in nats, over the prompts of
`$CALM_GOLDEN/smollm2/greedy.json` and their float32 continuations."""
import argparse, ctypes, json, pathlib
import llama_cpp as llama, numpy as np, torch, transformers
from measuring import report

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--model", required=True, help="a .gguf file")
parser.add_argument("--texts", required=True, help="greedy.json")
parser.add_argument("--threads", type=int, default=2)
options = parser.parse_args()
torch.set_num_threads(options.threads)
transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()

cases = json.load(open(options.texts))["cases"]
texts = [case["prompt_ids"] + case["dequant_float32"]["ids"] for case in cases]

file = pathlib.Path(options.model)
exact = transformers.AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32).eval()

silence = llama.llama_log_callback(lambda *_: None)  # kept: C holds no reference
llama.llama_log_set(silence, ctypes.c_void_p(0))
llama.llama_backend_init()
model = llama.llama_model_load_from_file(options.model.encode(), llama.llama_model_default_params())
vocabulary = llama.llama_vocab_n_tokens(llama.llama_model_get_vocab(model))
settings = llama.llama_context_default_params()
settings.n_ctx = settings.n_batch = settings.n_ubatch = 512
settings.n_threads = settings.n_threads_batch = options.threads
settings.flash_attn_type = 1
context = llama.llama_init_from_model(model, settings)
batch = llama.llama_batch_init(512, 0, 1)

positions, agreed, divergence = 0, 0, 0.0
for ids in texts:
    llama.llama_memory_clear(llama.llama_get_memory(context), True)
    for i, token in enumerate(ids):
        batch.token[i], batch.pos[i], batch.n_seq_id[i], batch.logits[i] = token, i, 1, True
        batch.seq_id[i][0] = 0
    batch.n_tokens = len(ids)
    if llama.llama_decode(context, batch) != 0:
        raise RuntimeError("llama_decode failed")
    rows = [np.ctypeslib.as_array(llama.llama_get_logits_ith(context, i), shape=(vocabulary,)) for i in range(len(ids))]
    theirs = torch.from_numpy(np.stack(rows)).double().log_softmax(-1)
    with torch.inference_mode():
        reference = exact(torch.tensor([ids])).logits[0].double().log_softmax(-1)
    positions += len(ids)
    agreed += int((theirs.argmax(-1) == reference.argmax(-1)).sum())
    divergence += float((reference.exp() * (reference - theirs)).sum())
report(positions=positions, sameTopToken=agreed / positions, meanDivergenceNats=divergence / positions)
