"""The training step in PyTorch: transformers' encoder, a linear layer and pytorch-crf over both views, fused AdamW.

Both views are trained together as in the experiment files: 0.5 likelihood of the augmented view, 0.5 CL-KL towards it, and the
likelihood of the plain view. pytorch-crf gives no token posteriors, so that the divergence is taken between the softmaxes of the
emissions: less work than the forward-backward scores of the method.
"""
import argparse, contextlib, json, random, statistics, time
import torch, transformers
from torchcrf import CRF
from measuring import peak_megabytes, report, timing

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
parser.add_argument("--data", required=True, help="column file: word and tag")
parser.add_argument("--contexts", help="JSON with one generated_context a sentence")
parser.add_argument("--precision", choices=["fp32", "autocast"], default="autocast")
for name, value in [("batch", 4), ("steps", 20), ("warmup", 2)]:
    parser.add_argument("--" + name, type=int, default=value)
parser.add_argument("--threads", type=int, required=True)
options = parser.parse_args()

transformers.logging.set_verbosity_error()
torch.set_num_threads(options.threads)
torch.manual_seed(1)
TEMPERATURE, WORD_DROPOUT, CLIP = 0.3, 0.1, 5.0


def read_columns(path):
    sentences, sentence = [], []
    for line in open(path, encoding="utf-8"):
        fields = line.split()
        if fields:
            sentence.append((fields[0], fields[-1]))
        elif sentence:
            sentences.append(sentence)
            sentence = []
    return sentences + [sentence] if sentence else sentences


sentences = read_columns(options.data)
contexts = None
if options.contexts:
    contexts = [item["generated_context"].replace("\n", ".").split() for item in json.load(open(options.contexts))["data"]]
tags = {tag: i for i, tag in enumerate(sorted({tag for sentence in sentences for _, tag in sentence}))}
tokenizer = transformers.AutoTokenizer.from_pretrained(options.model)
encoder = transformers.AutoModel.from_pretrained(options.model).train()
head = torch.nn.Linear(encoder.config.hidden_size, len(tags))
crf = CRF(len(tags), batch_first=True)
weights = [*encoder.parameters(), *head.parameters()]
optimiser = torch.optim.AdamW(
    [dict(params=weights, lr=5e-6), dict(params=crf.parameters(), lr=0.05)], eps=1e-6, weight_decay=0, fused=True)
autocast = lambda: torch.autocast("cpu", torch.bfloat16) if options.precision == "autocast" else contextlib.nullcontext()


def emissions(batch, augmented):
    """Scores [sentences, words, tags] of one view, and how many real tokens it has."""
    words = [[word for word, _ in sentences[i]] for i in batch]
    pairs = (words, [contexts[i] or ["."] for i in batch]) if augmented else (words,)
    inputs = tokenizer(
        *pairs, is_split_into_words=True, padding=True, max_length=512, return_tensors="pt", return_token_type_ids=False,
        truncation="only_second" if augmented else True)
    first = torch.zeros(len(batch), max(map(len, words)), dtype=torch.long)  # the position of each word's first piece
    for row in range(len(batch)):
        previous = None
        for position, (word, sequence) in enumerate(zip(inputs.word_ids(row), inputs.sequence_ids(row))):
            if sequence == 0 and word != previous:
                first[row, word] = position
            previous = word if sequence == 0 else None
    with autocast():
        states = encoder(**inputs).last_hidden_state
        states = states.gather(1, first[..., None].expand(-1, -1, states.shape[-1]))
        states = states * (torch.rand(states.shape[:2]) >= WORD_DROPOUT)[..., None]
        scores = head(states)
    return scores.float(), int(inputs["attention_mask"].sum())


def step(batch):
    lengths = torch.tensor([len(sentences[i]) for i in batch])
    mask = torch.arange(int(lengths.max()))[None] < lengths[:, None]
    gold = torch.zeros(mask.shape, dtype=torch.long)
    for row, i in enumerate(batch):
        gold[row, : lengths[row]] = torch.tensor([tags[tag] for _, tag in sentences[i]])
    optimiser.zero_grad(set_to_none=True)
    tokens, teacher = 0, None
    if contexts:  # one view after the other, so that only one has activations in memory
        scores, count = emissions(batch, True)
        (-0.5 * crf(scores, gold, mask=mask, reduction="mean")).backward()
        tokens, teacher = count, (scores.detach() / TEMPERATURE).softmax(-1)
    scores, count = emissions(batch, False)
    loss = -crf(scores, gold, mask=mask, reduction="mean")
    if teacher is not None:
        divergence = (teacher * (teacher.clamp_min(1e-30).log() - (scores / TEMPERATURE).log_softmax(-1))).sum(-1)
        loss = loss + 0.5 * TEMPERATURE**2 * (divergence * mask).sum() / len(batch)
    loss.backward()
    torch.nn.utils.clip_grad_norm_([*weights, *crf.parameters()], CLIP)
    optimiser.step()
    return tokens + count


order, draw = [], random.Random(1)
times, counts = [], []
for number in range(options.warmup + options.steps):
    if len(order) < options.batch:
        order += draw.sample(range(len(sentences)), len(sentences))
    batch, order = order[: options.batch], order[options.batch :]
    begin = time.perf_counter()
    count = step(batch)
    if number >= options.warmup:
        times.append(time.perf_counter() - begin)
        counts.append(count)
report(
    stepsPerSecond=1 / statistics.median(times), sentencesPerSecond=options.batch * options.steps / sum(times),
    tokensPerStep=sum(counts) / options.steps, tokensPerSecond=sum(counts) / sum(times), **timing(times), peakMB=peak_megabytes())
