"""What the inner parts of an app add to the one log line of the request they serve."""

from contextvars import ContextVar

# Short and harmless: never a prompt, a key or a whole address of a caller.
Note = str | int | float | bool

_notes: ContextVar[dict[str, Note] | None] = ContextVar("request_notes", default=None)


def begin_notes() -> dict[str, Note]:
    """Empty ones, for the request that is served from here on."""
    notes: dict[str, Note] = {}
    _notes.set(notes)
    return notes


def note(**fields: Note | None) -> None:
    """Put `fields` on the request's line; None says nothing.

    Works in tasks that the request started, too; outside of a request nothing happens.
    """
    notes = _notes.get()
    if notes is not None:
        notes.update(
            (name, value) for name, value in fields.items() if value is not None
        )
