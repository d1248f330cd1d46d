"""Generated files: what is out of date is named, and only that is written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import generated
import pytest
from generated import Output


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A repository with generated files: a folder that is owned, and one file beside hand-written ones."""
    root = tmp_path / "checkout"
    fresh = {"sdk": {"python/a.py": "a", "python/sub/b.py": "b"}, "schema": {"schema.json": "{}"}}

    def writer(name: str):
        def write(target: Path) -> None:
            for path, text in fresh[name].items():
                (target / path).parent.mkdir(parents=True, exist_ok=True)
                (target / path).write_text(text)

        return write

    (root / "provider").mkdir(parents=True)
    (root / "provider/by_hand.py").write_text("mine")
    subprocess.run(["git", "init", "-q", root], check=True)
    monkeypatch.setattr(generated, "CHECKOUT", root)
    outputs = {
        "schema": Output(root / "provider", writer("schema")),
        "sdk": Output(root / "sdk", writer("sdk"), owned="python"),
    }
    monkeypatch.setattr(generated, "OUTPUTS", outputs)
    return root


def run(monkeypatch, *arguments: str) -> None:
    """The command with these arguments."""
    monkeypatch.setattr(sys, "argv", ["generated.py", *arguments])
    generated.main()


def test_what_is_missing_is_written_and_then_up_to_date(checkout, monkeypatch, capsys):
    """Everything is written once; the check is content and a second run writes nothing."""
    run(monkeypatch)
    assert (checkout / "sdk/python/sub/b.py").read_text() == "b"
    assert (checkout / "provider/schema.json").read_text() == "{}"
    assert "sdk/python/a.py" in capsys.readouterr().out
    run(monkeypatch, "--check")
    run(monkeypatch)
    assert capsys.readouterr().out == ""


def test_the_check_names_what_is_stale_and_writes_nothing(checkout, monkeypatch):
    """An edited file fails the check by name, with the target that mends it, and stays as it is."""
    run(monkeypatch)
    (checkout / "sdk/python/a.py").write_text("edited")
    with pytest.raises(SystemExit, match=r"(?s)`make sdk`.*sdk/python/a\.py$"):
        run(monkeypatch, "--check", "sdk")
    assert (checkout / "sdk/python/a.py").read_text() == "edited"


def test_a_leftover_in_an_owned_folder_is_found_and_removed(checkout, monkeypatch):
    """The file of a resource that is gone does not stay in the SDK; files beside generated ones do stay."""
    run(monkeypatch)
    (checkout / "sdk/python/gone.py").write_text("old")
    subprocess.run(["git", "-C", checkout, "add", "sdk"], check=True)
    with pytest.raises(SystemExit, match=r"gone\.py"):
        run(monkeypatch, "--check")
    run(monkeypatch)
    assert not (checkout / "sdk/python/gone.py").exists()
    assert (checkout / "provider/by_hand.py").read_text() == "mine"


@pytest.mark.usefixtures("checkout")
def test_an_unknown_name_is_refused(monkeypatch, capsys):
    """A misspelt name does not pass as "nothing to do"."""
    with pytest.raises(SystemExit):
        run(monkeypatch, "--check", "shema")
    assert "nothing generated is called shema" in capsys.readouterr().err


@pytest.mark.usefixtures("checkout")
def test_a_generator_that_fails_shows_its_reason():
    """The generator's own words reach the user; no traceback of ours."""
    with pytest.raises(SystemExit, match=r"(?s)failed \(3\).*because"):
        generated._run([sys.executable, "-c", "import sys; sys.stderr.write('because'); sys.exit(3)"])
