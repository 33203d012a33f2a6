#!/bin/sh
# Before a gateway's container is stopped (Kubernetes' preStop).
#
# First it goes on as usual for GATEWAY_DRAIN_DELAY_S: the container has left its load
# balancers' lists, but not all of them know yet. Then whoever still comes, over a
# connection that was kept, is told 503 and when to come back. What is under way is
# finished after the stop signal.
#
# A gateway with API keys asks for one with the scope admin: EASEL_ADMIN_KEY_FILE.
set -u
sleep "${GATEWAY_DRAIN_DELAY_S:-5}"
if [ -r "${EASEL_ADMIN_KEY_FILE:-}" ]; then
    exec python -m easel drain --key-file "$EASEL_ADMIN_KEY_FILE"
fi
exec python -m easel drain
