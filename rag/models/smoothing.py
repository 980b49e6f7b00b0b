"""Makes a model lose less when it is rounded to 8 bits: moves what is large in a few input channels into the weights.

SmoothQuant (Xiao et al., 2023, arXiv 2211.10438). Activations are rounded with one scale for a whole text, which a few channels of
large values set for all of them; weights have a scale for each channel. Before rounding, nothing changes.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

STRENGTH = 0.65
"""How much of the difference goes into the weights, in [0, 1]: of .5 to .8, the one that lost least on the default model."""

_LEAST = 1e-4


def smooth(model: "torch.nn.Module", run: Callable[[], Any]) -> Any:
    """Smooth every linear layer of the model, in place; `run` puts sample texts through it, by which the channels are measured.

    Returns what `run` gave: what the model makes of the samples.
    """
    import torch

    class Smoothed(torch.nn.Module):
        def __init__(self, linear: torch.nn.Linear, scale: torch.Tensor) -> None:
            super().__init__()
            self.linear = linear
            self.linear.weight.data *= scale
            self.register_buffer("inverse", 1 / scale)
            self.inverse: torch.Tensor

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            outputs: torch.Tensor = self.linear(inputs * self.inverse)
            return outputs

    linears = {name: layer for name, layer in model.named_modules() if isinstance(layer, torch.nn.Linear)}
    largest: dict[str, torch.Tensor] = {}

    def measure(name: str) -> Callable[[torch.nn.Module, tuple[torch.Tensor, ...]], None]:
        def seen(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            found = inputs[0].detach().abs().flatten(0, -2).amax(0)
            largest[name] = torch.maximum(largest.get(name, found), found)

        return seen

    hooks = [layer.register_forward_pre_hook(measure(name)) for name, layer in linears.items()]
    try:
        made = run()
    finally:
        for hook in hooks:
            hook.remove()
    for name, layer in linears.items():
        if name not in largest:
            continue  # not used for a text
        weights = layer.weight.detach().abs().amax(0).clamp(min=_LEAST)
        scale = (largest[name].clamp(min=_LEAST) ** STRENGTH / weights ** (1 - STRENGTH)).clamp(min=_LEAST)
        parent, _, own = name.rpartition(".")
        setattr(model.get_submodule(parent), own, Smoothed(layer, scale))
    return made
