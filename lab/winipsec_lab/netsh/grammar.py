"""All commands of the contexts `ipsec static` and `ipsec dynamic` with their arguments (spec: ipsec-policy 1.4, 2).

One line per command. Arguments stand in the order in which bare values fill them. `*` marks a required argument,
`a|b` alternatives of which one is enough, `=all` a word that stands alone, `+` an argument that may be repeated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_STATIC: Final = """
add policy           name* description mmpfs qmpermm mmlifetime activatedefaultrule pollinginterval assign mmsecmethods
add filterlist       name* description
add filter           filterlist* srcaddr* dstaddr* description protocol mirrored srcmask dstmask srcport dstport
add filteraction     name* description qmpfs inpass soft action qmsecmethods
add rule             name* policy* filterlist* filteraction* tunnel conntype activate description kerberos psk+ rootca+
set policy           name|guid* newname description mmpfs qmpermm mmlifetime activatedefaultrule pollinginterval assign\
 gponame mmsecmethods
set filterlist       name|guid* newname description
set filteraction     name|guid* newname description qmpfs inpass soft action qmsecmethods
set rule             name|id* policy* newname description filterlist filteraction tunnel conntype activate kerberos\
 psk+ rootca+
set defaultrule      policy* qmpfs activate qmsecmethods kerberos psk+ rootca+
set store            location* domain
set batch            mode*
delete policy        name|=all*
delete filterlist    name|=all*
delete filteraction  name|=all*
delete filter        filterlist* srcaddr* dstaddr* protocol mirrored srcmask dstmask srcport dstport
delete rule          name|id|=all* policy*
delete all
show all             format wide
show policy          name|=all level format wide
show rule            name|id|=all|=default policy* type level format wide
show filterlist      name|rule|=all level format resolvedns wide
show filteraction    name|rule|=all level format wide
show gpoassignedpolicy name
show store
exportpolicy -       file*
importpolicy -       file*
restorepolicyexamples - release*
"""

_RULE_IDENTITY: Final = "srcaddr* dstaddr* protocol srcport dstport mirrored conntype srcmask dstmask tunneldstaddress"
_DYNAMIC: Final = f"""
add mmpolicy         name* qmpermm mmlifetime softsaexpirationtime mmsecmethods
add qmpolicy         name* soft pfsgroup qmsecmethods
add rule             srcaddr* dstaddr* mmpolicy* qmpolicy protocol srcport dstport mirrored conntype actioninbound\
 actionoutbound srcmask dstmask tunneldstaddress kerberos psk+ rootca+
set mmpolicy         name* qmpermm mmlifetime softsaexpirationtime mmsecmethods
set qmpolicy         name* soft pfsgroup qmsecmethods
set rule             srcaddr* dstaddr* protocol* srcport* dstport* mirrored* conntype* srcmask dstmask\
 tunneldstaddress mmpolicy qmpolicy actioninbound actionoutbound kerberos psk+ rootca+
set config           property* value*
delete all
delete mmpolicy      name|=all*
delete qmpolicy      name|=all*
delete rule          {_RULE_IDENTITY}
show all             resolvedns
show config
show mmpolicy        name|=all
show qmpolicy        name|=all
show rule            type srcaddr dstaddr
show mmfilter        name|=all
show qmfilter        name|=all
show mmsas           =all
show qmsas           =all
show stats           type
"""


@dataclass(frozen=True)
class Slot:
    """One place in a command's argument list: the tags that may fill it and the words that may stand there alone."""

    tags: tuple[str, ...]
    words: tuple[str, ...] = ()
    required: bool = False
    repeatable: bool = False


@dataclass(frozen=True)
class Command:
    """One command; `noun` is empty where the verb stands alone (`exportpolicy`)."""

    context: str
    verb: str
    noun: str
    slots: tuple[Slot, ...]

    @property
    def tags(self) -> tuple[str, ...]:
        """All tags in order."""
        return tuple(tag for slot in self.slots for tag in slot.tags)

    def usage(self) -> str:
        """The command in one line."""
        parts = [self.verb, self.noun] if self.noun else [self.verb]
        for slot in self.slots:
            text = "|".join((*(f"{tag}=..." for tag in slot.tags), *slot.words))
            parts.append(text if slot.required else f"[{text}]")
        return " ".join(parts)


def _slot(text: str) -> Slot:
    repeatable, required = text.endswith("+"), text.endswith("*")
    names = text.rstrip("*+").split("|")
    tags = tuple(name for name in names if not name.startswith("="))
    return Slot(tags, tuple(name[1:] for name in names if name.startswith("=")), required, repeatable)


def _table(context: str, text: str) -> tuple[Command, ...]:
    commands = []
    for line in text.strip().splitlines():
        verb, noun, *slots = line.split()
        commands.append(Command(context, verb, "" if noun == "-" else noun, tuple(map(_slot, slots))))
    return tuple(commands)


COMMANDS: Final = _table("static", _STATIC) + _table("dynamic", _DYNAMIC)


def beginnings(word: str, names: tuple[str, ...]) -> list[str]:
    """The names a word may stand for: itself, else every name it begins."""
    folded = word.lower()
    if folded in names:
        return [folded]
    return [name for name in dict.fromkeys(names) if folded and name.startswith(folded)]
