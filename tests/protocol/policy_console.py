"""Policies in few words, and the netsh commands that make them on a host of the lab.

A rule is `("name", "block", "any>me udp 1434 1w")`: its name, what it does, and its filters: two sides, protocol,
destination port, mirrored (`2w`) or not (`1w`).
"""

from __future__ import annotations

ACTIONS = {
    "permit": "action=permit",
    "block": "action=block",
    "require": 'action=negotiate qmsecmethods="ESP[None,SHA1]"',
    "encrypt": 'action=negotiate qmsecmethods="ESP[3DES,SHA1]"',
    "request": 'action=negotiate inpass=yes soft=yes qmsecmethods="ESP[None,SHA1]"',
}


def console(host, *lines):
    """Commands of `netsh ipsec static` on a host, which must succeed."""
    for line in lines:
        answer = host.run(f"netsh ipsec static {line}")
        assert answer == (0, "", ""), (line, answer)


def furnish(host, *rules, policy="Test", auth=""):
    """Make and assign a policy with these rules on an empty host; a fourth part of a rule is its tunnel end point."""
    lines = [f'add policy name="{policy}"']
    used = dict.fromkeys(rule[1] for rule in rules)
    lines += [f"add filteraction name={action} {ACTIONS[action]}" for action in used]
    for name, action, filters, *tunnel in rules:
        lines += [f"add filter filterlist={name}-list {_filter(text)}" for text in filters.split("; ")]
        end = f" tunnel={tunnel[0]}" if tunnel else ""
        lines.append(f'add rule name={name} policy="{policy}" filterlist={name}-list filteraction={action}{end} {auth}')
    console(host, *lines, f'set policy name="{policy}" assign=y')
    return host


def _filter(text):
    sides, *rest = text.split()
    source, destination = sides.split(">")
    words = [_side("src", source), _side("dst", destination)]
    words.append(f"mirrored={'yes' if rest[-1] == '2w' else 'no'}")
    if len(rest) > 1:
        words.append(f"protocol={rest[0]}")
    if len(rest) > 2:
        words.append(f"dstport={rest[1]}")
    return " ".join(words)


def _side(name, text):
    address, _, bits = text.partition("/")
    return f"{name}addr={address}" + (f" {name}mask={bits}" if bits else "")
