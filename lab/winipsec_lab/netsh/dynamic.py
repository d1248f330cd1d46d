"""`netsh ipsec dynamic`: the security policy database of the running agent (spec: ipsec-policy 2).

It takes effect at once and is gone when the agent stops. Failures report the documented Win32 codes 13000 to 13017.
Only `show` is minimal: what the lab knows about negotiations is that there are none.
"""

from __future__ import annotations

import dataclasses
from typing import Final

from winipsec_lab.netsh import methods, volatile
from winipsec_lab.netsh.arguments import Arguments
from winipsec_lab.netsh.errors import Refusal
from winipsec_lab.netsh.filters import Wanted, build, matches, read_wanted
from winipsec_lab.netsh.rules import CONNECTIONS, authentications, tunnel_end
from winipsec_lab.netsh.session import Session
from winipsec_lab.netsh.volatile import Database, DynamicRule, MainPolicy, QuickPolicy
from winipsec_lab.store.values import DEFAULT_MAIN_MODE_LIFETIME, KERBEROS

_PFS_GROUPS: Final = ("grp1", "grp2", "grp3", "grpmm", "nopfs")
_ACTIONS: Final = ("permit", "block", "negotiate")
_SOFT_SECONDS: Final = 300


def _database(session: Session) -> Database:
    return volatile.database(session.machine)


def _main_policy(session: Session, args: Arguments, old: MainPolicy | None) -> MainPolicy:
    if old is None or "mmsecmethods" in args:
        text = args.get("mmsecmethods") if "mmsecmethods" in args else None
        wanted = methods.main_methods(text, session.switches)
    else:
        wanted = old.methods
    return MainPolicy(
        args.get("name"),
        wanted,
        args.number("qmpermm", old.quick_mode_limit if old else 0),
        args.number("mmlifetime", old.lifetime_seconds if old else DEFAULT_MAIN_MODE_LIFETIME, scale=60),
        args.number("softsaexpirationtime", old.soft_seconds if old else _SOFT_SECONDS),
    )


def add_main_policy(session: Session, args: Arguments) -> None:
    """`add mmpolicy`."""
    known = _database(session).main_policies
    if args.get("name").lower() in known:
        raise Refusal("mm_policy_exists")
    known[args.get("name").lower()] = _main_policy(session, args, None)


def set_main_policy(session: Session, args: Arguments) -> None:
    """`set mmpolicy`."""
    known = _database(session).main_policies
    old = known.get(args.get("name").lower())
    if old is None:
        raise Refusal("mm_policy_missing")
    known[old.name.lower()] = dataclasses.replace(_main_policy(session, args, old), name=old.name)


def _quick_policy(session: Session, args: Arguments, old: QuickPolicy | None) -> QuickPolicy:
    group = args.choice("pfsgroup", _PFS_GROUPS, old.pfs_group if old else "nopfs")
    text = args.get("qmsecmethods") if "qmsecmethods" in args else None
    keep = old is not None and text is None
    wanted = old.offers if old and keep else methods.offers(text, session.switches, pfs=group != "nopfs")
    wanted = methods.with_pfs(wanted, group != "nopfs")
    return QuickPolicy(args.get("name"), wanted, args.flag("soft", old.soft if old else False), group)


def add_quick_policy(session: Session, args: Arguments) -> None:
    """`add qmpolicy`."""
    known = _database(session).quick_policies
    if args.get("name").lower() in known:
        raise Refusal("qm_policy_exists")
    known[args.get("name").lower()] = _quick_policy(session, args, None)


def set_quick_policy(session: Session, args: Arguments) -> None:
    """`set qmpolicy`."""
    known = _database(session).quick_policies
    old = known.get(args.get("name").lower())
    if old is None:
        raise Refusal("qm_policy_missing")
    known[old.name.lower()] = dataclasses.replace(_quick_policy(session, args, old), name=old.name)


def _policies(database: Database, args: Arguments, quick: str) -> tuple[str, str]:
    main = args.get("mmpolicy").lower()
    if main and main not in database.main_policies:
        raise Refusal("mm_policy_missing")
    if quick and quick not in database.quick_policies:
        raise Refusal("qm_policy_missing")
    return main, quick


def add_rule(session: Session, args: Arguments) -> None:
    """`add rule`; a main-mode policy is needed even to block."""
    database = _database(session)
    wanted = read_wanted(args, session.switches, session.resolve, session.generation)
    main, quick = _policies(database, args, args.get("qmpolicy").lower())
    inbound = args.choice("actioninbound", _ACTIONS, "negotiate")
    outbound = args.choice("actionoutbound", _ACTIONS, "negotiate")
    if "negotiate" in (inbound, outbound) and not quick:
        raise Refusal("qm_policy_missing")
    tunnel = str(tunnel_end(session, args.get("tunneldstaddress"))[0]) if "tunneldstaddress" in args else ""
    interface = args.choice("conntype", CONNECTIONS, "all")
    given = authentications(args, session.switches) or (KERBEROS,)
    parts = build(wanted, "", session.switches)
    rule = DynamicRule(parts.filters, main, quick, inbound, outbound, interface, tunnel, given)
    if any(_same(rule, other) for other in database.rules):
        raise Refusal("tunnel_filter_exists" if tunnel else "transport_filter_exists")
    database.rules.append(rule)


def _same(first: DynamicRule, second: DynamicRule) -> bool:
    texts = [[each.text() for each in rule.filters] for rule in (first, second)]
    return texts[0] == texts[1] and (first.interface, first.tunnel) == (second.interface, second.tunnel)


def _found(session: Session, args: Arguments) -> list[DynamicRule]:
    wanted: Wanted = read_wanted(args, session.switches, session.resolve, session.generation)
    tunnel = str(tunnel_end(session, args.get("tunneldstaddress"))[0]) if "tunneldstaddress" in args else ""
    interface = args.choice("conntype", CONNECTIONS, "all")
    found = [
        rule
        for rule in _database(session).rules
        if rule.tunnel == tunnel
        and ("conntype" not in args or rule.interface == interface)
        and any(matches(each, wanted, session.switches) for each in rule.filters)
    ]
    if not found:
        raise Refusal("tunnel_filter_missing" if tunnel else "transport_filter_missing")
    return found


def set_rule(session: Session, args: Arguments) -> None:
    """`set rule`: policies, actions and authentication of a rule found by its filter."""
    database = _database(session)
    for rule in _found(session, args):
        main, quick = _policies(database, args, args.get("qmpolicy").lower())
        changed = dataclasses.replace(
            rule,
            main_policy=main or rule.main_policy,
            quick_policy=quick or rule.quick_policy,
            inbound=args.choice("actioninbound", _ACTIONS, rule.inbound),
            outbound=args.choice("actionoutbound", _ACTIONS, rule.outbound),
            authentications=authentications(args, session.switches) or rule.authentications,
        )
        database.rules[database.rules.index(rule)] = changed


def delete_rule(session: Session, args: Arguments) -> None:
    """`delete rule`."""
    for rule in _found(session, args):
        _database(session).rules.remove(rule)


def _delete_policy(session: Session, args: Arguments, prefix: str) -> None:
    database = _database(session)
    main = prefix == "mm"
    known: dict[str, MainPolicy] | dict[str, QuickPolicy] = database.main_policies if main else database.quick_policies
    names = list(known) if args.word == "all" else [args.get("name").lower()]
    used = {rule.main_policy if main else rule.quick_policy for rule in database.rules}
    for name in names:
        if name not in known:
            raise Refusal(f"{prefix}_policy_missing")
        if name in used:
            raise Refusal(f"{prefix}_policy_in_use")
        del known[name]


def delete_main_policy(session: Session, args: Arguments) -> None:
    """`delete mmpolicy`."""
    _delete_policy(session, args, "mm")


def delete_quick_policy(session: Session, args: Arguments) -> None:
    """`delete qmpolicy`."""
    _delete_policy(session, args, "qm")


def delete_all(session: Session, _: Arguments) -> None:
    """`delete all`."""
    database = _database(session)
    database.rules.clear()
    database.main_policies.clear()
    database.quick_policies.clear()


def show(session: Session, args: Arguments) -> None:
    """`show all` and the narrower shows: one line per object, associations and statistics are always empty."""
    database = _database(session)
    wanted = args.get("name").lower()
    session.say(f"\n{session.texts('layout')}\n")
    for main in database.main_policies.values():
        if wanted in ("", main.name.lower()):
            session.say(f"mmpolicy {main.name} : {' '.join(each.text() for each in main.methods)}\n")
    for quick in database.quick_policies.values():
        if wanted in ("", quick.name.lower()):
            session.say(f"qmpolicy {quick.name} : {' '.join(each.text() for each in quick.offers)}\n")
    for rule in database.rules:
        for each in rule.filters:
            session.say(f"rule {each.text()} : {rule.inbound}/{rule.outbound} {rule.main_policy} {rule.quick_policy}\n")
    session.say("\n")


def show_nothing(session: Session, _: Arguments) -> None:
    """`show mmsas`, `qmsas` and `stats`: nothing is ever negotiated here."""
    session.say(f"\n{session.texts('layout')}\n{session.texts('none')}\n\n")
