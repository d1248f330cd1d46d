"""A host on which a script was cut short while it was being written (field 4). Not tested on real Windows."""

import pytest
from resource_site import FILTER_LIST

FOLDER = r"C:\Windows\winipsec"
WHOLE = (
    '# winipsec {"batch": "0123456789ab"}\r\n'
    '# winipsec {"urn": "urn:pulumi:a::b::c::d", "kind": "filter list", "name": "theirs", "previous": ""}\r\n'
    'ipsec static add filterlist name="theirs" description="somebody else\'s"\r\n'
)


@pytest.mark.parametrize("end", [0, 5, 30, len(WHOLE) - 20])
def test_a_host_with_half_a_script_is_read_and_written(site, end):
    """The answer to a read goes on behind it, on the same line; the next script does so as well."""
    site.host.run(rf"mkdir {FOLDER}")
    site.host.machine.files.write(rf"{FOLDER}\b-0123456789ab.nsh", WHOLE[:end].encode())
    site.host.machine.files.write(rf"{FOLDER}\c-0123456789ab.cmd", b"@echo off\r\nrem half")
    state = site.up(
        FILTER_LIST,
        "worm",
        {"filters": [{"source": "me", "destination": "any", "protocol": "udp", "destinationPort": 1434}]},
    )
    assert site.refresh(state) == state
