"""torch's words for what batching needs: see `arrays`."""

from collections.abc import Sequence

import torch


class TorchArrays:
    """Host numbers reach a GPU without waiting for it."""

    def generator(self, seed: int) -> torch.Generator:
        # On the CPU, so that noise is the same on every device.
        return torch.Generator("cpu").manual_seed(seed)

    def column(self, values: Sequence[float], like: torch.Tensor) -> torch.Tensor:
        return _beside(torch.tensor(values, dtype=torch.float32), like)

    def table(
        self, rows: Sequence[Sequence[float]], like: torch.Tensor
    ) -> torch.Tensor:
        return _beside(torch.tensor(rows, dtype=torch.float32), like)

    def noise(
        self, generators: Sequence[torch.Generator | None], like: torch.Tensor
    ) -> torch.Tensor:
        shape = like.shape[1:]
        draws = [
            torch.zeros(shape)
            if generator is None
            else torch.randn(shape, generator=generator)
            for generator in generators
        ]
        return _beside(torch.stack(draws), like)

    def joined(self, parts: Sequence[torch.Tensor]) -> torch.Tensor:
        return torch.cat(list(parts))

    def zeros_like(self, array: torch.Tensor) -> torch.Tensor:
        return torch.zeros_like(array)

    def copied(self, array: torch.Tensor) -> torch.Tensor:
        return array.clone()

    def float32(self, array: torch.Tensor) -> torch.Tensor:
        return array.float()

    def on_device(self, array: torch.Tensor, device: str) -> torch.Tensor:
        return array.to(device)

    def as_dtype(self, array: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
        return array.to(dtype)


def _beside(host: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return host.to(like.device, non_blocking=True)


TORCH = TorchArrays()
