"""Trains a tagger on WNUT17 in PyTorch with the settings of an experiment of ours, to compare F1.

MiniLM, linear layer and CRF (pytorch-crf) in float32; two views, cooperative loss, BIOES tags inside, word dropout, AdamW with
linear decay, clipping. Prints a JSON object: micro F1 of the test split with and without context after the last epoch.

    wnut17.py --model MINILM --data CALM_DATA --loss kl --limit 800 --max-words 64 --epochs 2 --seed 1
"""

import argparse
import gzip
import json
import random
import time

import torch
import transformers
from seqeval.metrics import f1_score
from torchcrf import CRF

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
parser.add_argument("--data", required=True)
parser.add_argument("--loss", choices=["kl", "l2", "none", "plain"], default="kl", help="plain: without any context")
parser.add_argument("--limit", type=int, default=0, help="training sentences, from the first")
parser.add_argument("--max-words", type=int, default=100000, help="words of a context")
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--batch", type=int, default=4)
parser.add_argument("--rates", type=float, nargs=3, default=[5e-5, 5e-5, 5e-3], metavar=("ENCODER", "CLASSIFIER", "CRF"))
parser.add_argument("--word-dropout", type=float, default=0.1)
parser.add_argument("--temperature", type=float, default=0.3)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--threads", type=int, default=2)
options = parser.parse_args()
torch.manual_seed(options.seed)
torch.set_num_threads(options.threads)
shuffler = random.Random(options.seed)
transformers.logging.set_verbosity_error()


def read(path):
    sentences, current = [], []
    for line in open(path, encoding="utf8"):
        if line.strip():
            current.append(line.rstrip("\n").split("\t")[:2])
        elif current:
            sentences.append(([w for w, _ in current], [t for _, t in current]))
            current = []
    return sentences + ([([w for w, _ in current], [t for _, t in current])] if current else [])


def bioes(tags):
    out = []
    for i, tag in enumerate(tags):
        following = tags[i + 1] if i + 1 < len(tags) else "O"
        last = not (following.startswith("I-") and following[2:] == tag[2:])
        out.append(tag if tag == "O" else ({"B": "SB", "I": "EI"}[tag[0]][0 if last else 1] + tag[1:]))
    return out


def iob2(tags):
    return [{"S": "B", "E": "I"}.get(t[0], t[0]) + t[1:] for t in tags]


splits = {s: read(f"{options.data}/wnut17/{s}.conll") for s in ("train", "test")}
contexts = {}
for split in splits:
    with gzip.open(f"{options.data}/contexts/wnut17-llama2/entities-all/{split}.json.gz") as file:
        texts = [record["generated_context"].replace("\n", ".") for record in json.load(file)["data"]]
    contexts[split] = [text.split()[: options.max_words] for text in texts]
    assert len(texts) == len(splits[split])
names = sorted({t for _, tags in splits["train"] for t in bioes(tags)})
number = {name: i for i, name in enumerate(names)}
if options.limit:
    splits["train"] = splits["train"][: options.limit]

tokenizer = transformers.AutoTokenizer.from_pretrained(options.model)
tokenizer.backend_tokenizer.no_truncation()
tokenizer.backend_tokenizer.no_padding()
encoder = transformers.AutoModel.from_pretrained(options.model)
classifier = torch.nn.Linear(encoder.config.hidden_size, len(names))
crf = CRF(len(names), batch_first=True)
pieces = {}


def word_ids(word):
    if word not in pieces:
        pieces[word] = tokenizer(word, add_special_tokens=False)["input_ids"]
    return pieces[word]


def encode(batch, with_context):
    """Word vectors [sentences, words, width] and the mask of words that are there."""
    rows, firsts = [], []
    for words, context in batch:
        ids, first = [tokenizer.cls_token_id], []
        for word in words:
            first.append(len(ids))
            ids += word_ids(word) or [tokenizer.unk_token_id]
        ids.append(tokenizer.sep_token_id)
        if with_context and context:
            ids += [i for word in context for i in word_ids(word)][: 511 - len(ids)] + [tokenizer.sep_token_id]
        rows.append(ids[:512])
        firsts.append(first)
    length, most = max(map(len, rows)), max(map(len, firsts))
    ids = torch.tensor([r + [0] * (length - len(r)) for r in rows])
    attention = torch.tensor([[1] * len(r) + [0] * (length - len(r)) for r in rows])
    place = torch.tensor([[min(p, 511) for p in f] + [0] * (most - len(f)) for f in firsts])
    mask = torch.tensor([[True] * len(f) + [False] * (most - len(f)) for f in firsts])
    hidden = encoder(input_ids=ids, attention_mask=attention).last_hidden_state
    vectors = hidden.gather(1, place[..., None].expand(-1, -1, hidden.shape[-1]))
    if encoder.training and options.word_dropout > 0:
        vectors = vectors * (torch.rand(1, vectors.shape[1], 1) >= options.word_dropout)
    return vectors, mask


def token_scores(emissions, mask):
    """alpha + beta [sentences, words, tags]."""
    alpha = [crf.start_transitions + emissions[:, 0]]
    for t in range(1, emissions.shape[1]):
        following = torch.logsumexp(alpha[-1][:, :, None] + crf.transitions, 1) + emissions[:, t]
        alpha.append(torch.where(mask[:, t, None], following, alpha[-1]))
    beta = [crf.end_transitions.expand(emissions.shape[0], -1)]
    for t in range(emissions.shape[1] - 1, 0, -1):
        before = torch.logsumexp(crf.transitions + (emissions[:, t] + beta[-1])[:, None, :], 2)
        beta.append(torch.where(mask[:, t, None], before, crf.end_transitions.expand_as(before)))
    return torch.stack(alpha, 1) + torch.stack(beta[::-1], 1)


def loss(batch, gold):
    plain, mask = encode(batch, False)
    emissions = classifier(plain)
    total = -crf(emissions, gold, mask=mask) / len(batch)
    if options.loss == "plain":
        return total
    augmented, _ = encode(batch, True)
    richer = classifier(augmented)
    total = total + 0.5 * -crf(richer, gold, mask=mask) / len(batch)
    if options.loss == "kl":
        with torch.no_grad():
            teacher = (token_scores(richer, mask) / options.temperature).log_softmax(-1)
        student = (token_scores(emissions, mask) / options.temperature).log_softmax(-1)
        divergence = ((teacher.exp() * (teacher - student)).sum(-1) * mask).sum() / len(batch)
        total = total + 0.5 * options.temperature**2 * divergence
    if options.loss == "l2":
        distance = ((plain - augmented.detach()).square() * mask[..., None]).sum()
        total = total + 0.5 * distance / len(batch) / plain.shape[-1]
    return total


def evaluate(split, with_context):
    encoder.eval()
    gold, said = [], []
    order = sorted(range(len(splits[split])), key=lambda i: len(contexts[split][i]))
    with torch.no_grad():
        for k in range(0, len(order), 16):
            some = order[k : k + 16]
            vectors, mask = encode([(splits[split][i][0], contexts[split][i]) for i in some], with_context)
            for i, path in zip(some, crf.decode(classifier(vectors), mask)):
                said.append(iob2([names[j] for j in path]))
                gold.append(splits[split][i][1])
    encoder.train()
    return f1_score(gold, said)


groups = [(encoder, options.rates[0]), (classifier, options.rates[1]), (crf, options.rates[2])]
optimiser = torch.optim.AdamW(
    [{"params": list(module.parameters()), "lr": rate} for module, rate in groups], eps=1e-6, weight_decay=0)
train = splits["train"]
steps = options.epochs * ((len(train) + options.batch - 1) // options.batch)
schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: max(0, 1 - step / steps))
encoder.train()
start = time.time()
for epoch in range(options.epochs):
    order = list(range(len(train)))
    shuffler.shuffle(order)
    for k in range(0, len(order), options.batch):
        some = order[k : k + options.batch]
        longest = max(len(train[i][0]) for i in some)
        gold = torch.tensor([[number[t] for t in bioes(train[i][1])] + [0] * (longest - len(train[i][0])) for i in some])
        optimiser.zero_grad(set_to_none=True)
        loss([(train[i][0], contexts["train"][i]) for i in some], gold).backward()
        torch.nn.utils.clip_grad_norm_([p for group in optimiser.param_groups for p in group["params"]], 5.0)
        optimiser.step()
        schedule.step()
seconds = time.time() - start
result = {"loss": options.loss, "seed": options.seed, "without": evaluate("test", False), "trainingSeconds": round(seconds)}
if options.loss != "plain":
    result["with"] = evaluate("test", True)
print(json.dumps(result))
