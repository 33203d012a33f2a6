from easel.gateway.access.callers import Caller
from easel.gateway.facades.automatic1111.jobs import Jobs
from easel.gateway.facades.automatic1111.previews import Previews
from easel.gateway.facades.automatic1111.progress import Progress
from tests.gateway.facades.automatic1111.automatic1111_app import Looks
from tests.gateway.facades.automatic1111.served_server import ServedServer
from tests.gateway.store.memory_store import MemoryStore

FOX = Caller("key_fox")


async def test_a_server_that_says_nothing_holds_nobody_up(
    server: ServedServer, store: MemoryStore, looks: Looks
) -> None:
    server.is_silent = True
    here = Jobs(store, pause=looks.pause)
    elsewhere = Jobs(store, pause=looks.pause)
    progress = Progress(server, elsewhere, Previews(server), patience_s=0.01)
    async with here.begin(FOX.id, 1) as job:
        await here.assigned(job, 0, "gen_r1_0")
        document = await progress.document(FOX, with_preview=True)
        assert document["state"]["job_count"] == 1
        assert document["current_image"] is None
        await progress.skip(FOX)
        await progress.interrupt(FOX)
        looks.one()
        await job.interrupted.wait()
