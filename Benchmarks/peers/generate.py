"""llama.cpp through the low-level interface of llama-cpp-python, flash attention on: reading a prompt, and greedy writing for
several sequences that share it."""
import argparse, ctypes, statistics, time
import llama_cpp as llama, numpy as np
from measuring import peak_megabytes, report

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--model", required=True, help="a .gguf file")
parser.add_argument("--prompt", type=int, default=512)
parser.add_argument("--tokens", type=int, default=64)
parser.add_argument("--streams", default="1,32")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--repeat", type=int, default=2)
options = parser.parse_args()

silence = llama.llama_log_callback(lambda *_: None)  # kept: C holds no reference
llama.llama_log_set(silence, ctypes.c_void_p(0))
llama.llama_backend_init()
settings = llama.llama_model_default_params()
settings.n_gpu_layers = 0
model = llama.llama_model_load_from_file(options.model.encode(), settings)
vocabulary = llama.llama_vocab_n_tokens(llama.llama_model_get_vocab(model))
BATCH = 512


def context_for(streams):
    settings = llama.llama_context_default_params()
    settings.n_ctx = options.prompt + streams * (options.tokens + 8) + 64
    settings.n_batch, settings.n_ubatch, settings.n_seq_max = BATCH, BATCH, streams
    settings.n_threads = settings.n_threads_batch = options.threads
    settings.kv_unified = True
    settings.flash_attn_type = 1
    return llama.llama_init_from_model(model, settings)


def step(context, batch, rows):
    """`rows`: (token, position, sequence, whether its logits are wanted)."""
    for i, (token, position, sequence, wanted) in enumerate(rows):
        batch.token[i], batch.pos[i], batch.n_seq_id[i], batch.logits[i] = token, position, 1, wanted
        batch.seq_id[i][0] = sequence
    batch.n_tokens = len(rows)
    if llama.llama_decode(context, batch) != 0:
        raise RuntimeError("llama_decode failed")


def greedy(context, i):
    return int(np.ctypeslib.as_array(llama.llama_get_logits_ith(context, i), shape=(vocabulary,)).argmax())


batch = llama.llama_batch_init(BATCH, 0, 1)
for streams in map(int, options.streams.split(",")):
    context = context_for(streams)
    memory = llama.llama_get_memory(context)
    prefill, decode = [], []
    for repetition in range(options.repeat + 1):
        llama.llama_memory_clear(memory, True)
        begin = time.perf_counter()
        for at in range(0, options.prompt, BATCH):
            last = min(at + BATCH, options.prompt)
            step(context, batch, [(7 * p % (vocabulary - 300) + 100, p, 0, p == options.prompt - 1) for p in range(at, last)])
        read = time.perf_counter()
        for sequence in range(1, streams):
            llama.llama_memory_seq_cp(memory, 0, sequence, 0, options.prompt)
        current = [(37 * s + 1000) % vocabulary for s in range(streams)]
        start = time.perf_counter()
        for i in range(options.tokens):
            step(context, batch, [(current[s], options.prompt + i, s, True) for s in range(streams)])
            current = [greedy(context, s) for s in range(streams)]
        end = time.perf_counter()
        if repetition or not options.repeat:
            prefill.append(options.prompt / (read - begin))
            decode.append(streams * options.tokens / (end - start))
    report(
        streams=streams, prefillTokensPerSecond=statistics.median(prefill), decodeTokensPerSecond=statistics.median(decode),
        peakMB=peak_megabytes())
    llama.llama_free(context)
