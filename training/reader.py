"""Trains the reader: python -m training.reader WORK, a folder outside the repository.

The reader sees a question and a passage and says whether the passage answers it, and where. It learns from groups: a passage that
answers, and one that does not: one that search mistakes for it, or one that looks right and is not (training/near_misses.py, or the
passage without the sentence that answers). Every choice of a group depends on its number alone, so that a run that was stopped goes on as
if it had not been. The rate of learning stays level and falls at the end: a longer run starts from where a shorter one began to fall, in
the same WORK. A run may begin with a reader that is there already (--start PACK).
"""

import argparse
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from rag.answers.question import Kind, parse
from rag.chinese.sentences import sentences
from rag.models.pack import source_model
from rag.settings import DEFAULT_MODEL
from training import reader_model
from training.data import COLLECTIONS
from training.mining import NEWS, SEED, Asked, Pooled, mined, pool
from training.near_misses import Answered, NearMisses, names_of
from training.questions import asked
from training.stretches import likest, widened

STEPS = 1_500
GROUPS = 18
"""Groups of a step."""
RATE, WARM, FALL = 1.5e-4, 100, 0.2
"""The rate of learning, the steps until it is reached, and the share of the steps in which it falls."""
MIX = {"cmrc": 0.53, "drcd": 0.23, "stard": 0.12, NEWS: 0.12}
"""The share of groups that are made from a collection."""
OF_KIND = 0.4
"""How often a kind of question is drawn first, so that why, how and which are not rarer than when and where."""
WINDOWS = (80, 300)
"""Characters of a passage that is read, at the least and at the most; now and then it is whole."""
WHOLE, TITLED = 0.1, 0.6
NEAR_MISS, SENTENCE_OUT, OTHER_TITLE = 0.5, 0.3, 0.1
"""What does not answer though it looks as if it did; what is left is a passage from anywhere."""
UNANSWERED = 0.3
"""What the span of a passage that does not answer weighs in the loss: there is one of them in a group, and they are soon learned."""
HARD = 0.4
"""How often what does not answer is what search mistakes for it."""
TOGETHER = 12
"""Texts of like length that go through the model together."""
REPORTED, SAVED = 10, 50

_NARROW = bool(torch.cpu.get_capabilities()["avx512_bf16"])
"""Whether the processor computes in bfloat16; where it does not, that is emulated, and sixteen times as slow."""


@dataclass(frozen=True, slots=True)
class Read:
    """What the reader sees, and what it should say: `text[start:end]` answers where it `answers`; -1 where no stretch is known."""

    question: str
    heading: str
    text: str
    answers: bool
    start: int = -1
    end: int = -1


class Groups:
    """The endless row of groups: `groups[i]` is the same one whenever it is asked for."""

    def __init__(self, path: Path, without: Sequence[str] = ()) -> None:
        """Read or find what the groups are made of; `without` leaves out "hard" negatives, or "near" misses."""
        self.without = frozenset(without)
        self._asked: Mapping[str, list[Asked]] = mined(path)
        self._kinds = {collection: _by_kind(questions) for collection, questions in self._asked.items()}
        self._pools: dict[str, list[Pooled]] = {collection: pool(collection) for collection in (*COLLECTIONS, NEWS)}
        self._open = {name: [passage for passage in passages if not passage.apart] for name, passages in self._pools.items()}
        chosen = random.Random(SEED)
        texts = [chosen.choice(self._open[chosen.choice(("cmrc", "drcd", NEWS))]).text for _ in range(1_000)]
        self._names = [name for text in texts for name in names_of(text)]

    def __getitem__(self, number: int) -> list[Read]:
        """A group: what answers, then what does not."""
        chosen = random.Random(f"{SEED}-{number}")
        collection = chosen.choices(list(MIX), list(MIX.values()))[0]
        kinds = self._kinds[collection]
        one = chosen.choice(kinds[chosen.choice(list(kinds))] if chosen.random() < OF_KIND else self._asked[collection])
        passages = self._pools[collection]
        passage = passages[one.place]
        question = asked(one.question, chosen)
        # Where no stretch is known to answer, all of them together do.
        low, high = _window(passage.text, one.start, one.end, chosen) if one.start >= 0 else (0, len(passage.text))
        subject = passage.title.split("(")[0].strip()
        heading = passage.title if chosen.random() < TITLED or (subject in question and subject not in passage.text[low:high]) else ""
        right = Read(question, heading, passage.text[low:high], answers=True)
        if one.start >= 0:
            right = replace(right, start=one.start - low, end=one.end - low)
        if chosen.random() < HARD:
            return [right, self._mistaken(one, question, chosen)]
        return [right, self._near(one, right, passage, chosen)]

    def _mistaken(self, one: Asked, question: str, chosen: random.Random) -> Read:
        """A passage that search mistakes for one that answers; one from anywhere where there is none."""
        if one.wrong and "hard" not in self.without:
            return self._wrong(question, self._pools[one.collection][chosen.choice(one.wrong)], chosen)
        return self._wrong(question, chosen.choice(self._open[one.collection]), chosen)

    def _near(self, one: Asked, right: Read, passage: Pooled, chosen: random.Random) -> Read:
        """A near miss, the passage without what answers, or under another title; a passage from anywhere where none can be made."""
        way = chosen.random()
        if one.start >= 0 and way < NEAR_MISS and "near" not in self.without:
            answered = Answered(one.question, right.heading, right.text, right.start, right.end)
            if misses := NearMisses(self._names, chosen).of(answered):
                miss = chosen.choice(misses)
                form = asked(miss.question, chosen)
                # What was swapped in may not be left out again.
                return replace(right, question=form if miss.swapped in form else miss.question, answers=False, start=-1, end=-1)
        way -= NEAR_MISS
        if one.start >= 0 and way < SENTENCE_OUT and "near" not in self.without:
            rest = _without_answer(passage.text, one.start, one.end, chosen)
            if rest:
                return replace(right, text=rest, answers=False, start=-1, end=-1)
        way -= SENTENCE_OUT
        title = right.heading.split("(")[0]
        if way < OTHER_TITLE and title and "near" not in self.without and title in right.question and title[:2] not in right.text:
            other = chosen.choice(self._open[one.collection]).title
            if other and title not in other:
                return replace(right, heading=other, answers=False, start=-1, end=-1)
        return self._wrong(right.question, chosen.choice(self._open[chosen.choice((one.collection, NEWS))]), chosen)

    def _wrong(self, question: str, passage: Pooled, chosen: random.Random) -> Read:
        """A stretch of a passage that does not answer: the one that shares most with the question, as often as not."""
        shared = likest(passage.text, question) if chosen.random() < 0.5 else chosen.choice(sentences(passage.text))
        low, high = _window(passage.text, *shared, chosen)
        return Read(question, passage.title if chosen.random() < TITLED else "", passage.text[low:high], answers=False)


def _by_kind(questions: Sequence[Asked]) -> dict[Kind, list[Asked]]:
    """The questions by the kind of thing they ask for."""
    found: dict[Kind, list[Asked]] = {}
    for one in questions:
        if parts := parse(one.question, 1):
            found.setdefault(parts[0].kind, []).append(one)
    return found


def _window(text: str, start: int, end: int, chosen: random.Random) -> tuple[int, int]:
    """The range of whole sentences around `text[start:end]`, as wide as chance has it."""
    if chosen.random() < WHOLE or not text:
        return 0, len(text)
    ranges = sentences(text)
    first = next((i for i, (_, after) in enumerate(ranges) if after > start), len(ranges) - 1)
    last = next((i for i, (_, after) in enumerate(ranges) if after >= end), len(ranges) - 1)
    last = max(first, last)
    most = chosen.randint(*WINDOWS)
    return widened(ranges, first, last, most, chosen)


def _without_answer(text: str, start: int, end: int, chosen: random.Random) -> str:
    """The text around the sentences that answer, as if they had never stood there, or one side of it.

    "" where too little is left, or the answer stands there again.
    """
    answer, ranges = text[start:end], sentences(text)
    before = "".join(text[low:high] for low, high in ranges if high <= start)
    behind = "".join(text[low:high] for low, high in ranges if low >= end)
    half = WINDOWS[1] // 2
    rests = [before[-WINDOWS[1] :], behind[: WINDOWS[1]]]
    if before and behind:
        rests += [before[-half:] + behind[:half]] * 2
    rests = [rest for rest in rests if len(rest) >= WINDOWS[0] // 2 and answer not in rest]
    return chosen.choice(rests) if rests else ""


def main() -> None:
    """Do the steps that are not done yet: find the passages, train, write the pack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--layers", type=int, default=reader_model.LAYERS)
    parser.add_argument("--start", type=Path, metavar="PACK", help="the reader to begin with, in place of the default model")
    parser.add_argument("--without", nargs="*", choices=("hard", "near"), default=())
    options = parser.parse_args()
    made(options.work, options.work, options.steps, options.layers, options.without, options.start)


def made(
    data: Path, work: Path, steps: int, layers: int = reader_model.LAYERS, without: Sequence[str] = (), start: Path | None = None
) -> Path:
    """The pack of a run of so many steps in `work`, gone on with where there is some; `data` has what it is trained on, or gets it."""
    data.mkdir(parents=True, exist_ok=True)
    work.mkdir(parents=True, exist_ok=True)
    groups = Groups(data / "mined.jsonl", without)
    base = data / "base"
    if not base.exists():
        new = base.with_suffix(".new")
        reader_model.write_base(source_model(DEFAULT_MODEL, data / "source"), new)
        new.replace(base)
    model = train(base, groups, work, steps, layers, start)
    reader_model.write_pack(model, base, work / "pack")
    return work / "pack"


def train(base: Path, groups: Groups, work: Path, steps: int, layers: int, start: Path | None = None) -> reader_model.ReaderModel:
    """Train on the groups of the first `steps`, from the pack at `start` if there is one; the checkpoints in `work` are gone on from."""
    torch.manual_seed(SEED)
    model = reader_model.ReaderModel(base, layers)
    if start:
        reader_model.read_pack(model, start)
    tokenizer = reader_model.tokenizer(base)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=RATE, weight_decay=0.01)
    steady, last = work / "steady.pt", work / "last.pt"
    done = 0
    run = {"layers": layers, "without": sorted(groups.without), "start": str(start or "")}
    if state := _checkpoint(steady, last, steps, run):
        done = state["done"]
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
    began, losses = time.monotonic(), []
    for step in range(done, steps):
        level = min(1.0, (step + 1) / WARM, (steps - step) / (FALL * steps))
        for group in optimizer.param_groups:
            group["lr"] = RATE * level
        batch = [groups[number] for number in range(step * GROUPS, (step + 1) * GROUPS)]
        loss, parts = _loss(model, tokenizer, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(parts)
        if (step + 1) % REPORTED == 0 or step + 1 == steps:
            means = [sum(values) / len(losses) for values in zip(*losses, strict=True)]
            seen = ", ".join(f"{name} {value:.3f}" for name, value in zip(("span", "verdict", "rank"), means, strict=True))
            print(f"step {step + 1} of {steps}: {seen}, {time.monotonic() - began:.0f} s", flush=True)
            losses.clear()
        if (step + 1) % SAVED == 0 or step + 1 == steps:
            path = steady if step + 1 <= steps * (1 - FALL) else last
            content = run | {"done": step + 1, "steps": steps, "model": model.state_dict(), "optimizer": optimizer.state_dict()}
            torch.save(content, path.with_suffix(".new"))
            path.with_suffix(".new").replace(path)
    return model


def _checkpoint(steady: Path, last: Path, steps: int, run: Mapping[str, object]) -> dict[str, Any] | None:
    """Where a run of so many steps goes on: the last checkpoint of such a run, else the last one before the rate fell; None for neither."""
    for path in (last, steady):
        if not path.exists():
            continue
        state: dict[str, Any] = torch.load(path)
        if any(state[name] != value for name, value in run.items()) or (path == steady and state["done"] > steps * (1 - FALL)):
            of = f"{state['layers']} layers, without {', '.join(state['without']) or 'nothing'}"
            of += f", from {state['start'] or 'the default model'}"
            raise SystemExit(
                f"{path} is of another run ({state['done']} of {state['steps']} steps, {of}); "
                "name another folder: python -m training.reader WORK"
            )
        if path == steady or state["steps"] == steps:
            return state
    return None


def _loss(model: reader_model.ReaderModel, tokenizer: Any, groups: Sequence[Sequence[Read]]) -> tuple[Any, tuple[float, float, float]]:
    """The loss of a batch of groups, and its three parts: where the answer is, whether there is one, which passage has it."""
    examples = [example for group in groups for example in group]
    encoded = [reader_model.encode(tokenizer, e.question, e.heading, e.text, e.start, e.end) for e in examples]
    order = sorted(range(len(encoded)), key=lambda place: len(encoded[place].ids))
    spans: list[Any] = []
    verdicts: dict[int, Any] = {}
    for begin in range(0, len(order), TOGETHER):
        places = order[begin : begin + TOGETHER]
        longest = max(len(encoded[place].ids) for place in places)
        ids = torch.tensor([encoded[p].ids + [reader_model.PAD] * (longest - len(encoded[p].ids)) for p in places])
        mask = torch.tensor([[1] * len(encoded[p].ids) + [0] * (longest - len(encoded[p].ids)) for p in places])
        open_to = torch.tensor([encoded[p].open_to + [False] * (longest - len(encoded[p].ids)) for p in places])
        with torch.autocast("cpu", torch.bfloat16, enabled=_NARROW):
            where, verdict = model(ids, mask)
        where = where.float().masked_fill(~open_to[:, :, None], -1e4)
        verdicts.update(zip(places, verdict.float(), strict=True))
        for row, place in enumerate(places):
            example, target = examples[place], encoded[place].target
            if example.answers and (example.start < 0 or target is None):
                continue
            weight = 1.0 if example.answers else UNANSWERED
            spans.append(weight * cross_entropy(where[row].T, torch.tensor(target)))
    span = torch.stack(spans).mean()
    judged = torch.stack([verdicts[place] for place in range(len(examples))])
    truth = torch.tensor([float(example.answers) for example in examples])
    verdict_loss = binary_cross_entropy_with_logits(judged, truth)
    ranks, at = [], 0
    for group in groups:
        ranks.append(cross_entropy(judged[at : at + len(group)][None], torch.tensor([0])))
        at += len(group)
    rank = torch.stack(ranks).mean()
    return span + verdict_loss + 0.5 * rank, (span.item(), verdict_loss.item(), rank.item())


if __name__ == "__main__":
    main()
