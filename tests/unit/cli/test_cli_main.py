"""Exit codes: what a script that calls `winipsec` can rely on."""

import subprocess
import sys

import pytest
from exported_store import export
from winipsec.cli import __main__, commands
from winipsec.errors import Unreachable, UserError


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (UserError("that cannot be.", path="--port"), 2, "winipsec: --port: that cannot be.\n"),
        (Unreachable("nothing answers.", host="web1", advice="Look."), 1, "winipsec: web1: nothing answers. Look.\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_each_failure_has_its_code(monkeypatch, capsys, error, code, words):
    """2 for a mistake of the caller, 1 for a host's answer, 130 for Ctrl-C; one line that says what to do."""

    def fail(*_):
        raise error

    monkeypatch.setattr(commands, "COMMANDS", {"show": fail})
    assert __main__.main(["show", "web1"], {}) == code
    assert capsys.readouterr().err == words


def test_a_reader_that_leaves_early_is_no_failure(tmp_path):
    """`winipsec show ... | head -1` ends quietly."""
    file = tmp_path / "policies.reg"
    file.write_bytes(export().encode("utf-16"))
    shown = subprocess.Popen(
        [sys.executable, "-m", "winipsec.cli", "show", "--reg", str(file), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    shown.stdout.close()
    assert shown.stderr.read() == b""
    assert shown.wait() == 0
    shown.stderr.close()
