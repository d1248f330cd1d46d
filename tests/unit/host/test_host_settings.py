"""How a host is reached: defaults, URLs, keys, and every mistake with its property."""

import dataclasses

import pytest
from winipsec.errors import UserError
from winipsec.host.settings import ConnectionSettings

GOOD = ConnectionSettings("web1", "CORP\\deploy", "s3cret-Pa55")


def changed(**changes):
    """Good settings but for these."""
    return dataclasses.replace(GOOD, **changes)


@pytest.mark.parametrize(
    ("changes", "endpoint"),
    [
        ({}, "http://web1:5985/wsman"),
        ({"https": True}, "https://web1:5986/wsman"),
        ({"port": 80}, "http://web1:80/wsman"),
        ({"https": True, "port": 5985}, "https://web1:5985/wsman"),
        ({"host": "2001:db8::7"}, "http://[2001:db8::7]:5985/wsman"),
        ({"host": "[2001:db8::7]"}, "http://[2001:db8::7]:5985/wsman"),
        ({"host": "fe80::1%eth0"}, "http://[fe80::1%25eth0]:5985/wsman"),
        ({"host": "192.0.2.7"}, "http://192.0.2.7:5985/wsman"),
    ],
)
def test_endpoints(changes, endpoint):
    """Ports by default, IPv6 literals in brackets."""
    assert changed(**changes).endpoint == endpoint


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"host": "web-1.corp.example"},
        {"host": "WEB_1"},
        {"host": "web1.corp.example."},
        {"host": "::1"},
        {"transport": "kerberos", "password": ""},
        {"transport": "basic", "https": True},
        {"transport": "credssp"},
        {
            "transport": "certificate",
            "https": True,
            "certificate_file": "c",
            "certificate_key_file": "k",
            "username": "",
        },
        {"proxy": "http://proxy.example:3128"},
        {"https": True, "verify": False},
        {"https": True, "ca_file": "ca.pem"},
        {"connect_retry_for": 600},
    ],
)
def test_accepted(changes):
    """Settings that make sense."""
    assert changed(**changes).failures() == []


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({"host": ""}, ["host"]),
        ({"host": "http://web1"}, ["host"]),
        ({"host": "web1/wsman"}, ["host"]),
        ({"host": "web1:5985"}, ["host"]),
        ({"host": "[::1]:5985"}, ["host"]),
        ({"host": "web 1"}, ["host"]),
        ({"host": "-web1"}, ["host"]),
        ({"host": "10.0.0.256"}, ["host"]),
        ({"host": "10.0.0"}, ["host"]),
        ({"host": "web1&calc"}, ["host"]),
        ({"port": 0}, ["port"]),
        ({"port": 65536}, ["port"]),
        ({"transport": "plaintext"}, ["transport"]),
        ({"transport": "basic"}, ["transport"]),
        ({"transport": "basic", "https": True, "password": "пароль"}, ["password"]),
        ({"username": ""}, ["username"]),
        ({"password": ""}, ["password"]),
        ({"username": "", "password": ""}, ["username", "password"]),
        ({"transport": "certificate", "https": True}, ["certificateFile", "certificateKeyFile"]),
        ({"certificate_file": "c"}, ["certificateFile"]),
        ({"certificate_key_file": "k"}, ["certificateKeyFile"]),
        ({"kerberos_hostname": "x"}, ["kerberosHostname"]),
        ({"kerberos_delegation": True}, ["kerberosDelegation"]),
        ({"proxy": "proxy.example"}, ["proxy"]),
        ({"ca_file": "ca.pem"}, ["caFile"]),
        ({"ca_file": "ca.pem", "https": True, "verify": False}, ["caFile"]),
        ({"dial_timeout": 0}, ["dialTimeout"]),
        ({"command_timeout": -1}, ["commandTimeout"]),
        ({"total_timeout": 1e9}, ["totalTimeout"]),
        ({"total_timeout": float("nan")}, ["totalTimeout"]),
        ({"connect_retry_for": -1}, ["connectRetryFor"]),
    ],
)
def test_mistakes(changes, paths):
    """Each mistake stands at its property, spelled as in the schema, with a reason that is a sentence's end."""
    found = changed(**changes).failures()
    assert [path for path, _ in found] == paths
    assert all(reason for _, reason in found)


def test_secrets_stay_out_of_every_text():
    """repr, key, and errors; the proxy may hold a password too."""
    settings = changed(proxy="http://me:pr0xy@proxy.example", port=0)
    with pytest.raises(UserError) as caught:
        settings.require_valid()
    for text in (repr(settings), settings.key(), settings.logon_key(), str(caught.value)):
        assert "s3cret" not in text
        assert "pr0xy" not in text


def test_equal_settings_share_a_key():
    """And every field makes a difference."""
    assert GOOD.key() == changed().key()
    others = [
        changed(host="web2"),
        changed(username="x"),
        changed(password="x"),
        changed(port=5985),
        changed(https=True),
        changed(verify=False),
        changed(command_timeout=61),
        changed(ca_file="x"),
    ]
    assert len({s.key() for s in [GOOD, *others]}) == len(others) + 1


def test_key_can_be_read():
    """A person sees whom it means."""
    assert GOOD.key().startswith("CORP\\deploy@web1:5985#")


def test_patience_is_not_part_of_the_logon():
    """The same credentials with another time-out are the same attempt at a password."""
    assert (
        changed(command_timeout=1, total_timeout=2, dial_timeout=3, connect_retry_for=4).logon_key() == GOOD.logon_key()
    )
    assert changed(password="other").logon_key() != GOOD.logon_key()


def test_missing_files_are_named(tmp_path):
    """Checked on use, not in a preview: the file may come later."""
    settings = changed(https=True, ca_file=str(tmp_path / "ca.pem"))
    assert settings.failures() == []
    with pytest.raises(UserError) as caught:
        settings.require_valid()
    assert "caFile there is no file" in str(caught.value)
    assert "ca.pem" in str(caught.value)
    assert "WINIPSEC_CA_FILE" in str(caught.value)
