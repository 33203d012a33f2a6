"""The `easel` command line: keys, running gateways, capacity.

Exit codes: 0 done, 1 not done, 2 a wrong flag or setting.
"""

import argparse
import sys

from easel.errors import StoreUnavailable
from easel.gateway.access.key_commands import CommandFailed
from easel.gateway.command import add_gateway_commands, run_gateway_command
from easel.planning.command import add_plan_command, run_plan
from easel.planning.costs_source import CostsUnavailable
from easel.web.command_line import EXIT_USAGE

_EXIT_NOT_DONE = 1


def main(arguments: list[str]) -> int:
    """Run one command; its exit code."""
    parsed = _parser().parse_args(arguments)
    try:
        if parsed.command == "plan":
            return 0 if run_plan(parsed, _say) else _EXIT_NOT_DONE
        run_gateway_command(parsed)
    except (CommandFailed, StoreUnavailable, CostsUnavailable) as error:
        _remark(str(error))
        return _EXIT_NOT_DONE
    except ValueError as error:
        _remark(str(error))
        return EXIT_USAGE
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m easel",
        description="Operates an Easel gateway, and plans how many servers it needs. "
        "Settings are read as the gateway reads them: from variables and from "
        "backend/.env.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_gateway_commands(commands)
    add_plan_command(commands)
    return parser


def _say(text: str) -> None:
    print(text)  # noqa: T201 - the command's answer


def _remark(text: str) -> None:
    print(f"easel: {text}", file=sys.stderr)  # noqa: T201 - the command's answer
