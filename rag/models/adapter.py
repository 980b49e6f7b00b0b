"""Adds what this project trained to a model's weights: matrices of low rank, kept beside this file; training/ makes them."""

from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def add_adapter(encoder: "SentenceTransformer", path: Path) -> None:
    """Add up @ down to the weight of each linear layer that the file names: NAME.up (out, rank), NAME.down (rank, in).

    LoRA (Hu et al., 2021, arXiv 2106.09685), merged, so that the model runs as fast as before. Raises ModelError where the
    file is not for this model.
    """
    import torch
    from safetensors.torch import load_file

    try:
        matrices = load_file(path)
        weights: dict[str, torch.Tensor] = dict(encoder[0].auto_model.named_parameters())  # type: ignore[union-attr]
        with torch.no_grad():
            for name in [name.removesuffix(".down") for name in matrices if name.endswith(".down")]:
                weights[f"{name}.weight"].add_(matrices[f"{name}.up"].float() @ matrices[f"{name}.down"].float())
    except Exception as error:
        # The library's own error for a damaged file is no OSError, and differs between versions.
        reason = f"{path.name} does not fit the model ({error})"
        raise ModelError(f"{reason}; install Wenju again: pip install --force-reinstall wenju") from error
