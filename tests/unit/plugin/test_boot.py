"""The plugin process: what it loads before the port, how it starts, how it ends (spec: pulumi-provider 1.5 to 1.8)."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from winipsec.plugin import boot, stubs

PROVIDER = Path(boot.__file__).parents[2]
HEAVY = ("pulumi", "winrm", "requests", "cryptography", "spnego", "urllib3", "dissect", "rich")

# Stands in for the port announcement and tells which of the heavy modules were loaded by then.
SPY = """
import os, sys
from winipsec.plugin import boot
def announce(port):
    os.write(1, (" ".join(sorted(set(sys.argv[1].split(",")) & set(sys.modules))) + "\\n").encode())
    os._exit(0)
boot._announce = announce
boot.main([])
"""


@pytest.fixture
def plugin():
    """Starts plugins and sees to it that none stays behind."""
    started = []

    def start(*command, **options):
        options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        process = subprocess.Popen(command or (sys.executable, "-m", "winipsec.plugin"), **options)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                pipe.close()


def first_line(process):
    """The first line on stdout, within ten seconds."""
    ready, _, _ = select.select([process.stdout], [], [], 10)
    assert ready
    return process.stdout.readline()


def ask(port):
    """The version that the plugin on this port gives."""
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.enable_http_proxy", 0)]) as channel:
        stub = stubs.provider_pb2_grpc.ResourceProviderStub(channel)
        return stub.GetPluginInfo(Empty(), timeout=10, wait_for_ready=True).version


class TestArguments:
    """The engine's address among the arguments."""

    @pytest.mark.parametrize(
        ("arguments", "address"),
        [
            ([], ""),
            (["127.0.0.1:1"], "127.0.0.1:1"),
            (["--logtostderr", "-v=9", "127.0.0.1:1"], "127.0.0.1:1"),
            (["--tracing", "file:./trace", "127.0.0.1:1"], "127.0.0.1:1"),
            (["--tracing=file:./trace", "127.0.0.1:1"], "127.0.0.1:1"),
            (["--tracing", "file:./trace"], ""),
            (["--new-flag", "-x", "something", "127.0.0.1:1"], "127.0.0.1:1"),
        ],
    )
    def test_the_last_argument_that_is_no_flag_counts(self, arguments, address):
        """Unknown flags are accepted; without an address the plugin waits to be attached."""
        assert boot.engine_address(arguments) == address


class TestStart:
    """From the start to the first answer."""

    def test_nothing_heavy_is_loaded_when_the_port_is_written(self, plugin):
        """The SDK, the WinRM client and cryptography would double the time to the port."""
        process = plugin(sys.executable, "-c", SPY, ",".join(HEAVY))
        assert first_line(process) == b"\n"

    def test_the_port_is_the_first_and_only_line_on_stdout(self, plugin):
        """The engine takes whatever comes first for the port."""
        process = plugin()
        line = first_line(process)
        assert re.fullmatch(rb"[0-9]{1,5}\n", line)
        assert re.match(r"\d+\.\d+\.\d+", ask(int(line)))
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=10)
        assert rest == b""

    def test_stray_prints_go_to_stderr(self, plugin):
        """A library that prints must not disturb anybody."""
        spy = "from winipsec.plugin import boot; boot._announce(4711); print('stray'); import sys; sys.stdout.flush()"
        process = plugin(sys.executable, "-c", spy)
        out, err = process.communicate(timeout=10)
        assert out == b"4711\n"
        assert b"stray" in err

    def test_the_environment_never_shows(self, plugin):
        """PULUMI_CONFIG holds decrypted secrets."""
        process = plugin(env={**os.environ, "PULUMI_CONFIG": '{"winipsec:password":"hunter2-hunter2"}'})
        first_line(process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
        assert b"hunter2" not in out + err

    def test_the_shim_runs_from_anywhere_through_links(self, plugin, tmp_path):
        """It finds its folder, ignores the user's PYTHONPATH and working directory, and passes arguments on."""
        (tmp_path / "grpc.py").write_text("raise SystemExit('the wrong grpc')")
        (tmp_path / "link").symlink_to(PROVIDER / "pulumi-resource-winipsec")
        process = plugin(
            str(tmp_path / "link"),
            "--tracing",
            "x",
            "127.0.0.1:1",
            cwd=tmp_path,
            env={**os.environ, "WINIPSEC_PYTHON": sys.executable, "PYTHONPATH": str(tmp_path)},
        )
        assert first_line(process).strip().isdigit()
        # `exec`: the process that gets the signal is Python itself.
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0

    def test_both_shims_start_the_same(self):
        """The file for Windows has its line ends and the same entry point."""
        unix = (PROVIDER / "pulumi-resource-winipsec").read_text()
        windows = (PROVIDER / "pulumi-resource-winipsec.cmd").read_bytes().decode()
        assert windows.count("\r\n") == windows.count("\n")
        for text in (unix, windows):
            assert "sys.path.insert(0, sys.argv.pop(1))" in text
            assert "from winipsec.plugin.boot import main" in text
        assert os.access(PROVIDER / "pulumi-resource-winipsec", os.X_OK)


class TestEnd:
    """How the process goes."""

    @pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
    def test_a_signal_ends_it_at_once_with_success(self, plugin, name):
        """Without tearing the interpreter down, and without a word."""
        process = plugin()
        ask(int(first_line(process)))
        begun = time.monotonic()
        process.send_signal(getattr(signal, name))
        assert process.wait(10) == 0
        assert time.monotonic() - begun < 3
        assert b"Traceback" not in process.stderr.read()

    def test_a_closed_stdin_ends_it(self, plugin):
        """The engine was killed: nobody would ever send a signal."""
        process = plugin()
        ask(int(first_line(process)))
        process.stdin.close()
        assert process.wait(10) == 0

    def test_without_a_pipe_on_stdin_it_stays(self, plugin):
        """A terminal or /dev/null says nothing about the engine."""
        process = plugin(stdin=subprocess.DEVNULL)
        port = int(first_line(process))
        time.sleep(0.2)
        assert ask(port)
        assert process.poll() is None


class TestStubs:
    """The two ways to the protocol classes."""

    ASK = (
        "import sys; from winipsec.plugin import stubs; request = stubs.provider_pb2.CheckRequest; "
        "print(stubs.PACKAGE, 'pulumi' in sys.modules); from pulumi.runtime.proto import provider_pb2, engine_pb2; "
        "print(provider_pb2.CheckRequest is request, stubs.late('engine_pb2').LogRequest is engine_pb2.LogRequest)"
    )

    def test_the_light_way_leaves_the_sdk_alone_and_shares_its_classes(self, plugin):
        """Loading the SDK later, for a component, must not clash."""
        out, err = plugin(sys.executable, "-c", self.ASK).communicate(timeout=30)
        assert out.decode().split() == ["winipsec.plugin.proto", "False", "True", "True"], err

    def test_the_ordinary_way_serves_where_the_light_one_fails(self, plugin):
        """Another layout of the SDK costs time, not function."""
        hide = "import importlib.util; importlib.util.find_spec = lambda name, package=None: None; "
        out, err = plugin(sys.executable, "-c", hide + self.ASK).communicate(timeout=30)
        assert out.decode().split() == ["pulumi.runtime.proto", "True", "True", "True"], err

    def test_stubs_that_break_half_way_leave_nothing_behind(self, plugin):
        """A half-made package of our own name would be found by the next import."""
        code = (
            "import sys, importlib\n"
            "real = importlib.import_module\n"
            "def broken(name, package=None):\n"
            "    if name.startswith('winipsec.plugin.proto'): real(name); raise SyntaxError\n"
            "    return real(name, package)\n"
            "importlib.import_module = broken\n"
            "from winipsec.plugin import stubs\n"
            "print(stubs.PACKAGE, [name for name in sys.modules if name.startswith('winipsec.plugin.proto')])\n"
        )
        out, err = plugin(sys.executable, "-c", code).communicate(timeout=30)
        assert out.decode().split() == ["pulumi.runtime.proto", "[]"], err
