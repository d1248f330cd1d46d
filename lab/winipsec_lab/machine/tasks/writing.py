"""Writing a task as XML: what `schtasks /query /xml` shows, and how tasks are kept (spec: winrm 5.3)."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from winipsec_lab.machine.tasks.definition import Definition, Trigger, duration
from winipsec_lab.machine.tasks.document import NAMESPACE


def write(definition: Definition, path: str = "") -> str:
    """The document of a task, without an XML declaration; lines end with CRLF.

    Args:
        definition: the task.
        path: its name with its folders, for the `URI` element.
    """
    version = quoteattr(definition.version)
    lines = [f'<Task version={version} xmlns="{NAMESPACE}">']
    lines += _group("RegistrationInfo", _information(definition, path))
    lines += _group("Triggers", [line for trigger in definition.triggers for line in _trigger(trigger)])
    lines += _group("Principals", _principal(definition))
    lines += _group("Settings", _settings(definition))
    context = quoteattr(definition.principal.id)
    lines += [f"  <Actions Context={context}>" if definition.principal.id else "  <Actions>"]
    for action in definition.actions:
        lines.append("    <Exec>")
        lines += _texts(
            "      ",
            (
                ("Command", action.command),
                ("Arguments", action.arguments),
                ("WorkingDirectory", action.directory),
            ),
        )
        lines.append("    </Exec>")
    return "\r\n".join([*lines, "  </Actions>", "</Task>"])


def _group(name: str, lines: list[str]) -> list[str]:
    inside = ["  " + line for line in lines]
    return [f"  <{name}>", *inside, f"  </{name}>"] if lines else [f"  <{name} />"]


def _texts(indent: str, pairs: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """Elements with a text; those without one are left out."""
    for name, text in pairs:
        if text:
            yield f"{indent}<{name}>{escape(text)}</{name}>"


def _word(flag: bool) -> str:
    return "true" if flag else "false"


def _information(definition: Definition, path: str) -> list[str]:
    pairs = (
        ("Date", definition.date),
        ("Author", definition.author),
        ("Description", definition.description),
        ("URI", path),
    )
    return list(_texts("  ", pairs))


def _trigger(trigger: Trigger) -> list[str]:
    lines = [f"  <{trigger.kind}>"]
    repetition = trigger.repetition
    if repetition:
        lines.append("    <Repetition>")
        lines.append(f"      <Interval>{duration(repetition.interval)}</Interval>")
        if repetition.duration:
            lines.append(f"      <Duration>{duration(repetition.duration)}</Duration>")
        lines.append(f"      <StopAtDurationEnd>{_word(repetition.stop_at_end)}</StopAtDurationEnd>")
        lines.append("    </Repetition>")
    pairs = (
        ("StartBoundary", trigger.start),
        ("EndBoundary", trigger.end),
        ("ExecutionTimeLimit", duration(trigger.limit) if trigger.limit else ""),
        ("Enabled", _word(trigger.enabled)),
        ("Delay", duration(trigger.delay) if trigger.delay else ""),
    )
    return [*lines, *_texts("    ", pairs), f"  </{trigger.kind}>"]


def _principal(definition: Definition) -> list[str]:
    principal = definition.principal
    pairs = (
        ("UserId", principal.user),
        ("GroupId", principal.group),
        ("LogonType", principal.logon),
        ("RunLevel", "HighestAvailable" if principal.highest else "LeastPrivilege"),
    )
    return [f"  <Principal id={quoteattr(principal.id)}>", *_texts("    ", pairs), "  </Principal>"]


def _settings(definition: Definition) -> list[str]:
    settings = definition.settings
    expiry = settings.delete_after
    pairs = (
        ("MultipleInstancesPolicy", settings.instances),
        ("DisallowStartIfOnBatteries", _word(not settings.on_batteries)),
        ("StopIfGoingOnBatteries", _word(settings.stops_on_batteries)),
        ("StartWhenAvailable", _word(settings.when_available)),
        ("AllowStartOnDemand", _word(settings.on_demand)),
        ("Enabled", _word(settings.enabled)),
        ("Hidden", _word(settings.hidden)),
        ("DeleteExpiredTaskAfter", "" if expiry is None else duration(expiry)),
        ("ExecutionTimeLimit", duration(settings.limit)),
        ("Priority", str(settings.priority)),
    )
    return list(_texts("  ", pairs))
