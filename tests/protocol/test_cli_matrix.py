"""`winipsec matrix` on hosts that the lab's netsh set up: who can talk to whom (traffic-engine 8, between two hosts)."""

import json

import pytest
from policy_console import console, furnish
from winipsec.cli.__main__ import main
from winipsec_lab.testing import Lab

WINRM = ("winrm", "permit", "any>me tcp 5985 2w")
KEY, OTHER_KEY = 'psk="a shared secret"', 'psk="another secret"'


@pytest.fixture(scope="module")
def hosts():
    """Two hosts that differ from test to test."""
    with Lab(password="Lab-Passw0rd") as lab:
        yield lab.create("web1", virtual_address="10.0.0.5"), lab.create("db1", virtual_address="10.0.0.7")


@pytest.fixture
def between(hosts, capsys):
    """What comes of each side asking the other for one service, and why; without rules a host has no policy."""

    def ask(ours, theirs, service="tcp/445", auths=(KEY, KEY)):
        for host, rules, auth in zip(hosts, (ours, theirs), auths, strict=True):
            host.reset()
            if rules:
                furnish(host, *rules, WINRM, auth=auth)
        environment = {"WINIPSEC_USERNAME": hosts[0].username, "WINIPSEC_PASSWORD": hosts[0].password}
        names = [f"{host.address}:{host.port}" for host in hosts]
        assert main(["matrix", *names, "--services", service, "--json"], environment) == 0
        printed = capsys.readouterr().out
        assert "secret" not in printed
        found = json.loads(printed)["meetings"]
        return [(item["result"], item.get("reason", "")) for meeting in found for item in meeting["exchanges"]]

    return ask


REQUIRE, ENCRYPT = ("iso", "require", "any>me 2w"), ("iso", "encrypt", "any>me 2w")
REQUEST, BLOCK = ("iso", "request", "any>me 2w"), ("smb", "block", "any>me tcp 445 2w")
ONE_WAY = ("smb", "block", "me>any tcp 445 1w")

# the policies of both, what comes of one asking the other, and of the other asking the one
PAIRS = [
    ((), (), "clear", "clear"),
    ((), (BLOCK,), "no", "clear"),
    ((ONE_WAY,), (), "no", "clear"),
    ((REQUIRE,), (REQUIRE,), "authenticated", "authenticated"),
    ((ENCRYPT,), (ENCRYPT,), "encrypted", "encrypted"),
    ((REQUIRE,), (ENCRYPT,), "no", "no"),
    ((REQUEST,), (REQUIRE,), "authenticated", "authenticated"),
    ((REQUEST,), (), "clear", "clear"),
    ((REQUIRE,), (), "no", "no"),
]


@pytest.mark.parametrize(("ours", "theirs", "forth", "back"), PAIRS)
def test_two_hosts_meet(ours, theirs, forth, back, between):
    """Blocked on either side: no. Both protect: what they have in common. One protects: only a fall back helps."""
    assert [result for result, _ in between(ours, theirs)] == [forth, back]


def test_hosts_with_different_keys_do_not_meet(between):
    """Both protect, but know different secrets; the reason does not tell them."""
    (forth, why), (back, _) = between((REQUIRE,), (REQUIRE,), auths=(KEY, OTHER_KEY))
    assert (forth, back) == ("no", "no")
    assert "no authentication in common" in why


def test_the_table_for_people(hosts, capsys):
    """Every pair is a row, and below it stands why not."""
    web, db = hosts
    web.reset()
    db.reset()
    furnish(db, BLOCK, WINRM)
    environment = {"WINIPSEC_USERNAME": web.username, "WINIPSEC_PASSWORD": web.password}
    names = [f"{host.address}:{host.port}" for host in hosts]
    assert main(["matrix", *names, "--peer", "internet@203.0.113.10"], environment) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert lines[0] == ["from", "to", "icmp", "tcp/80", "tcp/443", "tcp/445", "tcp/3389", "tcp/5985", "udp/53"]
    assert [web.address, db.address, "clear", "clear", "clear", "no", "clear", "clear", "clear"] in lines
    assert ["internet", web.address, *["clear"] * 7] in lines
    why = [" ".join(line) for line in lines[lines.index(["why"]) + 1 :]]
    assert why == [
        f"no: {db.address}, rule 'smb': blocked {web.address} > {db.address} tcp/445, internet > {db.address} tcp/445"
    ]


def test_services_that_policies_name_are_asked_about(hosts, capsys):
    """Where nobody says which: those of the filters come before what is common."""
    web, db = hosts
    for host in hosts:
        host.reset()
    furnish(db, ("worm", "block", "any>me udp 1434 2w"))
    console(db, "add filter filterlist=worm-list srcaddr=any dstaddr=me protocol=tcp dstport=1433")
    environment = {"WINIPSEC_USERNAME": web.username, "WINIPSEC_PASSWORD": web.password}
    assert main(["matrix", *(f"{host.address}:{host.port}" for host in hosts), "--json"], environment) == 0
    services = json.loads(capsys.readouterr().out)["services"]
    assert {"tcp/1433", "udp/1434", "icmp"} <= set(services)
    assert len(services) == 8
