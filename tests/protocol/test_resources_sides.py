"""Every sort of side and protocol of a filter, on a simulated host: in, out, and back by value (spec: ipsec-policy 5.6)."""

import pytest
from resource_site import FILTER_LIST, TCP_80

SIDES = {
    "host": ("192.0.2.7", "192.0.2.7"),
    "host as a subnet": ("192.0.2.7/32", "192.0.2.7"),
    "host bits": ("192.0.2.7/24", "192.0.2.0/24"),
    "dotted mask": ("10.0.0.0/255.128.0.0", "10.0.0.0/9"),
    "half of all": ("128.0.0.0/1", "128.0.0.0/1"),
    "all": ("0.0.0.0/0", "any"),
    "range": ("10.0.0.1-10.0.0.9", "10.0.0.1-10.0.0.9"),
    "range that is a subnet": ("10.0.0.0-10.0.0.255", "10.0.0.0/24"),
    "range of one": ("10.0.0.1-10.0.0.1", "10.0.0.1"),
    "range of nearly all": ("0.0.0.1-255.255.255.254", "0.0.0.1-255.255.255.254"),
    "IPv6 host": ("2001:DB8::0:1", "2001:db8::1"),
    "IPv6 subnet": ("2001:db8::/32", "2001:db8::/32"),
    "IPv6 range": ("2001:db8::1-2001:db8::ffff", "2001:db8::1-2001:db8::ffff"),
    "all of IPv6": ("::/0", "::/0"),
    "dns": ("DNS", "dns"),
    "wins": ("wins", "wins"),
    "dhcp": ("Dhcp", "dhcp"),
    "gateway": ("gateway", "gateway"),
}


def test_every_sort_of_side_in_either_place(site):
    """Every spelling has one normal form, which comes back from the host; others are no difference."""
    filters = [
        pair
        for written, _ in SIDES.values()
        for pair in ({"source": written, "destination": "me"}, {"source": "me", "destination": written})
    ]
    whole = [side for side in filters if side["source"] not in {"192.0.2.7/32", "10.0.0.1-10.0.0.1"}]
    whole = [side for side in whole if side["destination"] not in {"192.0.2.7/32", "10.0.0.1-10.0.0.1"}]
    state = site.up(FILTER_LIST, "l", {"filters": whole})
    assert len(site.settled(state).inputs["filters"]) == len(whole)
    normal = dict(SIDES.values())
    for side in whole:
        sides = (normal.get(side["source"], side["source"]), normal.get(side["destination"], side["destination"]))
        assert sides in {(item["source"], item["destination"]) for item in state.inputs["filters"]}


@pytest.mark.parametrize("sort", SIDES)
def test_a_side_can_be_added_and_removed(site, sort):
    """One filter comes and goes again, by value, and others stay."""
    written, normal = SIDES[sort]
    state = site.up(FILTER_LIST, "l", {"filters": [TCP_80]})
    more = site.up(FILTER_LIST, "l", {"filters": [TCP_80, {"source": "me", "destination": written}]}, state)
    assert site.settled(more).inputs["filters"][1]["destination"] == normal
    less = site.up(FILTER_LIST, "l", {"filters": [TCP_80]}, more)
    site.settled(less)
    assert len(site.dump("add filter ")) == 1
    site.gone(less)


def test_every_protocol(site):
    """Words and numbers; a number that has a word is that word."""
    numbers = [0, 1, 2, 6, 17, 46, 47, 50, 51, 89, 254, 255]
    filters = [{"source": "10.9.0.1", "destination": "me", "protocol": number} for number in numbers]
    state = site.up(FILTER_LIST, "l", {"filters": filters})
    words = [item["protocol"] for item in site.settled(state).inputs["filters"]]
    assert words == ["any", "icmp", "2", "tcp", "udp", "46", "47", "50", "51", "89", "254", "raw"]
    spelled = [{**item, "protocol": word} for item, word in zip(filters, words, strict=True)]
    assert not site.engine.diff(state, site.engine.check(state.urn, {"name": "l", "filters": spelled})).some
    assert site.dump("add filter ")[-1].count('protocol="255"') == 1 or site.guess("netsh.filter_order") == "prepended"
