"""What a gateway and a text-to-image server tell each other beside the contract.

A gateway owns no generation. So it chooses the id of each one, and whoever asks for
that id again is attached to the generation that has it: a retry, a second caller of
the same request, a client that comes back. All of these headers are between the two
tiers; a gateway takes none of them from its clients.

On `POST /generate` (to the server):

- `X-Easel-Generation-Id`: `gen_<the server's replica id>_<ulid>`, chosen by the
  gateway. A known id attaches; another body for it is a 422
  `idempotency_key_reused`.
- `X-Easel-Keep: 1`: the generation goes on when its caller leaves, and after a
  restart, as an asynchronous one does.
- `X-Easel-Timeout-S: 12.345`: seconds that the answer may still take. What cannot be
  done by then is refused at once (`deadline_unreachable`); what is not is stopped,
  unless it is asynchronous or kept.
- `X-Easel-User`: on whose account it runs; device time is shared fairly between
  users.
- `X-Easel-Seed-Drawn: 1`: the gateway drew the body's seed, its caller asked for none.
  A model that takes no seed may then be asked all the same.

On everything about one generation (to the server):

- `X-Easel-User`: another user's generation is a 404. Without the header, whoever
  knows an id may ask for it.

On answers (to the gateway):

- `X-Easel-Replica`: who answers.
- `X-Easel-Backlog-Seconds`: predicted seconds of accepted work; left out while they
  are unknown.
- `X-Easel-Generation`: the generation that an answer of `POST /generate` is about.
- `X-Cache`: how a generation with a chosen id was had: `miss` (this request began
  it), `running` (it runs or waits) or `hit` (it had ended).
"""

USER_HEADER = "X-Easel-User"
GENERATION_ID_HEADER = "X-Easel-Generation-Id"
KEEP_HEADER = "X-Easel-Keep"
TIMEOUT_HEADER = "X-Easel-Timeout-S"
SEED_DRAWN_HEADER = "X-Easel-Seed-Drawn"

REPLICA_HEADER = "X-Easel-Replica"
BACKLOG_HEADER = "X-Easel-Backlog-Seconds"
GENERATION_HEADER = "X-Easel-Generation"
CACHE_HEADER = "X-Cache"
