"""`show ...` of the static context (spec: ipsec-policy 3).

Nobody has published Microsoft's layouts, so these are the lab's own and say so in their first line. Two things are
known and kept: a policy's name stands behind the label `Policy Name` and a colon (in English), and the name of a policy
that does not exist appears nowhere in the output.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from typing import Final

from winipsec_lab.netsh.actions import action_word, falls_back, passes_inbound
from winipsec_lab.netsh.arguments import Arguments
from winipsec_lab.netsh.errors import Refusal
from winipsec_lab.netsh.lookups import by_name, default_rule, is_default_action, named, numbered_rules, same_name
from winipsec_lab.netsh.rules import rules_shown
from winipsec_lab.netsh.session import Session
from winipsec_lab.store.action_blob import decode_action
from winipsec_lab.store.entries import Entry
from winipsec_lab.store.filter_blob import decode_filter_list
from winipsec_lab.store.policy_blob import decode_main_mode, decode_policy
from winipsec_lab.store.registry_store import CACHE, DOMAIN_POINTER, Store
from winipsec_lab.store.rule_blob import decode_rule
from winipsec_lab.store.values import (
    ACTION,
    DEFAULT_MAIN_MODE_LIFETIME,
    DEFAULT_POLLING,
    FILTER_LIST,
    POLICY,
    Authentication,
    BlobError,
    Filter,
)

Row = list[tuple[str, str]]

_WIDE: Final = 60
_NARROW: Final = 24


class Report:
    """Rows of labelled values, printed as a list or as a table."""

    def __init__(self, session: Session, args: Arguments) -> None:
        self.session = session
        self.texts = session.texts
        self.table = args.choice("format", ("list", "table"), "list") == "table"
        self.verbose = args.choice("level", ("normal", "verbose"), "normal") == "verbose"
        self.width = _WIDE if args.flag("wide", False) else _NARROW
        self.lines: list[str] = ["", self.texts("layout"), ""]

    def word(self, value: bool) -> str:
        """Yes or no in the machine's language."""
        return self.texts("yes" if value else "no")

    def none(self, text: str | None) -> str:
        """A text, or the word for "none"."""
        return text or self.texts("none")

    def add(self, rows: Iterable[Row]) -> None:
        """Print rows; in a table the labels stand once, above."""
        rows = list(rows)
        if self.table and rows:
            self.lines.append("  ".join(self._cell(self.texts(label)) for label, _ in rows[0]).rstrip())
            self.lines += ["  ".join(self._cell(value) for _, value in row).rstrip() for row in rows]
            self.lines.append("")
            return
        for row in rows:
            self.lines += [f"{self.texts(label):<24} : {value}" for label, value in row]
            self.lines.append("")

    def _cell(self, text: str) -> str:
        return f"{text[: self.width]:<{self.width}}"

    def close(self, count: int | None = None) -> None:
        """Write everything, with the number of objects."""
        if count is not None:
            self.lines += [f"{self.texts('label_count')} : {count}", ""]
        self.session.say("\n".join(self.lines) + "\n")


def _when(changed: int) -> str:
    return datetime.fromtimestamp(changed, timezone.utc).strftime("%Y-%m-%d %H:%M:%S") + " UTC"


def _policy(report: Report, store: Store, policy: Entry) -> Row:
    row = [
        ("label_policy", policy.name or ""),
        ("label_description", report.none(policy.description)),
        ("label_changed", _when(policy.changed)),
        ("label_assigned", report.word(store.active == policy.identity)),
        ("label_rules", str(len(store.rules_of(policy)))),
    ]
    if not report.verbose:
        return row
    part = store.find(policy.main_mode)
    main_mode = decode_main_mode(part.data) if part else None
    default = default_rule(store, policy)
    row += [
        ("label_guid", policy.guid),
        ("label_polling", str((decode_policy(policy.data) or DEFAULT_POLLING) // 60)),
        ("label_default_rule", report.word(bool(default and decode_rule(default.data).active))),
    ]
    if main_mode:
        row += [
            ("label_mmpfs", report.word(main_mode.master_pfs)),
            ("label_mmlifetime", str((main_mode.lifetime_seconds or DEFAULT_MAIN_MODE_LIFETIME) // 60)),
            ("label_qmpermm", str(main_mode.quick_mode_limit)),
            ("label_mmsecmethods", " ".join(each.text() for each in main_mode.methods)),
        ]
    return row


def authentication_text(method: Authentication) -> str:
    """An authentication method without its secret."""
    if method.kind != "certificate":
        return method.kind
    marks = ("certmap:" + "ny"[method.map_to_account], "excludecaname:" + "ny"[method.exclude_ca_name])
    return f"rootca {method.text} {' '.join(marks)}"


def _rule(report: Report, store: Store, number: str, rule: Entry) -> Row:
    value = decode_rule(rule.data)
    lists = [entry.name or "" for reference in rule.filter_lists if (entry := store.find(reference))]
    action = store.find(rule.action)
    row = [
        ("label_id", number),
        ("label_rule", report.none(rule.name)),
        ("label_active", report.word(value.active)),
        ("label_filter_list", report.none(", ".join(lists))),
        ("label_action", report.none(action.name if action else None)),
        ("label_tunnel", report.none(value.tunnel_text)),
    ]
    if report.verbose:
        row += [
            ("label_description", report.none(rule.description)),
            ("label_guid", rule.guid),
            ("label_connection", value.interface),
            ("label_authentication", ", ".join(map(authentication_text, value.authentications))),
        ]
    return row


def _filters(report: Report, entry: Entry) -> Row:
    filters = decode_filter_list(entry.data).filters
    return [
        ("label_filter_list", report.none(entry.name)),
        ("label_description", report.none(entry.description)),
        ("label_changed", _when(entry.changed)),
        ("label_filters", str(len(filters))),
        *(([("label_guid", entry.guid)]) if report.verbose else []),
    ]


def _filter(report: Report, each: Filter) -> Row:
    return [
        ("label_source", each.source_dns or each.source.text()),
        ("label_destination", each.destination_dns or each.destination.text()),
        ("label_protocol", str(each.protocol)),
        ("label_ports", f"{each.source_ports.text()} -> {each.destination_ports.text()}"),
        ("label_mirrored", report.word(each.mirrored)),
        ("label_description", report.none(each.description)),
    ]


def _filters_of(report: Report, entry: Entry) -> list[Row]:
    """One row per filter of a list; none when the blob makes no sense, which the list's own row has said."""
    try:
        return [_filter(report, each) for each in decode_filter_list(entry.data).filters]
    except BlobError:
        return []


def _action(report: Report, entry: Entry) -> Row:
    offers = decode_action(entry.data)
    row = [
        ("label_action", report.none(entry.name)),
        ("label_description", report.none(entry.description)),
        ("label_kind", action_word(entry)),
        ("label_inpass", report.word(passes_inbound(entry))),
        ("label_soft", report.word(falls_back(offers))),
    ]
    if report.verbose:
        row += [
            ("label_guid", entry.guid),
            ("label_qmpfs", report.word(any(each.pfs for each in offers))),
            ("label_qmsecmethods", report.none(" ".join(each.text() for each in offers if each.algorithms))),
        ]
    return row


def _readable(entries: list[Entry], row: Callable[[Entry], Row]) -> list[Row]:
    """The rows of objects; one whose blob makes no sense is shown by its key."""

    def guarded(entry: Entry) -> Row:
        try:
            return row(entry)
        except BlobError:
            return [("label_unreadable", entry.key)]

    return [guarded(entry) for entry in entries]


def show_policy(session: Session, args: Arguments) -> None:
    """`show policy`."""
    store, report = session.store, Report(session, args)
    policies = store.entries(POLICY) if "name" not in args else [named(store, POLICY, args.get("name"))]
    report.add(_readable(policies, lambda entry: _policy(report, store, entry)))
    if report.verbose:
        for policy in policies:
            _add_rules(report, store, policy, store.rules_of(policy))
    report.close(len(policies))


def _add_rules(report: Report, store: Store, policy: Entry, rules: list[Entry]) -> None:
    """Rules with the numbers that `id=` takes; the default response rule may have none."""
    numbers = {rule.identity: str(number) for number, rule in enumerate(numbered_rules(store, policy), 1)}
    report.add(_readable(rules, lambda rule: _rule(report, store, numbers.get(rule.identity, "-"), rule)))


def show_rule(session: Session, args: Arguments) -> None:
    """`show rule`; the type argument accepts the misprint of the documentation."""
    store, report = session.store, Report(session, args)
    policy = named(store, POLICY, args.get("policy"))
    rules = rules_shown(store, policy, args)
    kind = args.choice("type", ("tunnel", "transport", "tranport"), "")
    if kind:
        rules = [rule for rule in rules if decode_rule(rule.data).is_tunnel == (kind == "tunnel")]
    _add_rules(report, store, policy, rules)
    report.close(len(rules))


def _of_rule(session: Session, args: Arguments, field: str) -> list[str]:
    """The references of every rule that bears a name, in whatever policy."""
    store = session.store
    found: list[str] = []
    for policy in store.entries(POLICY):
        for rule in store.rules_of(policy):
            if same_name(rule.name, args.get("rule"), store.switches):
                value = getattr(rule, field)
                found += [value] if isinstance(value, str) else list(value or ())
    if not found:
        raise Refusal("no_rule")
    return found


def show_filter_list(session: Session, args: Arguments) -> None:
    """`show filterlist`."""
    store, report = session.store, Report(session, args)
    args.flag("resolvedns", False)
    if "rule" in args:
        lists = [entry for each in _of_rule(session, args, "filter_lists") if (entry := store.find(each))]
    elif "name" in args:
        lists = by_name(store, FILTER_LIST, args.get("name"))
        if not lists:
            raise Refusal("no_filter_list")
    else:
        lists = store.entries(FILTER_LIST)
    report.add(_readable(lists, lambda entry: _filters(report, entry)))
    if report.verbose or "name" in args:
        for entry in lists:
            report.add(_filters_of(report, entry))
    report.close(len(lists))


def show_action(session: Session, args: Arguments) -> None:
    """`show filteraction`; default response actions have no name and are not shown."""
    store, report = session.store, Report(session, args)
    if "rule" in args:
        actions = [entry for each in _of_rule(session, args, "action") if (entry := store.find(each))]
    elif "name" in args:
        actions = [named(store, ACTION, args.get("name"))]
    else:
        actions = [entry for entry in store.entries(ACTION) if not is_default_action(entry)]
    report.add(_readable(actions, lambda entry: _action(report, entry)))
    report.close(len(actions))


def show_all(session: Session, args: Arguments) -> None:
    """`show all`: policies with their rules, filter lists with their filters, actions."""
    store, report = session.store, Report(session, args)
    policies, lists = store.entries(POLICY), store.entries(FILTER_LIST)
    actions = [entry for entry in store.entries(ACTION) if not is_default_action(entry)]
    report.add(_readable(policies, lambda entry: _policy(report, store, entry)))
    for policy in policies:
        _add_rules(report, store, policy, store.rules_of(policy))
    report.add(_readable(lists, lambda entry: _filters(report, entry)))
    for entry in lists:
        report.add(_filters_of(report, entry))
    report.add(_readable(actions, lambda entry: _action(report, entry)))
    report.close(len(policies) + len(lists) + len(actions))


def show_assigned(session: Session, args: Arguments) -> None:
    """`show gpoassignedpolicy`: what is in force, the domain's policy before the local one."""
    report = Report(session, Arguments())
    machine, store = session.machine, session.store
    pointer = machine.registry.get(DOMAIN_POINTER, "DSIPSECPolicyPath")
    if "name" in args:
        raise Refusal("no_domain")
    if pointer and isinstance(pointer.data, str) and pointer.data:
        cache = Store(machine.registry, CACHE, session.switches, machine.clock.timestamp)
        policy = cache.find(pointer.data.removeprefix("LDAP://").removeprefix("CN=").split(",", 1)[0])
        report.add([[("label_source_store", "domain"), ("label_policy", (policy.name if policy else "") or "")]])
    active = store.find(store.active)
    report.add([[("label_source_store", "local"), ("label_policy", report.none(active.name if active else None))]])
    report.close()
