"""The generations of one request, run side by side."""

import asyncio
from collections.abc import Sequence

from easel.errors import ServiceError, TooManyConcurrent
from easel.gateway.calls import Dispatch, GenerationCall


async def painted(dispatch: Dispatch, calls: Sequence[GenerationCall]) -> list[bytes]:
    """The documents of all, in the order of `calls`; the first failure ends the rest.

    A caller that may not have so many at a time still gets all of them: what is refused
    for this waits for the others.

    Raises:
        ServiceError: one of them cannot be had.
    """
    documents: dict[int, bytes] = {}

    async def paint(index: int) -> None:
        documents[index] = await dispatch.document(calls[index])

    async def paint_if_there_is_room(index: int) -> None:
        try:
            await paint(index)
        except TooManyConcurrent:
            if len(calls) == 1:
                raise

    try:
        async with asyncio.TaskGroup() as together:
            for index in range(len(calls)):
                together.create_task(paint_if_there_is_room(index))
    except ExceptionGroup as failures:
        raise _cause(failures) from failures
    for index in range(len(calls)):
        if index not in documents:
            await paint(index)
    return [documents[index] for index in range(len(calls))]


def _cause(failures: ExceptionGroup[Exception]) -> Exception:
    """A bug before a refusal: it must not be overlooked."""
    bugs = [
        error for error in failures.exceptions if not isinstance(error, ServiceError)
    ]
    return bugs[0] if bugs else failures.exceptions[0]
