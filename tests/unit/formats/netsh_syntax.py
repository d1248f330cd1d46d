"""The syntax of `netsh ipsec static`, by which every command is checked."""

from __future__ import annotations

from winipsec.formats.command import Command

# Positional order of every command (spec: ipsec-policy 1.4).
SYNTAX = {
    (
        "add",
        "policy",
    ): "name description mmpfs qmpermm mmlifetime activatedefaultrule pollinginterval assign mmsecmethods",
    ("add", "filterlist"): "name description",
    ("add", "filter"): "filterlist srcaddr dstaddr description protocol mirrored srcmask dstmask srcport dstport",
    ("add", "filteraction"): "name description qmpfs inpass soft action qmsecmethods",
    ("add", "rule"): "name policy filterlist filteraction tunnel conntype activate description kerberos psk rootca",
    ("set", "policy"): "name guid newname description mmpfs qmpermm mmlifetime activatedefaultrule pollinginterval "
    "assign gponame mmsecmethods",
    ("set", "filterlist"): "name guid newname description",
    ("set", "filteraction"): "name guid newname description qmpfs inpass soft action qmsecmethods",
    ("set", "rule"): "name id policy newname description filterlist filteraction tunnel conntype activate kerberos psk "
    "rootca",
    ("set", "defaultrule"): "policy qmpfs activate qmsecmethods kerberos psk rootca",
    ("delete", "policy"): "name",
    ("delete", "filterlist"): "name",
    ("delete", "filteraction"): "name",
    ("delete", "filter"): "filterlist srcaddr dstaddr protocol mirrored srcmask dstmask srcport dstport",
    ("delete", "rule"): "name policy",
}


def quoted(value: str) -> str:
    """Quotes, and nothing else."""
    return f'"{value}"'


def line(command: Command) -> str:
    """The script line of a command, after a check of its tags against the syntax."""
    allowed = SYNTAX[command.verb, command.object].split()
    tags = [tag for tag, _ in command.tags]
    plain = [tag for tag in tags if tag not in {"kerberos", "psk", "rootca"}]
    assert plain == sorted(plain, key=allowed.index)
    assert set(tags) <= set(allowed)
    assert [tag for tag in dict.fromkeys(tags) if tags.count(tag) > 1 and tag != "rootca"] == []
    return command.script_line(quoted)


def rest(command: Command, *tags: str) -> dict[str, str]:
    """Some of the tags of a command."""
    return {tag: value for tag, value in command.tags if not tags or tag in tags}
