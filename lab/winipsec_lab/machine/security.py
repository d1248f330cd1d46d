"""Accounts, their identifiers and their names in the host's language, and access lists of files.

Account names of built-in groups are translated by Windows (`Administratoren`), their identifiers are not
(`S-1-5-32-544`): a command that grants to `Administrators` fails on a German host.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from winipsec_lab.machine.languages import LANGUAGES

#: Well-known accounts: identifier -> (authority, name) in the order of `LANGUAGES`.
WELL_KNOWN: dict[str, tuple[tuple[str, str], ...]] = {
    "S-1-1-0": (("", "Everyone"), ("", "Jeder"), ("", "Все"), ("", "Everyone"), ("", "Everyone")),
    "S-1-3-0": (
        ("", "CREATOR OWNER"),
        ("", "ERSTELLER-BESITZER"),
        ("", "СОЗДАТЕЛЬ-ВЛАДЕЛЕЦ"),
        ("", "CREATOR OWNER"),
        ("", "CREATOR OWNER"),
    ),
    "S-1-5-2": (
        ("NT AUTHORITY", "NETWORK"),
        ("NT-AUTORITÄT", "NETZWERK"),
        ("NT AUTHORITY", "СЕТЬ"),
        ("NT AUTHORITY", "NETWORK"),
        ("NT AUTHORITY", "NETWORK"),
    ),
    "S-1-5-11": (
        ("NT AUTHORITY", "Authenticated Users"),
        ("NT-AUTORITÄT", "Authentifizierte Benutzer"),
        ("NT AUTHORITY", "Прошедшие проверку"),
        ("NT AUTHORITY", "Authenticated Users"),
        ("NT AUTHORITY", "Authenticated Users"),
    ),
    "S-1-5-15": (
        ("NT AUTHORITY", "This Organization"),
        ("NT-AUTORITÄT", "Diese Organisation"),
        ("NT AUTHORITY", "Данная организация"),
        ("NT AUTHORITY", "This Organization"),
        ("NT AUTHORITY", "This Organization"),
    ),
    "S-1-5-18": (
        ("NT AUTHORITY", "SYSTEM"),
        ("NT-AUTORITÄT", "SYSTEM"),
        ("NT AUTHORITY", "СИСТЕМА"),
        ("NT AUTHORITY", "SYSTEM"),
        ("NT AUTHORITY", "SYSTEM"),
    ),
    "S-1-5-19": (
        ("NT AUTHORITY", "LOCAL SERVICE"),
        ("NT-AUTORITÄT", "Lokaler Dienst"),
        ("NT AUTHORITY", "LOCAL SERVICE"),
        ("NT AUTHORITY", "LOCAL SERVICE"),
        ("NT AUTHORITY", "LOCAL SERVICE"),
    ),
    "S-1-5-20": (
        ("NT AUTHORITY", "NETWORK SERVICE"),
        ("NT-AUTORITÄT", "Netzwerkdienst"),
        ("NT AUTHORITY", "NETWORK SERVICE"),
        ("NT AUTHORITY", "NETWORK SERVICE"),
        ("NT AUTHORITY", "NETWORK SERVICE"),
    ),
    "S-1-5-32-544": (
        ("BUILTIN", "Administrators"),
        ("VORDEFINIERT", "Administratoren"),
        ("BUILTIN", "Администраторы"),
        ("BUILTIN", "Administrators"),
        ("BUILTIN", "Administrators"),
    ),
    "S-1-5-32-545": (
        ("BUILTIN", "Users"),
        ("VORDEFINIERT", "Benutzer"),
        ("BUILTIN", "Пользователи"),
        ("BUILTIN", "Users"),
        ("BUILTIN", "Users"),
    ),
    "S-1-16-12288": (
        ("Mandatory Label", "High Mandatory Level"),
        ("Verbindliche Beschriftung", "Hohe Verbindlichkeitsstufe"),
        ("Обязательная метка", "Высокий обязательный уровень"),
        ("Mandatory Label", "High Mandatory Level"),
        ("Mandatory Label", "High Mandatory Level"),
    ),
}

#: What processes of the service accounts run as, in every language, by identifier.
SERVICE_ACCOUNTS = {"S-1-5-18": "SYSTEM", "S-1-5-19": "LOCAL SERVICE", "S-1-5-20": "NETWORK SERVICE"}
SYSTEM = SERVICE_ACCOUNTS["S-1-5-18"]

#: Name of the built-in administrator in the order of `LANGUAGES`.
ADMINISTRATOR = ("Administrator", "Administrator", "Администратор", "Administrator", "Administrator")


class Accounts:
    """The accounts one machine knows.

    Args:
        language: the machine's language.
        computer: its NetBIOS name, which is the authority of its own accounts.
        users: own account names; the first is the built-in administrator (identifier ends in 500).
        domain_id: the machine's part of its accounts' identifiers.
    """

    def __init__(self, language: str, computer: str, users: tuple[str, ...], domain_id: str) -> None:
        self._computer = computer
        index = LANGUAGES.index(language)
        self._names = {sid: names[index] for sid, names in WELL_KNOWN.items()}
        for number, user in enumerate(users):
            self._names[f"{domain_id}-{500 if number == 0 else 1000 + number}"] = (computer, user)

    def identify(self, name: str) -> str | None:
        r"""The identifier of an account given as `name`, `AUTHORITY\name` or `*S-1-...`; None when unknown."""
        if name.startswith("*"):
            return name[1:].upper() if name[1:].upper() in self._names else None
        wanted = name.upper()
        for sid, (authority, short) in self._names.items():
            if wanted in (short.upper(), f"{authority}\\{short}".upper(), f".\\{short}".upper()):
                return sid
        return None

    def name(self, sid: str) -> str:
        r"""`AUTHORITY\name` of an identifier; the identifier itself when it is unknown."""
        authority, short = self._names.get(sid, ("", sid))
        return f"{authority}\\{short}" if authority else short

    def users(self) -> list[str]:
        """The machine's own accounts."""
        return [short for authority, short in self._names.values() if authority == self._computer]


@dataclass(frozen=True)
class Entry:
    """One entry of an access list.

    Attributes:
        sid: whom it concerns.
        rights: `F`, `M`, `RX`, `R`, `W` or a list in brackets, as `icacls` writes it.
        inheritance: `(OI)(CI)` and so on, empty for this object only.
        inherited: whether it comes from the folder above.
        deny: whether it forbids.
    """

    sid: str
    rights: str
    inheritance: str = ""
    inherited: bool = False
    deny: bool = False

    def passed_on(self, *, to_folder: bool) -> Entry | None:
        """The entry a new object below gets from this one, or None."""
        flags = self.inheritance
        if not (("(CI)" in flags) if to_folder else ("(OI)" in flags)):
            return None
        kept = "".join(flag for flag in ("(OI)", "(CI)") if flag in flags) if to_folder else ""
        return replace(self, inheritance=kept, inherited=True)


@dataclass(frozen=True)
class AccessList:
    """The access list of one file or folder.

    Attributes:
        entries: its own entries; inherited ones are computed unless `protected`.
        protected: True when nothing is inherited.
    """

    entries: tuple[Entry, ...] = ()
    protected: bool = False


#: What the root of drive C: grants.
ROOT_ACCESS = AccessList(
    (
        Entry("S-1-5-18", "F", "(OI)(CI)"),
        Entry("S-1-5-32-544", "F", "(OI)(CI)"),
        Entry("S-1-5-32-545", "RX", "(OI)(CI)"),
    ),
    protected=True,
)
