"""Ports as scenarios name them: one normal form for every spelling, and a reason for everything else."""

import pytest
from winipsec.model.invalid import Invalid
from winipsec.resources.services import parse_service, service


@pytest.mark.parametrize(
    ("text", "normal", "value"),
    [
        ("tcp/80", "tcp/80", (6, 80)),
        (" TCP / 080 ", "tcp/80", (6, 80)),
        ("Udp/65535", "udp/65535", (17, 65535)),
        ("tcp", "tcp", (6, 0)),
        ("ICMP", "icmp", (1, 0)),
        ("raw", "raw", (255, 0)),
        ("any", "any", (0, 0)),
        ("proto/47", "proto/47", (47, 0)),
        ("proto/6", "tcp", (6, 0)),
        ("proto/0", "any", (0, 0)),
    ],
)
def test_every_spelling_has_one_normal_form(text, normal, value):
    """Words for protocols that have one, numbers behind `proto/` for others."""
    assert (service(text), parse_service(text)) == (normal, value)
    assert service(normal) == normal


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("80", "write tcp/80 or udp/80, or proto/80"),
        ("80/tcp", "write tcp/80"),
        ("tcp/", "no port from 1 to 65535"),
        ("tcp/0", "write tcp for all of them"),
        ("tcp/65536", "no port from 1 to 65535"),
        ("tcp/http", "no port from 1 to 65535"),
        ("tcp/8000-8010", "netsh knows single ports only"),
        ("icmp/8", "icmp, which has none"),
        ("any/80", "any, which has none"),
        ("proto/256", "0 to 255"),
        ("http", "is no port"),
        ("", "is no port"),
    ],
)
def test_everything_else_is_refused_with_what_to_write(text, reason):
    """The message shows the way out."""
    with pytest.raises(Invalid, match=reason):
        parse_service(text)
