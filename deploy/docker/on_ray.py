"""Runs a command on a machine that it makes a node of a Ray cluster.

python on_ray.py HEAD:6379 python text2image_server.py --executor ray

Ray lets programs in from its own nodes only, so the text-to-image server has one beside
it, which has nothing to give. The two end together:

- A stop signal goes to the command alone. It finishes what other nodes do for it; then
  the node leaves the cluster.
- A node that has not heard of its head for a minute ends by itself. The command is then
  stopped, and the exit code is 1: who supervises this starts it anew, with the head
  that there is by then.
"""

import argparse
import signal
import socket
import subprocess
import sys
import time
from types import FrameType

from answers import answers

_LOOK_S = 0.2
_LOOK_FOR_HEAD_S = 2.0
_CONNECT_S = 5.0
# A node leaves within seconds, but its cluster may be gone.
_LEAVE_S = 10.0

_Process = subprocess.Popen[bytes]


class OnRay:
    """
    Args:
        head: `host:port` of the cluster's first node.
        command: What is run once this machine has joined.
        agent_port: Where the node says how it is.
    """

    def __init__(self, head: str, command: list[str], agent_port: int) -> None:
        self._head = head
        self._command = command
        self._agent_port = agent_port
        self._running: _Process | None = None

    def run(self) -> int:
        """The exit code: the command's, unless it was the node that ended."""
        # The first process of a container hears only those that it asks for.
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, self._stop)
        self._wait_for_head()
        node = subprocess.Popen(self._node_command())
        try:
            self._wait_for_node(node)
            self._running = subprocess.Popen(self._command)
            return self._watch(node, self._running)
        finally:
            _end(node)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self._running is None:
            sys.exit(0)
        self._running.terminate()

    def _wait_for_head(self) -> None:
        """As long as it takes: who started this says how long that may be."""
        host, _, port = self._head.rpartition(":")
        while True:
            try:
                socket.create_connection((host, int(port)), _CONNECT_S).close()
            except OSError as error:
                _say(f"no Ray head at {self._head}: {error}")
            else:
                return
            time.sleep(_LOOK_FOR_HEAD_S)

    def _node_command(self) -> list[str]:
        return [
            *("ray", "start", "--block", f"--address={self._head}"),
            *("--num-cpus=0", "--num-gpus=0"),
            # The smallest that Ray takes: pictures come inside of messages.
            f"--object-store-memory={80 * 2**20}",
            f"--dashboard-agent-listen-port={self._agent_port}",
        ]

    def _wait_for_node(self, node: _Process) -> None:
        """Raises SystemExit if it ends before it has joined."""
        url = f"http://127.0.0.1:{self._agent_port}/api/local_raylet_healthz"
        while not answers(url):
            if node.poll() is not None:
                sys.exit(1)
            time.sleep(_LOOK_S)

    def _watch(self, node: _Process, command: _Process) -> int:
        while command.poll() is None:
            if node.poll() is not None:
                _say("the Ray node has ended; so does its command")
                command.terminate()
                command.wait()
                return 1
            time.sleep(_LOOK_S)
        code: int = command.returncode
        return code if code >= 0 else 128 - code


def _say(line: str) -> None:
    sys.stderr.write(f"on_ray: {line}\n")


def _end(node: _Process) -> None:
    node.terminate()
    try:
        node.wait(_LEAVE_S)
    except subprocess.TimeoutExpired:
        node.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--agent-port", type=int, default=52365)
    parser.add_argument("head", metavar="HEAD:PORT")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    sys.exit(OnRay(given.head, given.command, given.agent_port).run())
