"""The Frechet distance between two sets of pictures, in the judge's features."""

from __future__ import annotations

import torch
from torch import Tensor


def frechet_distance(first: Tensor, second: Tensor) -> float:
    """Between the normal distributions with the mean and covariance of each set.

    Args:
        first: (pictures, features); at least two pictures.
        second: the same of the other set. Distances compare only between sets of the
            same sizes, because small sets look further apart than they are.
    """
    first, second = first.double(), second.double()
    gap = (first.mean(0) - second.mean(0)).square().sum()
    one, other = first.T.cov(), second.T.cov()
    root = _root(one)
    overlap = torch.linalg.eigvalsh(root @ other @ root).clamp(min=0).sqrt().sum()
    return float(gap + one.trace() + other.trace() - 2 * overlap)


def _root(symmetric: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(symmetric)
    root: Tensor = vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.T
    return root
