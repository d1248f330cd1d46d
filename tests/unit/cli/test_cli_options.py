"""Connection options: command line before environment, passwords from three places and never from a fourth."""

import subprocess
import sys

import pytest
from winipsec.cli import connection_options
from winipsec.cli.__main__ import main
from winipsec.cli.arguments import parser
from winipsec.cli.connection_options import connection_settings
from winipsec.errors import UserError


def settings(*arguments, ask=None, **environment):
    """The settings for `show` with these arguments and variables."""
    variables = {f"WINIPSEC_{name}": value for name, value in environment.items()}
    return connection_settings(parser().parse_args(["show", *arguments]), variables, ask or refuse)


def refuse(_):
    """Nobody must be asked."""
    pytest.fail("asked for a password")


ACCOUNT = {"USERNAME": "deploy", "PASSWORD": "correct horse"}


def test_the_environment_fills_what_is_left_out():
    """Every documented variable."""
    found = settings(HOST="web1", PORT="15986", TRANSPORT="basic", HTTPS="true", CA_FILE=__file__, **ACCOUNT)
    assert (found.host, found.port, found.transport, found.https, found.ca_file) == (
        "web1",
        15986,
        "basic",
        True,
        __file__,
    )
    assert (found.username, found.password) == ("deploy", "correct horse")


def test_options_come_before_the_environment():
    """Whatever is said on the command line wins."""
    found = settings(
        "web2", "--port", "1234", "--username", "other", "--no-https", HOST="web1", PORT="1", HTTPS="true", **ACCOUNT
    )
    assert (found.host, found.port, found.username, found.https) == ("web2", 1234, "other", False)


def test_defaults():
    """Port 5985 and NTLM; with --https port 5986 and a certificate that must be valid."""
    plain = settings("web1", **ACCOUNT)
    assert (plain.effective_port, plain.transport, plain.https) == (5985, "ntlm", False)
    secure = settings("web1", "--https", **ACCOUNT)
    assert (secure.effective_port, secure.verify) == (5986, True)
    assert settings("web1", "--https", "--insecure", **ACCOUNT).verify is False


def test_a_password_file_comes_before_the_environment(tmp_path):
    """Its first line, without the line end; blanks belong to it."""
    file = tmp_path / "password"
    file.write_text(" from file \nsecond line\n", encoding="utf-8")
    assert settings("web1", "--password-file", str(file), **ACCOUNT).password == " from file "


@pytest.mark.parametrize(("content", "words"), [(b"", "is empty"), (b"\nx", "is empty"), (b"\xff\xfe", "not UTF-8")])
def test_a_useless_password_file_is_refused(tmp_path, content, words):
    """Without showing what is in it."""
    file = tmp_path / "password"
    file.write_bytes(content)
    with pytest.raises(UserError, match=words):
        settings("web1", "--password-file", str(file), **ACCOUNT)


def test_a_missing_password_file_is_refused(tmp_path):
    """With the system's reason."""
    with pytest.raises(UserError, match="No such file"):
        settings("web1", "--password-file", str(tmp_path / "no"), **ACCOUNT)


def test_the_password_is_asked_for_at_a_terminal(monkeypatch):
    """Naming the account and the host; once."""
    monkeypatch.setattr(connection_options.sys.stdin, "isatty", lambda: True, raising=False)
    asked = []

    def ask(prompt):
        asked.append(prompt)
        return "typed"

    assert settings("web1", "--username", "deploy", ask=ask).password == "typed"
    assert asked == ["Password of deploy on web1: "]


def test_nobody_is_asked_without_a_terminal(monkeypatch):
    """A pipeline would hang for ever."""
    monkeypatch.setattr(connection_options.sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(UserError, match="WINIPSEC_PASSWORD"):
        settings("web1", "--username", "deploy")


def test_kerberos_needs_no_password():
    """The ticket is there already."""
    assert settings("web1", "--transport", "kerberos", "--username", "deploy@EXAMPLE.COM").password == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["web1", "--port", "70000"], "--port"),
        (["web1", "--port", "x"], "--port"),
        (["web1", "--transport", "smoke"], "--transport"),
        (["http://web1"], "host"),
        (["web1", "--transport", "basic"], "https"),
        (["web1", "--ca-file", __file__], "https"),
    ],
)
def test_wrong_settings_are_refused_by_name(arguments, words):
    """Before anything is sent."""
    with pytest.raises(UserError, match=words):
        settings(*arguments, **ACCOUNT)


def test_an_account_is_needed():
    """For every transport with a password."""
    with pytest.raises(UserError, match="WINIPSEC_USERNAME"):
        settings("web1", PASSWORD="correct horse")


def test_there_is_no_option_for_a_password(capsys):
    """Anybody on the machine could read it there; the refusal does not repeat it."""
    for arguments in (["--password", "correct horse"], ["--password=correct horse"]):
        with pytest.raises(SystemExit) as caught:
            main(["show", "web1", *arguments], {})
        assert caught.value.code == 2
        err = capsys.readouterr().err
        assert "WINIPSEC_PASSWORD" in err
        assert "correct horse" not in err


def test_options_are_written_out(capsys):
    """An abbreviation that is unique today may mean something else tomorrow."""
    with pytest.raises(SystemExit):
        main(["show", "web1", "--user", "deploy"], {})
    assert "unrecognized arguments" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--help"], ["show", "--help"], ["check", "--help"], ["--version"]])
def test_help_says_what_there_is(capsys, arguments):
    """Exit code 0, and something on standard output."""
    with pytest.raises(SystemExit) as caught:
        main(arguments, {})
    assert caught.value.code == 0
    assert "winipsec" in capsys.readouterr().out


def test_a_command_is_required(capsys):
    """An empty command line is a mistake."""
    with pytest.raises(SystemExit) as caught:
        main([], {})
    assert caught.value.code == 2
    assert "COMMAND" in capsys.readouterr().err


def test_help_loads_nothing_heavy():
    """Neither rich, nor winrm, nor pulumi, nor ssl for a line of help."""
    program = (
        "import sys\nfrom winipsec.cli.__main__ import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print([name for name in ('rich', 'winrm', 'requests', 'pulumi', 'ssl') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
