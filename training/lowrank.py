"""LoRA (Hu et al., 2021, arXiv 2106.09685): matrices of low rank beside the weights of linear layers, which alone are trained."""

import re
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn


class LowRank(nn.Module):
    """A linear layer, frozen, with `scale * up @ down` added to its weight; down (rank, in), up (out, rank), up is zero at first."""

    def __init__(self, linear: nn.Linear, rank: int, scale: float) -> None:
        super().__init__()
        self.linear, self.scale = linear.requires_grad_(False), scale
        self.down = nn.Parameter(torch.randn(rank, linear.in_features) / rank)
        self.up = nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, inputs: Tensor) -> Tensor:
        """What the layer makes of `inputs` (…, in): (…, out)."""
        beside: Tensor = nn.functional.linear(nn.functional.linear(inputs, self.down), self.up)
        outputs: Tensor = self.linear(inputs) + self.scale * beside
        return outputs


def insert(model: nn.Module, pattern: str, *, rank: int, scale: float) -> dict[str, LowRank]:
    """Freeze the model and put a LowRank in the place of each linear layer whose name matches; returns them by their names."""
    model.requires_grad_(False)
    found: dict[str, LowRank] = {}
    for name, layer in list(model.named_modules()):
        if isinstance(layer, nn.Linear) and (match := re.search(pattern, name)):
            parent, _, own = name.rpartition(".")
            found[match[0]] = LowRank(layer, rank, scale)
            setattr(model.get_submodule(parent), own, found[match[0]])
    return found


def save(layers: dict[str, LowRank], path: Path) -> None:
    """Write the matrices in half precision: NAME.down, and NAME.up with the scale multiplied in."""
    tensors = {f"{name}.down": layer.down.detach().half() for name, layer in layers.items()}
    tensors |= {f"{name}.up": (layer.scale * layer.up.detach()).half() for name, layer in layers.items()}
    save_file(tensors, path)
