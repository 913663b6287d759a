"""Last hidden states by transformers on PyTorch, or by OpenVINO. Tokenizing is not part of the time; padding is no real token."""
import argparse, contextlib, statistics, warnings
import torch, transformers
from measuring import peak_megabytes, report, seconds, timing

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
parser.add_argument("--engine", choices=["torch", "openvino"], default="torch")
parser.add_argument("--precision", choices=["fp32", "autocast", "bf16"], default="fp32")
parser.add_argument("--batch", type=int, default=4)
parser.add_argument("--length", type=int, default=128)
parser.add_argument("--data", help="a sentence a line, words at spaces")
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--repeat", type=int, default=5)
options = parser.parse_args()

warnings.filterwarnings("ignore")
transformers.logging.set_verbosity_error()
torch.set_num_threads(options.threads)
torch.manual_seed(1)
model = transformers.AutoModel.from_pretrained(options.model).eval()
if options.data:
    tokenizer = transformers.AutoTokenizer.from_pretrained(options.model)
    sentences = [line.split() for line in open(options.data, encoding="utf-8") if line.strip()]
    batches = [
        dict(
            tokenizer(
                sentences[i : i + options.batch], is_split_into_words=True, padding=True, truncation=True, max_length=512,
                return_tensors="pt", return_token_type_ids=False))
        for i in range(0, len(sentences), options.batch)]
else:
    ids = torch.randint(5, model.config.vocab_size, (options.batch, options.length))
    batches = [dict(input_ids=ids, attention_mask=torch.ones_like(ids))]
tokens = sum(int(batch["attention_mask"].sum()) for batch in batches)

if options.engine == "torch":
    autocast = options.precision == "autocast"
    if options.precision == "bf16":
        model = model.to(torch.bfloat16)

    def call():
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16) if autocast else contextlib.nullcontext():
            for batch in batches:
                model(**batch)
else:
    import openvino

    class States(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, input_ids, attention_mask):
            return self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state

    example = torch.ones((2, 8), dtype=torch.long)
    graph = openvino.convert_model(States(), example_input=dict(input_ids=example, attention_mask=example))
    compiled = openvino.Core().compile_model(
        graph, "CPU",
        {
            "INFERENCE_NUM_THREADS": options.threads, "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "bf16" if options.precision == "bf16" else "f32"})
    arrays = [[batch["input_ids"].numpy(), batch["attention_mask"].numpy()] for batch in batches]

    def call():
        for array in arrays:
            compiled(array)

times = seconds(call, options.repeat)
report(tokens=tokens, tokensPerSecond=tokens / statistics.median(times), **timing(times), peakMB=peak_megabytes())
