"""Answers about traffic as plain data, in the property names of the provider: for functions and for `--json`.

What a class of a difference looks like stands in `document`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from winipsec.model.filters import Filter, protocol_word
from winipsec.model.policies import Rule
from winipsec.model.store import Store
from winipsec.traffic.classes import Difference
from winipsec.traffic.conversation import Conversation
from winipsec.traffic.decide import Verdict
from winipsec.traffic.document import document, packet_document
from winipsec.traffic.explanation import Explanation, Otherwise
from winipsec.traffic.facts import HostFacts, State
from winipsec.traffic.matrix import Asked, Meeting, Station
from winipsec.traffic.question import own_addresses
from winipsec.traffic.reach import Guess, guesses
from winipsec.traffic.readings import Unresolved
from winipsec.traffic.report import report
from winipsec.traffic.sentences import sentences
from winipsec.traffic.work import TooComplex

Properties = dict[str, Any]


def difference_properties(
    difference: Difference,
    before: State,
    after: State,
    *,
    turned: Iterable[Guess] = (),
    notes: Sequence[str] = (),
) -> Properties:
    """A difference: its text, how many classes there are, and all of them.

    `turned` are the guesses on which verdicts of `after` hang, `notes` what else there is to say.
    """
    given = tuple(turned)
    found = document(difference, before, after, guesses=given)
    text = [report(difference, before, after, guesses=given), *(f"note: {note}" for note in notes)]
    return {
        "count": found.pop("count"),
        "summary": found.pop("summary"),
        "text": "\n".join(text),
        "changes": found.pop("classes"),
        **found,
        "notes": [*found["notes"], *notes],
    }


def known_guesses(state: State, host: HostFacts) -> tuple[tuple[Guess, ...], list[str]]:
    """The guesses on which verdicts of `state` hang; and, where that takes too long to compute, a note that says so."""
    try:
        return guesses(state, host), []
    except TooComplex:
        return (), ["what hangs on guesses about Windows takes too long to compute"]


def explanation_properties(explanation: Explanation) -> Properties:
    """An explanation: the first packet, its verdict and who decides it, and what comes of the conversation."""
    answer, asked, store = explanation.answer, explanation.asked, explanation.state.store
    found: Properties = {
        "verdict": str(answer.first.outcome),
        "text": "\n".join(sentences(explanation)),
        "packet": packet_document(asked.flow.packet(asked.direction)),
        **_decided(answer.first, store),
    }
    if answer.conversation is not None and answer.reply is not None:
        found["conversation"] = {"startedBy": asked.starter.value, **_conversation(answer.conversation)}
        found["reply"] = {"verdict": str(answer.reply.outcome), **_decided(answer.reply, store)}
    doubted = dict.fromkeys([*answer.first.unresolved, *(answer.reply.unresolved if answer.reply else ())])
    return {
        **found,
        "guesses": [{"guess": item.where, **_otherwise(item)} for item in explanation.guesses],
        "elsewhere": [{"local": item.where, **_otherwise(item)} for item in explanation.elsewhere],
        "unresolved": [_unresolved(item) for item in doubted],
    }


def matrix_properties(
    stations: Sequence[Station], services: Sequence[Asked], meetings: Sequence[Meeting]
) -> Properties:
    """Who can talk to whom: the hosts, the services, and what comes of each."""
    return {
        "hosts": [_station(station) for station in stations],
        "services": [service_word(asked) for asked in services],
        "meetings": [
            {
                "from": meeting.starter,
                "to": meeting.other,
                "service": service_word(meeting.asked),
                "exchanges": [
                    {"result": exchange.result.value, **({"reason": exchange.reason} if exchange.reason else {})}
                    for exchange in meeting.exchanges
                ],
            }
            for meeting in meetings
        ],
    }


def _station(station: Station) -> Properties:
    policy = station.state.policy
    own = [str(address) for family in (4, 6) for address in own_addresses(station.host, family)]
    found: Properties = {"name": station.name, "addresses": own}
    return found if policy is None else {**found, "policy": policy.name or policy.guid}


def service_word(asked: Asked) -> str:
    """`tcp/445`, `icmp`."""
    word = protocol_word(asked.protocol)
    return f"{word}/{asked.port}" if asked.port else word


def _decided(verdict: Verdict, store: Store) -> Properties:
    """Who decides a packet, and who does not."""
    found: Properties = {}
    if verdict.policy is not None:
        found["policy"] = verdict.policy.name or verdict.policy.guid
    if verdict.exemption is not None:
        found["exemption"] = verdict.exemption
    if verdict.rule is not None:
        found["decider"] = _decider(verdict.rule, verdict.filter, store)
    found["runnersUp"] = [
        {**_decider(loser.rule, loser.filter, store), "verdict": str(loser.outcome), "lost": loser.lost}
        for loser in verdict.runners_up
    ]
    return found


def _decider(rule: Rule, item: Filter | None, store: Store) -> Properties:
    found = {"rule": rule.name or rule.guid}
    filter_list, action = store.filter_lists.get(rule.filter_list), store.filter_actions.get(rule.filter_action)
    if filter_list is not None:
        found["filterList"] = filter_list.name or filter_list.guid
    if item is not None:
        found["filter"] = str(item)
    if action is not None:
        found |= {"filterAction": action.name or action.guid, "action": action.action}
    return found


def _conversation(conversation: Conversation) -> Properties:
    return {
        "text": str(conversation),
        "withPartner": conversation.partner.value,
        "withoutIpsec": conversation.without_ipsec.value,
    }


def _otherwise(item: Otherwise) -> Properties:
    conversation = item.answer.conversation
    found: Properties = {"verdict": str(item.answer.first.outcome)}
    return found if conversation is None else {**found, "conversation": str(conversation)}


def _unresolved(item: Unresolved) -> Properties:
    found: Properties = {"rule": item.rule.name or item.rule.guid, "reason": item.reason}
    return found if item.filter is None else {**found, "filter": str(item.filter)}
