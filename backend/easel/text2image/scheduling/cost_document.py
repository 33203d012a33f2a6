"""A table of costs as a document, for others than this process. Pure."""

from easel.contract.costs import CostsDocument, ShapeCosts, StepSeconds
from easel.text2image.scheduling.cost_table import CostTable


def cost_document(
    table: CostTable | None, *, replica: str, device: str | None
) -> CostsDocument:
    """
    Args:
        table: As measured; None before the first measurement.
        replica: The server's id.
        device: What it was measured on.
    """
    shapes = () if table is None else tuple(_shapes(table))
    max_rows = None if table is None else table.max_rows
    return CostsDocument(
        replica=replica, device=device, max_rows=max_rows, costs=shapes
    )


def _shapes(table: CostTable) -> list[ShapeCosts]:
    return [
        ShapeCosts(
            model=key.model,
            width=key.width,
            height=key.height,
            text_length=key.text_length,
            dtype=key.dtype,
            step_seconds=tuple(
                StepSeconds(rows=rows, seconds=seconds)
                for rows, seconds in curve
                if seconds > 0
            ),
            overhead_seconds=table.overheads.get(key),
            cap_rows=table.knees.get(key),
        )
        for key, curve in table.curves.items()
        if any(seconds > 0 for _, seconds in curve)
    ]
