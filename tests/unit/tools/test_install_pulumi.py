"""Where the Pulumi command line comes from, and what happens where it does not come."""

from __future__ import annotations

import http.server
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import install_pulumi
import pulumi_sources
import pytest
from install_pulumi import NEEDED, PULUMI_VERSION


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    """A cache and a `.cache/bin` of the test's own, and a PATH without Pulumi."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(install_pulumi, "BINARIES", tmp_path / "bin")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")


def fake(folder: Path, version: str, names: tuple[str, ...] = NEEDED) -> Path:
    """A folder with programs that only know their version."""
    folder.mkdir(parents=True)
    for name in names:
        program = folder / name
        program.write_text(f"#!/bin/sh\necho {version}\n")
        program.chmod(0o755)
    return folder


@contextmanager
def web_server(body: bytes):
    """A web server that answers every GET with the body."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.parametrize(
    ("version", "taken"), [("v3.200.0", True), ("v4.0.1", True), ("v3.199.9", False), ("?", False)]
)
def test_a_recent_pulumi_on_path_is_taken(tmp_path, monkeypatch, version, taken):
    """3.200 is new enough, 3.199 is not; an answer without a version is not trusted."""
    folder = fake(tmp_path / "own", version)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    assert install_pulumi.from_path() == (folder if taken else None)


@pytest.mark.parametrize("missing", NEEDED[1:])
def test_a_pulumi_without_a_host_is_not_taken(tmp_path, monkeypatch, capsys, missing):
    """A command line alone cannot run our programs; the message names what it lacks."""
    folder = fake(tmp_path / "own", "v3.259.0", tuple(name for name in NEEDED if name != missing))
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    assert install_pulumi.from_path() is None
    assert f"lacks {missing}" in capsys.readouterr().out


def test_hosts_beside_the_linked_program_count(tmp_path, monkeypatch):
    """Package managers link the program alone: its hosts lie where the link points."""
    folder = fake(tmp_path / "cellar", "v3.259.0")
    (tmp_path / "links").mkdir()
    (tmp_path / "links/pulumi").symlink_to(folder / "pulumi")
    monkeypatch.setenv("PATH", f"{tmp_path / 'links'}:/usr/bin:/bin")
    assert install_pulumi.from_path() == folder


def test_our_own_links_are_not_taken_for_the_machines_pulumi(tmp_path, monkeypatch):
    """Run inside `make shell`, the installer does not find itself."""
    install_pulumi.link(fake(tmp_path / "own", "v3.259.0"), NEEDED)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    assert install_pulumi.from_path() is None


@pytest.mark.parametrize("body", [b"<html>blocked</html>", b""])
def test_an_answer_that_is_no_script_is_not_run(capsys, body):
    """A proxy's error page is not piped into a shell."""
    with web_server(body) as address:
        assert install_pulumi.from_installer(address) is None
    assert "does not answer with an installer" in capsys.readouterr().out


def test_a_closed_address_is_no_obstacle(capsys):
    """Without a network the search goes on at once."""
    with web_server(b"") as address:
        pass
    assert install_pulumi.from_installer(address) is None
    assert "does not answer" in capsys.readouterr().out


INSTALLER = f"""#!/bin/sh
test "$1 $2 $3 $5" = "--version {PULUMI_VERSION} --install-root --no-edit-path" || exit 9
mkdir "$4/bin"
for name in {" ".join(NEEDED)}; do echo installed > "$4/bin/$name"; done
""".encode()


def test_the_installer_is_asked_for_our_version_in_the_users_cache():
    """Exactly the pinned version, into a folder of ours, without touching shell profiles; then it counts as cached."""
    with web_server(INSTALLER) as address:
        folder = install_pulumi.from_installer(address)
    assert folder == pulumi_sources.cache_root() / f"installed-{PULUMI_VERSION}" / "bin"
    assert install_pulumi.from_cache() == folder
    assert [entry.name for entry in pulumi_sources.cache_root().iterdir()] == [f"installed-{PULUMI_VERSION}"]


@pytest.mark.parametrize("body", [INSTALLER + b"exit 1\n", b"#!/bin/sh\nexit 0\n"])
def test_a_failed_installer_leaves_nothing(capsys, body):
    """A download that breaks off, or brings nothing, is removed and not taken for an installation."""
    with web_server(body) as address:
        assert install_pulumi.from_installer(address) is None
    assert "did not succeed" in capsys.readouterr().out
    assert list(pulumi_sources.cache_root().iterdir()) == []


def test_links_follow_a_new_source_and_vanish_with_it(tmp_path):
    """Changing the source repoints every link; a program that the new source lacks is gone."""
    old = fake(tmp_path / "old", "v3.259.0", (*NEEDED, "pulumi-converter-yaml"))
    new = fake(tmp_path / "new", "v3.260.0")
    for folder in (old, new, new):
        install_pulumi.link(folder, (*NEEDED, "pulumi-converter-yaml"))
    links = {entry.name: entry.readlink().parent for entry in (tmp_path / "bin").iterdir()}
    assert links == dict.fromkeys(NEEDED, new)


def test_nothing_found_is_told_in_one_sentence(monkeypatch):
    """When the only allowed source has nothing, the message says which."""
    monkeypatch.setattr(sys, "argv", ["install_pulumi.py", "--from", "path"])
    with pytest.raises(SystemExit, match=r"No Pulumi 3\.200 or newer from: path"):
        install_pulumi.main()
