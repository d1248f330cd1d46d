"""`winipsec lint` against simulated hosts that speak real WinRM."""

from __future__ import annotations

import json

import pytest
from winipsec.cli.__main__ import main
from winipsec_lab.testing import Lab

KEY = "a shared secret"
STATIC = "netsh ipsec static"
EXEMPT = r"reg add HKLM\SYSTEM\CurrentControlSet\Services\IPSEC /v NoDefaultExempt /t REG_DWORD /d {} /f"


@pytest.fixture(scope="module")
def lab():
    """A lab for this module."""
    with Lab() as lab:
        yield lab


@pytest.fixture
def host(lab, request):
    """A new host."""
    return lab.create(f"lint{abs(hash(request.node.name)) % 100_000}")


@pytest.fixture
def findings(host, capsys):
    """Lints the host and gives the exit code and the findings as rule and object."""

    def run(*arguments):
        variables = {"HOST": host.address, "PORT": str(host.port), "USERNAME": host.username, "PASSWORD": host.password}
        code = main(
            ["lint", "--format", "json", *arguments], {f"WINIPSEC_{name}": value for name, value in variables.items()}
        )
        printed = capsys.readouterr()
        assert not printed.err
        assert KEY not in printed.out
        return code, {(item["rule"], item["object"]["name"]) for item in json.loads(printed.out)["findings"]}

    return run


def say(host, *lines):
    """Run commands that must succeed."""
    for line in lines:
        assert host.run(line)[0] == 0, line


def test_a_worm_block_by_netsh_lints_clean(host, findings):
    """What the spec calls right, made by netsh and read over WinRM: nothing to say."""
    say(
        host,
        f'{STATIC} add policy name=Worm description="Stops Slammer" mmsecmethods="3DES-SHA1-3"',
        f"{STATIC} add filter filterlist=Slammer srcaddr=any dstaddr=me protocol=udp dstport=1434 mirrored=no",
        f"{STATIC} add filter filterlist=Slammer srcaddr=me dstaddr=any protocol=udp dstport=1434 mirrored=no",
        f"{STATIC} add filteraction name=Block action=block",
        f"{STATIC} add rule name=Stop policy=Worm filterlist=Slammer filteraction=Block",
        f"{STATIC} set policy name=Worm assign=y",
    )
    assert findings() == (0, set())


def test_the_work_of_a_hurried_evening_is_found(host, findings):
    """A half worm block, a port opened for answers, a short key, weak groups, exemptions left on."""
    say(
        host,
        f'{STATIC} add policy name=Night description="Hurried" mmsecmethods="DES-MD5-1" assign=no',
        f"{STATIC} add filter filterlist=Slammer srcaddr=any dstaddr=me protocol=udp dstport=1434",
        f"{STATIC} add filter filterlist=Rest srcaddr=any dstaddr=me protocol=udp",
        f"{STATIC} add filter filterlist=Names srcaddr=me dstaddr=any protocol=udp dstport=53",
        f"{STATIC} add filter filterlist=Sql srcaddr=10.0.0.0 srcmask=8 dstaddr=me protocol=tcp dstport=1433",
        f"{STATIC} add filteraction name=Block action=block",
        f"{STATIC} add filteraction name=Permit action=permit",
        f'{STATIC} add filteraction name=Secure action=negotiate qmsecmethods="ESP[3DES,SHA1]:100000k/3600s" soft=yes',
        f"{STATIC} add rule name=Worm policy=Night filterlist=Slammer filteraction=Block",
        f"{STATIC} add rule name=Rest policy=Night filterlist=Rest filteraction=Block",
        f"{STATIC} add rule name=Names policy=Night filterlist=Names filteraction=Permit",
        f'{STATIC} add rule name=Sql policy=Night filterlist=Sql filteraction=Secure kerberos=no psk="{KEY}"',
        f"{STATIC} set policy name=Night assign=y",
        EXEMPT.format(0),
    )
    code, found = findings("--severity", "warning")
    assert code == 1
    assert found >= {
        ("WIP103", "Night"),
        ("WIP104", "Night"),
        ("WIP105", "Night"),
        ("WIP201", "Sql"),
        ("WIP203", "Sql"),
        ("WIP401", "Names"),
        ("WIP403", ""),
        ("WIP406", "Secure"),
    }


def test_a_stopped_service_is_found(host, findings):
    """Whatever the store says, nothing is in force."""
    say(host, f"{STATIC} add policy name=P description=D", "net stop PolicyAgent")
    code, found = findings("--rule", "WIP7")
    assert code == 1
    assert ("WIP701", "") in found
