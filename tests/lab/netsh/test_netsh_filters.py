"""Filter lists and filters (spec: ipsec-policy 1.5 filter, 5.6)."""

from __future__ import annotations

import pytest
from netsh_desk import Desk
from winipsec_lab.store.filter_blob import decode_filter_list, encode_filter_list

BASE = "add filter filterlist=l"


@pytest.mark.parametrize(
    ("arguments", "stored"),
    [
        ("srcaddr=any dstaddr=me", "any -> me mirrored"),
        ("srcaddr=Me dstaddr=Any", "me -> any mirrored"),
        ("srcaddr=10.1.2.3 dstaddr=me", "10.1.2.3 -> me mirrored"),
        ("srcaddr=10.1.2.3 srcmask=255.0.0.0 dstaddr=me", "10.0.0.0/255.0.0.0 -> me mirrored"),
        ("srcaddr=10.1.2.3 srcmask=8 dstaddr=me", "10.0.0.0/255.0.0.0 -> me mirrored"),
        ("srcaddr=10.1.2.3 srcmask=32 dstaddr=me dstmask=32", "10.1.2.3 -> me mirrored"),
        ("srcaddr=me dstaddr=10.1.2.3 dstmask=255.255.255.255", "me -> 10.1.2.3 mirrored"),
        ("srcaddr=dns dstaddr=me", "dns -> me mirrored"),
        ("srcaddr=me dstaddr=GATEWAY", "me -> gateway mirrored"),
        ("srcaddr=10.0.0.1-10.0.0.9 dstaddr=me", "10.0.0.1-10.0.0.9 -> me mirrored"),
        ("srcaddr=2001:db8::1 dstaddr=me", "2001:db8::1 -> me mirrored"),
        ("srcaddr=any dstaddr=2001:db8::1 dstmask=32", "any -> 2001:db8::/32 mirrored"),
        ("srcaddr=2001:db8::1-2001:db8::f dstaddr=any", "2001:db8::1-2001:db8::f -> any mirrored"),
        ("srcaddr=any dstaddr=me protocol=icmp", "any -> me protocol 1 mirrored"),
        ("srcaddr=any dstaddr=me protocol=RAW", "any -> me protocol 255 mirrored"),
        ("srcaddr=any dstaddr=me protocol=47 mirrored=n", "any -> me protocol 47"),
        ("srcaddr=any dstaddr=me protocol=any srcport=0 dstport=0", "any -> me mirrored"),
        ("srcaddr=any dstaddr=me protocol=Tcp dstport=65535", "any -> me protocol 6 ports 0 -> 65535 mirrored"),
        ("srcaddr=any dstaddr=me protocol=17 srcport=53", "any -> me protocol 17 ports 53 -> 0 mirrored"),
        ("srcaddr=web1.example.test dstaddr=any", "10.77.0.1 -> any mirrored"),
    ],
)
def test_every_kind_of_address_protocol_and_port(desk, arguments, stored):
    """What the arguments say is what the list holds."""
    desk.ok(f"{BASE} {arguments}")
    assert [each.text() for each in desk.filters()] == [stored]


@pytest.mark.parametrize(
    "arguments",
    [
        "srcaddr=nowhere.example.test dstaddr=me",
        "srcaddr=300.1.1.1 dstaddr=me",
        "srcaddr=0.0.0.0 dstaddr=me",
        "srcaddr=10.0.0.0/8 dstaddr=me",
        "srcaddr=10.0.0.1,10.0.0.2 dstaddr=me",
        'srcaddr="" dstaddr=me',
        "srcaddr=10.0.0.1 srcmask=0 dstaddr=me",
        "srcaddr=10.0.0.1 srcmask=33 dstaddr=me",
        "srcaddr=10.0.0.1 srcmask=255.0.255.0 dstaddr=me",
        "srcaddr=10.0.0.1 srcmask=0.0.0.0 dstaddr=me",
        "srcaddr=10.0.0.1 srcmask=ffff:: dstaddr=me",
        "srcaddr=2001:db8::1 srcmask=255.0.0.0 dstaddr=me",
        "srcaddr=2001:db8::1 srcmask=129 dstaddr=me",
        "srcaddr=10.0.0.9-10.0.0.1 dstaddr=me",
        "srcaddr=10.0.0.1-2001:db8::1 dstaddr=me",
        "srcaddr=10.0.0.1-10.0.0.9 srcmask=24 dstaddr=me",
        "srcaddr=10.0.0.1-me dstaddr=me",
        "srcaddr=10.0.0.0/8-10.0.0.9 dstaddr=me",
        "srcaddr=dns dstaddr=any",
        "srcaddr=dns dstaddr=wins",
        "srcaddr=dns dstaddr=10.0.0.1",
        "srcaddr=me dstaddr=me",
        "srcaddr=10.0.0.1 dstaddr=2001:db8::1",
        "srcaddr=any dstaddr=me protocol=smtp",
        "srcaddr=any dstaddr=me protocol=256",
        "srcaddr=any dstaddr=me protocol=tcp dstport=65536",
        "srcaddr=any dstaddr=me protocol=tcp dstport=http",
        "srcaddr=any dstaddr=me dstport=80",
        "srcaddr=any dstaddr=me protocol=icmp srcport=1",
        "srcaddr=any dstaddr=me mirrored=both",
    ],
)
def test_filters_that_cannot_be(full, arguments):
    """Impossible addresses, masks, ranges, pairs, protocols and ports change nothing."""
    full.refused(f"{BASE} {arguments}")
    full.refused(f"add filter filterlist=fresh {arguments}")


def test_a_missing_list_is_created_by_its_first_filter(desk):
    """Nobody has to add the list first; it has a name and no owners."""
    desk.ok(f"{BASE} srcaddr=any dstaddr=me")
    values = desk.values(desk.list())
    assert values["ipsecName"] == "l"
    assert "ipsecOwnersReference" not in values
    assert "description" not in values
    assert len(values["ipsecData"]) == 94


def test_an_empty_list(desk):
    """A list may be empty from the start, or become so; it stays then."""
    desk.ok("add filterlist name=l description=d")
    assert desk.list().data.hex() == "b520dc80c82ed111a89e00a0248d30210000000000000000"
    desk.ok(f"{BASE} srcaddr=any dstaddr=me", "delete filter filterlist=l srcaddr=any dstaddr=me")
    assert desk.filters() == ()
    assert desk.list().description == "d"


def test_a_filter_has_a_description_and_a_guid_of_its_own(desk):
    """The description of `add filter` is the filter's, not the list's; equal filters differ by GUID."""
    desk.ok(f"{BASE} srcaddr=any dstaddr=me description=x", f"{BASE} srcaddr=any dstaddr=me description=y")
    first, second = desk.filters()
    assert (first.description, second.description, desk.list().description) == ("x", "y", None)
    assert first.guid != second.guid


def test_a_range_is_written_twice(desk):
    """As subnets for those who know no ranges, and as a flagged range for those who do."""
    desk.ok(f"{BASE} srcaddr=10.0.0.1-10.0.0.6 dstaddr=me")
    blob = desk.list().data
    assert int.from_bytes(blob[20:24], "little") == 4  # .1, .2/31, .4/31, .6
    assert bytes.fromhex("3dcdfe3529ae73438a6ac5d8fab2fb08") in blob
    assert len(desk.filters()) == 1
    desk.ok("delete filter filterlist=l srcaddr=10.0.0.1-10.0.0.6 dstaddr=me")
    assert desk.list().data.hex() == "b520dc80c82ed111a89e00a0248d30210000000000000000"


def test_ordinary_filters_need_no_second_part(desk):
    """any, me, hosts, subnets and server words are V1 only."""
    desk.ok(f"{BASE} srcaddr=any dstaddr=me", f"{BASE} srcaddr=dhcp dstaddr=me")
    assert bytes.fromhex("3dcdfe35") not in desk.list().data


def test_old_systems_know_neither_ipv6_nor_ranges():
    """Windows Server 2003 has no V2 part to put them in, and ends its lists with a zero byte."""
    desk = Desk(generation="2003").ok(f"{BASE} srcaddr=any dstaddr=me")
    assert len(desk.list().data) == 95
    desk.refused(f"{BASE} srcaddr=2001:db8::1 dstaddr=me")
    desk.refused(f"{BASE} srcaddr=10.0.0.1-10.0.0.9 dstaddr=me")


def test_names_are_resolved_when_the_filter_is_added(desk):
    """A name from the hosts file makes one filter per address of a family, and is kept beside it."""
    desk.machine.files.write(
        r"C:\Windows\System32\drivers\etc\hosts", b"192.0.2.1 db\n192.0.2.2 db # two\n2001:db8::7 db\n"
    )
    desk.ok(f"{BASE} srcaddr=DB dstaddr=10.0.0.1")
    assert [each.text() for each in desk.filters()] == [
        "192.0.2.1 -> 10.0.0.1 mirrored",
        "192.0.2.2 -> 10.0.0.1 mirrored",
    ]
    assert {each.source_dns for each in desk.filters()} == {"DB"}
    desk.ok("delete filter filterlist=l srcaddr=db dstaddr=10.0.0.1")
    assert desk.filters() == ()


def test_delete_takes_every_filter_that_fits(desk):
    """Three arguments delete all of the pair; more narrow it; what does not exist is refused."""
    pair = "srcaddr=any dstaddr=me"
    desk.ok(
        f"{BASE} {pair} protocol=tcp dstport=80",
        f"{BASE} {pair} protocol=tcp dstport=443 mirrored=no",
        f"{BASE} {pair} protocol=udp",
        f"{BASE} srcaddr=me dstaddr=any",
        f"delete filter filterlist=l {pair} protocol=tcp dstport=443",
    )
    assert len(desk.filters()) == 3
    desk.refused(f"delete filter filterlist=l {pair} protocol=tcp dstport=443")
    desk.refused(f"delete filter filterlist=l {pair} mirrored=no")
    desk.refused(f"delete filter filterlist=x {pair}")
    desk.ok(f"delete filter filterlist=l {pair}")
    assert [each.text() for each in desk.filters()] == ["me -> any mirrored"]


def test_delete_compares_masks_only_when_given(desk):
    """An address without a mask finds the subnet of that address, with a mask only that subnet."""
    desk.ok(f"{BASE} srcaddr=10.0.0.0 srcmask=8 dstaddr=me")
    desk.refused("delete filter filterlist=l srcaddr=10.0.0.0 srcmask=16 dstaddr=me")
    desk.refused("delete filter filterlist=l srcaddr=10.0.0.1 dstaddr=me")
    desk.ok("delete filter filterlist=l srcaddr=10.0.0.0 dstaddr=me")


@pytest.mark.parametrize(
    "line",
    [
        "add filterlist name=L",
        "set filterlist name=nobody newname=x",
        "set filterlist name=l newname=m",
        "set filterlist guid={00000000-0000-0000-0000-000000000000} newname=x",
        "delete filterlist name=nobody",
        "delete filterlist name=l",
        "delete filterlist all",
    ],
)
def test_refusals_about_lists(full, line):
    """Taken and unknown names, and lists in use: a rule protects its list."""
    full.ok("add filterlist name=m", "add rule name=s policy=p filterlist=m filteraction=b")
    full.refused(line)


def test_a_list_keeps_its_identity_and_filters_through_a_rename(full):
    """Rename and description change nothing but themselves."""
    before = full.list()
    full.ok(f"set filterlist guid={before.guid} newname=L2 description=d")
    after = full.list("L2")
    assert (after.guid, after.data, after.owners, after.description) == (before.guid, before.data, before.owners, "d")


def test_unused_lists_go(full):
    """A list nobody uses can be deleted, by name and as part of all."""
    full.ok("add filterlist name=m", "add filterlist name=n", "delete filterlist name=m")
    assert full.static("delete filterlist all").code == 1  # l is in use
    assert [entry.name for entry in full.store.entries("ipsecFilter")] == ["l"]


def test_adding_to_a_list_reads_like_writing_it_anew(desk):
    """One filter after the other gives what the list's own filters encode to; old forms are rewritten on the way."""
    desk.ok(*(f"{BASE} srcaddr=any dstaddr=me protocol=tcp dstport={port}" for port in range(1, 6)))
    content = decode_filter_list(desk.list().data)
    assert [each.destination_ports.first for each in content.filters] == [1, 2, 3, 4, 5]
    assert encode_filter_list(content, desk.machine.guesses) == desk.list().data
    old = encode_filter_list(content, desk.machine.guesses, "2003")
    desk.store.write(desk.list().changed_to(data=old))
    desk.ok(f"{BASE} srcaddr=any dstaddr=me protocol=tcp dstport=6", f"{BASE} srcaddr=me dstaddr=2001:db8::1")
    desk.ok(f"{BASE} srcaddr=any dstaddr=me protocol=tcp dstport=7")
    assert len(desk.filters()) == 8
    assert encode_filter_list(decode_filter_list(desk.list().data), desk.machine.guesses) == desk.list().data


def test_a_list_whose_blob_is_junk_takes_no_filter(desk):
    """Neither the short way nor the long one adds to nonsense."""
    desk.ok(f"{BASE} srcaddr=any dstaddr=me")
    desk.store.write(desk.list().changed_to(data=b"junk"))
    desk.refused(f"{BASE} srcaddr=any dstaddr=me")
