"""One request to one replica, which learns from how it goes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from easel.errors import UpstreamUnreachable
from easel.gateway.refusals import may_refuse, raise_for_refusal
from easel.gateway.replicas.pool import Need, Replica
from easel.gateway.upstream import UpstreamAnswer, UpstreamRequest


async def ask(
    replica: Replica,
    request: UpstreamRequest,
    *,
    need: Need | None = None,
    silence_s: float | None = None,
) -> UpstreamAnswer:
    """An answer to pass on; to be closed.

    Args:
        replica: Who is asked.
        request: What is asked.
        need: Of the generation that this is to begin, as it was given to `sends`.
        silence_s: Longest wait between two bytes, if there is to be one.

    Raises:
        UpstreamUnreachable: no answer could be had.
        ServiceError: what `raise_for_refusal` raises.
    """
    try:
        answer = await replica.upstream.send(request, silence_s=silence_s)
    except UpstreamUnreachable:
        replica.failed_to_connect()
        raise
    answer.on_break = replica.failed_to_connect
    replica.answered(answer, need=need)
    if may_refuse(answer):
        try:
            await raise_for_refusal(answer)
        except BaseException:
            answer.close()
            raise
    return answer


@asynccontextmanager
async def open_at(
    replica: Replica, request: UpstreamRequest, *, silence_s: float | None = None
) -> AsyncIterator[UpstreamAnswer]:
    """As `ask`; leaving the block closes the answer."""
    answer = await ask(replica, request, silence_s=silence_s)
    try:
        yield answer
    finally:
        answer.close()
