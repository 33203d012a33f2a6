import json

from easel.contract.events import QueuedData
from easel.web.sse import HEARTBEAT, encode_event


def test_an_event_is_its_id_its_name_and_one_line_of_json() -> None:
    wire = encode_event(3, "queued", QueuedData(position=1, eta_s=None)).decode()
    assert wire.endswith("\n\n")
    fields = dict(line.split(": ", 1) for line in wire.strip().splitlines())
    assert (fields["id"], fields["event"]) == ("3", "queued")
    assert json.loads(fields["data"]) == {"position": 1, "eta_s": None}


def test_a_heartbeat_is_a_comment() -> None:
    assert HEARTBEAT.startswith(b":")
    assert HEARTBEAT.endswith(b"\n\n")
