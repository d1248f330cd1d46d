"""The `winipsec-lab` command, against a daemon of its own."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from winipsec_lab import cli
from winipsec_lab.commands import registry_text


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A lab in the background, started and stopped by the command itself."""
    directory = tmp_path_factory.mktemp("lab")
    assert cli.main(["up", "--home", str(directory), "--hosts", "web1,app1", "--no-scars"]) == 0
    yield directory
    assert cli.main(["down", "--home", str(directory)]) == 0


@pytest.fixture
def lab(home, capsys):
    """Runs the command; gives exit code, output and error output."""

    def run(command, *arguments):
        code = cli.main([command, "--home", str(home), *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


class TestLab:
    """Up, status, create, delete."""

    def test_up_again(self, lab, home):
        """`up` on a running lab makes only what is missing, and says how to reach the hosts."""
        code, out, _ = lab("up", "--hosts", "web1", "--no-scars")
        assert code == 0
        assert out.splitlines()[1].split() == ["web1", "127.77.0.1", *out.splitlines()[1].split()[2:]]
        assert str(home / "hosts.json") in out
        data = json.loads(lab("up", "--hosts", "web1,app1", "--json")[1])
        assert (data["started"], data["created"]) == (False, [])

    def test_connection_data(self, home):
        """`hosts.json` is enough to connect."""
        entries = json.loads((home / "hosts.json").read_text())
        assert {"name", "address", "port", "tls_port", "username", "password", "ca_file", "virtual_address"} == set(
            entries[0]
        )

    def test_status(self, lab):
        """`status` has a line per host, and numbers as numbers in JSON."""
        assert "web1" in lab("status")[1]
        status = json.loads(lab("status", "--json")[1])
        assert [host["name"] for host in status["hosts"]][:2] == ["web1", "app1"]
        assert status["hosts"][0]["counters"]["messages"] == 0

    def test_password_stays_in_the_file(self, lab, home):
        """No output of the command has the password."""
        password = (home / "password").read_text()
        for arguments in (("status",), ("status", "--json"), ("up", "--hosts", "web1"), ("transcript", "web1")):
            assert password not in "".join(map(str, lab(*arguments)))

    def test_create_reset_delete(self, lab):
        """A host of another language comes and goes."""
        assert lab("create", "ber1", "--locale", "de-DE", "--no-scars", "--guess", "wire.repeated_receive=lost")[0] == 0
        lab("exec", "ber1", r"echo x>C:\x.txt")
        assert lab("reset", "ber1")[1] == "ber1 is as it was born.\n"
        assert lab("exec", "ber1", r"type C:\x.txt")[0] == 1
        assert lab("delete", "ber1")[0] == 0
        assert "no host named 'ber1'" in lab("delete", "ber1")[2]

    def test_nothing_runs(self, tmp_path, capsys):
        """Without a lab every command but `down` fails and says what to do."""
        assert cli.main(["status", "--home", str(tmp_path)]) == 1
        assert "run `winipsec-lab up`" in capsys.readouterr().err
        assert cli.main(["down", "--home", str(tmp_path)]) == 0


class TestHost:
    """Commands about one host."""

    def test_exec(self, lab):
        """Output, error output and exit code pass through."""
        assert lab("exec", "web1", "echo hello") == (0, "hello\n", "")
        code, out, err = lab("exec", "web1", "nosuchprogram")
        assert (code, out) == (1, "")
        assert "nosuchprogram" in err
        assert lab("exec", "web1", "exit 256")[0] == 1
        assert json.loads(lab("exec", "web1", "exit -1", "--json")[1])["exitCode"] == 4294967295

    def test_packet(self, lab):
        """The worm's packet passes, then the policy drops it, and the filter is named."""
        question = ("packet", "app1", "--in", "--remote", "192.0.2.7", "--protocol", "udp", "--local-port", "1434")
        assert lab(*question)[1].splitlines()[0] == "passes"
        for line in (
            'add filterlist name="worm"',
            'add filter filterlist="worm" srcaddr=any dstaddr=me protocol=udp dstport=1434',
            'add filteraction name="block" action=block',
            'add policy name="stop"',
            'add rule name="r" policy="stop" filterlist="worm" filteraction="block"',
            'set policy name="stop" assign=yes',
        ):
            assert lab("exec", "app1", f"netsh ipsec static {line}")[0] == 0
        code, out, _ = lab(*question)
        assert (code, out.splitlines()[0]) == (0, "dropped")
        assert "worm" in out
        assert json.loads(lab(*question, "--json")[1])["policy"] == "stop"
        assert "no such protocol" in lab("packet", "app1", "--in", "--remote", "192.0.2.7", "--protocol", "x")[2]

    def test_load_and_dump(self, lab, tmp_path):
        """A dump loads again in every encoding."""
        lab("exec", "web1", 'netsh ipsec static add policy name="Zürich"')
        text = json.loads(lab("dump", "web1", "--json")[1])["text"]
        for encoding in ("utf-16", "utf-16-le", "utf-8-sig", "utf-8", "cp1252"):
            file = tmp_path / f"{encoding}.reg"
            file.write_bytes(text.encode(encoding))
            assert registry_text(file.read_bytes()) == text
            assert lab("load", "web1", str(file))[0] == 0
        assert json.loads(lab("dump", "web1", "--json")[1])["text"] == text
        code, _, err = lab("load", "web1", str(tmp_path / "none.reg"))
        assert (code, "none.reg" in err) == (1, True)
        (tmp_path / "other.reg").write_text("Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\X]\n")
        assert "no key below" in lab("load", "web1", str(tmp_path / "other.reg"))[2]

    @pytest.mark.parametrize(
        ("arguments", "text"),
        [
            (("transcript", "web1"), "0 messages"),
            (("latency", "web1", "--round-trip", "0"), "web1"),
            (("guess", "web1", "wire.repeated_receive", "lost"), "wire.repeated_receive = lost"),
            (("guesses", "web1"), "wire.repeated_receive = "),
            (("restart", "web1", "PolicyAgent"), "PolicyAgent was restarted"),
            (("reboot", "web1"), "restarted"),
            (("fault", "web1"), "drop_before"),
            (("fault", "web1", "reset", "--action", "Receive"), "reset is waiting"),
            (("fault", "web1", "--clear"), "forgotten"),
            (("clock", "web1", "--advance", "60"), "+00:00"),
        ],
    )
    def test_others(self, lab, arguments, text):
        """Every other command says what it did, and speaks JSON."""
        code, out, err = lab(*arguments)
        assert (code, err) == (0, "")
        assert text in out
        json.loads(lab(*arguments, "--json")[1])


class TestHelp:
    """What a newcomer sees."""

    def test_every_command_has_help(self, capsys):
        """Each command explains itself."""
        parser = cli.build_parser()
        commands = next(action for action in parser._actions if hasattr(action, "choices") and action.choices)
        for name in commands.choices:
            with pytest.raises(SystemExit) as caught:
                cli.main([name, "--help"])
            assert caught.value.code == 0
            assert f"winipsec-lab {name}" in capsys.readouterr().out

    def test_help_is_light(self):
        """`--help` imports neither gRPC nor the simulation."""
        program = (
            "import sys; from winipsec_lab import cli; cli.build_parser();"
            "print([m for m in ('grpc', 'google.protobuf', 'spnego', 'cryptography', 'winipsec_lab.wire') if m in sys.modules])"
        )
        assert (
            subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"
        )
