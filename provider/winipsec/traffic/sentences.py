"""An explanation in sentences, for people who do not read filter lists every day."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.model.filters import Filter
from winipsec.model.names import folded
from winipsec.model.policies import Rule
from winipsec.model.store import Store
from winipsec.traffic.conversation import Starter
from winipsec.traffic.decide import RunnerUp, Verdict
from winipsec.traffic.explanation import Explanation, Otherwise
from winipsec.traffic.packet import Direction
from winipsec.traffic.readings import Unresolved
from winipsec.traffic.wording import packet_text

_INDENT = "  "


def headline(explanation: Explanation) -> str:
    """The first packet, and what becomes of it."""
    packet = explanation.asked.flow.packet(explanation.asked.direction)
    kind = " over dial-up" if packet.connection == "dialup" else ""
    return f"{packet_text(packet)} ({packet.direction.value}{kind}): {explanation.answer.first.outcome}"


def sentences(explanation: Explanation) -> list[str]:
    """Everything there is to say, a line each; `headline` comes first."""
    return [headline(explanation), *_conversation(explanation), *reasons(explanation), *notes(explanation)]


def _conversation(explanation: Explanation) -> Iterator[str]:
    answer, asked = explanation.answer, explanation.asked
    if answer.conversation is None:
        yield "Traffic to a group of hosts; there is no reply."
    else:
        who = str(asked.flow.remote) if asked.starter is Starter.REMOTE else "this host"
        yield f"Conversation, started by {who}: {answer.conversation}."


def reasons(explanation: Explanation) -> Iterator[str]:
    """Who decides the first packet and the reply, and who does not."""
    store, answer = explanation.state.store, explanation.answer
    yield why(answer.first, store)
    yield from _runners_up(answer.first, store)
    if answer.reply is not None:
        asked = explanation.asked
        back = Direction.OUT if asked.direction is Direction.IN else Direction.IN
        told = f"Replies ({packet_text(asked.flow.packet(back))}): {answer.reply.outcome}"
        if _decider(answer.first) == _decider(answer.reply):
            yield f"{told}, for the same reason."
        else:
            yield f"{told}."
            yield _INDENT + why(answer.reply, store)
            yield from (_INDENT + line for line in _runners_up(answer.reply, store))


def why(verdict: Verdict, store: Store) -> str:
    """Why a packet has its outcome."""
    if verdict.policy is None:
        return "No policy is in force, so everything passes in clear."
    policy = f'policy "{verdict.policy.name or verdict.policy.guid}"'
    if verdict.exemption is not None:
        return f"Exempt from all filters of {policy}: {verdict.exemption}."
    if verdict.rule is None:
        asked = " It is protected for a peer that asks for that: the default response rule is active."
        return f"No filter of {policy} matches, so it passes in clear.{asked if verdict.on_request else ''}"
    return f"Decided by {_rule(verdict.rule, store)} of {policy}, filter {_filter(verdict.filter)}."


def _runners_up(verdict: Verdict, store: Store) -> Iterator[str]:
    count = len(verdict.runners_up)
    if count:
        yield f"{count} other filter{' matches' if count == 1 else 's match'}, and {'loses' if count == 1 else 'lose'}:"
    for loser in verdict.runners_up:
        yield _INDENT + runner_up_text(loser, store)


def runner_up_text(loser: RunnerUp, store: Store) -> str:
    """A filter that lost, and why."""
    return f"{_rule(loser.rule, store)}, filter {_filter(loser.filter)}: {loser.outcome}. Lost on {loser.lost}."


def notes(explanation: Explanation) -> Iterator[str]:
    """What makes the answer less than certain."""
    answer, asked = explanation.answer, explanation.asked
    if asked.stands_in:
        yield f"note: {asked.flow.local} stands for this host, whose addresses are not known."
    for item in explanation.elsewhere:
        yield f"note: at {item.where} it is another answer: {_otherwise(item)}."
    for item in explanation.guesses:
        yield f"note: depends on a guess ({item.where}): would be {_otherwise(item)}."
    seen = dict.fromkeys([*answer.first.unresolved, *(answer.reply.unresolved if answer.reply else ())])
    yield from (f"note: not certain: {unresolved_text(item)}." for item in seen)


def unresolved_text(item: Unresolved) -> str:
    """A filter that may match, and why nobody knows."""
    what = f'rule "{item.rule.name or item.rule.guid}"'
    if item.filter is not None:
        what += f", filter {item.filter}"
    return f"{what}: {item.reason}"


def _otherwise(item: Otherwise) -> str:
    outcome, conversation = item.answer.first.outcome, item.answer.conversation
    return str(outcome) if conversation is None else f"{outcome} (conversation: {conversation})"


def _decider(verdict: Verdict) -> tuple[object, ...]:
    rule = verdict.rule.guid if verdict.rule else None
    return rule, verdict.filter and verdict.filter.guid, verdict.filter, verdict.exemption, verdict.policy is None


def _rule(rule: Rule, store: Store) -> str:
    action = store.filter_actions.get(rule.filter_action)
    name = f'rule "{rule.name or rule.guid}"'
    if action is None:
        return name
    called = action.name or action.guid
    return f"{name} ({action.action})" if folded(called) == action.action else f'{name} ("{called}": {action.action})'


def _filter(item: Filter | None) -> str:
    return "unknown, its list cannot be read" if item is None else str(item)
