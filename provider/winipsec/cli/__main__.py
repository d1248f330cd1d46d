"""Start of the `winipsec` command: arguments, one sub-command, an exit code.

Exit codes: 0 well, 1 something is not as it should be (a failed check, a host's refusal), 2 the command was called
wrongly, 130 interrupted. Of `diff`, as everywhere: 0 no difference, 1 a difference, 2 no answer.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping, Sequence

from winipsec.cli.arguments import parser
from winipsec.errors import UserError, WinipsecError

OK, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> int:
    """Run the command; its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name is no reason to show nothing at all
    options = parser().parse_args(arguments)
    try:
        from winipsec.cli.commands import COMMANDS

        code = COMMANDS[options.command](options, os.environ if environment is None else environment)
        sys.stdout.flush()
    except UserError as error:
        return _complain(error, MISUSED)
    except WinipsecError as error:
        return _complain(error, MISUSED if options.command == "diff" else FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python must not complain about that at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    return code


def _complain(error: WinipsecError, code: int) -> int:
    sys.stderr.write(f"winipsec: {error}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
