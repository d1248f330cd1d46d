"""Reading a task from XML, and refusing what Task Scheduler refuses (spec: winrm 5.3).

The schema stands here as data: for each element the elements it may hold, once each, and how the text of each is read.
The order of elements does not matter.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from typing import Any, Final

from winipsec_lab.machine.tasks.definition import (
    BOOT,
    DEFAULT_LIMIT,
    REGISTRATION,
    TIME,
    Action,
    Definition,
    Principal,
    Repetition,
    Settings,
    Trigger,
    moment,
    seconds,
)
from winipsec_lab.machine.tasks.encoding import TaskXmlError, without_declaration

NAMESPACE: Final = "http://schemas.microsoft.com/windows/2004/02/mit/task"
VERSIONS: Final = ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6")
MOST_ACTIONS: Final = 32

# ---------------------------------------------------------------------- the schema


def _boolean(text: str) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[text]


def _moment(text: str) -> str:
    moment(text, 0)
    return text


def _priority(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 10:
        raise ValueError(text)
    return number


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(text)
        return text

    return read


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError(text)
    return text


_Schema = Mapping[str, Any]  # element -> how its text is read, or the schema of what it holds

_ANYTHING: Final = object()
_REPETITION: Final[_Schema] = {"Interval": seconds, "Duration": seconds, "StopAtDurationEnd": _boolean}
_TRIGGER: Final[_Schema] = {
    "Enabled": _boolean,
    "StartBoundary": _moment,
    "EndBoundary": _moment,
    "ExecutionTimeLimit": seconds,
    "Repetition": _REPETITION,
}
#: Nobody logs on at the console of a simulated host, it is never idle and has no events: the last four never fire.
_TRIGGERS: Final[dict[str, _Schema]] = {
    REGISTRATION: {**_TRIGGER, "Delay": seconds},
    BOOT: {**_TRIGGER, "Delay": seconds},
    TIME: {**_TRIGGER, "RandomDelay": seconds},
    "LogonTrigger": {**_TRIGGER, "Delay": seconds, "UserId": str},
    "IdleTrigger": _TRIGGER,
    "EventTrigger": {**_TRIGGER, "Delay": seconds, "Subscription": str, "ValueQueries": _ANYTHING},
    "SessionStateChangeTrigger": {**_TRIGGER, "Delay": seconds, "UserId": str, "StateChange": str},
}
_SETTINGS: Final[_Schema] = {
    "MultipleInstancesPolicy": _one_of("Parallel", "Queue", "IgnoreNew", "StopExisting"),
    "Enabled": _boolean,
    "AllowStartOnDemand": _boolean,
    "DisallowStartIfOnBatteries": _boolean,
    "StopIfGoingOnBatteries": _boolean,
    "StartWhenAvailable": _boolean,
    "ExecutionTimeLimit": seconds,
    "DeleteExpiredTaskAfter": seconds,
    "Hidden": _boolean,
    "Priority": _priority,
    "AllowHardTerminate": _boolean,
    "RunOnlyIfNetworkAvailable": _boolean,
    "WakeToRun": _boolean,
    "RunOnlyIfIdle": _boolean,
    "UseUnifiedSchedulingEngine": _boolean,
    "DisallowStartOnRemoteAppSession": _boolean,
    "Volatile": _boolean,
    "IdleSettings": {
        "StopOnIdleEnd": _boolean,
        "RestartOnIdle": _boolean,
        "Duration": seconds,
        "WaitTimeout": seconds,
    },
    "RestartOnFailure": {"Interval": seconds, "Count": int},
}
_PRINCIPAL: Final[_Schema] = {
    "UserId": _filled,
    "GroupId": _filled,
    "LogonType": _one_of("S4U", "Password", "InteractiveToken", "InteractiveTokenOrPassword", "ServiceAccount"),
    "RunLevel": _one_of("LeastPrivilege", "HighestAvailable"),
    "DisplayName": str,
    "ProcessTokenSidType": _one_of("none", "unrestricted", "default"),
    "RequiredPrivileges": _ANYTHING,
}
_INFORMATION: Final[_Schema] = {
    **dict.fromkeys(("Author", "Description", "Source", "URI", "Version", "Documentation", "SecurityDescriptor"), str),
    "Date": _moment,
}
_TASK: Final[_Schema] = {
    "RegistrationInfo": _INFORMATION,
    "Triggers": _ANYTHING,
    "Principals": _ANYTHING,
    "Settings": _SETTINGS,
    "Data": _ANYTHING,
    "Actions": _ANYTHING,
}
_EXEC: Final[_Schema] = {"Command": _filled, "Arguments": str, "WorkingDirectory": str}


def _name(element: ET.Element) -> str:
    """The local name of an element of the task namespace."""
    namespace, _, name = element.tag.rpartition("}")
    if namespace != "{" + NAMESPACE:
        raise TaskXmlError("namespace", name)
    return name


def _fields(element: ET.Element, schema: _Schema) -> dict[str, Any]:
    """What an element holds, by name, read as its schema says."""
    found: dict[str, Any] = {}
    for child in element:
        name = _name(child)
        reader = schema.get(name)
        if reader is None or name in found:
            raise TaskXmlError("unexpected_node", name)
        if reader is _ANYTHING:
            found[name] = child
        elif isinstance(reader, Mapping):
            found[name] = _fields(child, reader)
        elif len(child):
            raise TaskXmlError("unexpected_node", _name(child[0]))
        else:
            try:
                text = child.text or ""
                found[name] = reader(text if reader in (str, _filled) else text.strip())
            except (ValueError, KeyError):
                raise TaskXmlError("bad_value", name) from None
    return found


# ---------------------------------------------------------------------- reading


def read(text: str) -> Definition:
    """The task that a document describes.

    Raises:
        TaskXmlError: it describes none.
    """
    body = without_declaration(text)
    if "<!DOCTYPE" in body:
        raise TaskXmlError("malformed", "(1,1)::ERROR: a document type is not allowed")
    try:
        root = ET.fromstring(body)  # noqa: S314 - entities need a document type, refused above
    except ET.ParseError as error:
        line, column = error.position
        raise TaskXmlError("malformed", f"({line},{column + 1})::ERROR: incorrect document syntax") from None
    if _name(root) != "Task":
        raise TaskXmlError("unexpected_node", _name(root))
    version = root.get("version", "1.2")
    if version not in VERSIONS:
        raise TaskXmlError("bad_value", "version")
    parts = _fields(root, _TASK)
    information = parts.get("RegistrationInfo", {})
    principal = _principal(parts.get("Principals"))
    triggers = _triggers(parts.get("Triggers"))
    settings = _settings(parts.get("Settings", {}))
    if settings.delete_after is not None and not any(trigger.end for trigger in triggers):
        raise TaskXmlError("missing_node", "EndBoundary")
    return Definition(
        triggers,
        _actions(parts.get("Actions"), principal),
        principal or Principal(),
        settings,
        information.get("Author", ""),
        information.get("Description", ""),
        information.get("Date", ""),
        version,
    )


def _triggers(element: ET.Element | None) -> tuple[Trigger, ...]:
    return tuple(_trigger(child) for child in (() if element is None else element))


def _trigger(element: ET.Element) -> Trigger:
    kind = _name(element)
    if kind == "CalendarTrigger":
        raise TaskXmlError("not_simulated", kind)
    if kind not in _TRIGGERS:
        raise TaskXmlError("unexpected_node", kind)
    fields = _fields(element, _TRIGGERS[kind])
    if kind == TIME and "StartBoundary" not in fields:
        raise TaskXmlError("missing_node", "StartBoundary")
    return Trigger(
        kind,
        fields.get("Enabled", True),
        fields.get("StartBoundary", ""),
        fields.get("EndBoundary", ""),
        fields.get("Delay", 0.0),
        fields.get("ExecutionTimeLimit", 0.0),
        _repetition(fields.get("Repetition")),
    )


def _repetition(fields: dict[str, Any] | None) -> Repetition | None:
    if fields is None:
        return None
    if "Interval" not in fields:
        raise TaskXmlError("missing_node", "Interval")
    interval, length = fields["Interval"], fields.get("Duration", 0.0)
    if interval < 60 or (length and length < interval):
        raise TaskXmlError("bad_value", "Interval")
    return Repetition(interval, length, fields.get("StopAtDurationEnd", False))


def _principal(element: ET.Element | None) -> Principal | None:
    if element is None:
        return None
    found = [child for child in element if _name(child) == "Principal"]
    if len(found) != len(element) or len(found) > 1:
        raise TaskXmlError("unexpected_node", "Principals")
    if not found:
        return None
    fields = _fields(found[0], _PRINCIPAL)
    if "UserId" in fields and "GroupId" in fields:
        raise TaskXmlError("unexpected_node", "GroupId")
    return Principal(
        found[0].get("id", ""),
        fields.get("UserId", ""),
        fields.get("GroupId", ""),
        fields.get("LogonType", ""),
        fields.get("RunLevel") == "HighestAvailable",
    )


def _settings(fields: dict[str, Any]) -> Settings:
    return Settings(
        instances=fields.get("MultipleInstancesPolicy", "IgnoreNew"),
        enabled=fields.get("Enabled", True),
        on_demand=fields.get("AllowStartOnDemand", True),
        on_batteries=not fields.get("DisallowStartIfOnBatteries", True),
        stops_on_batteries=fields.get("StopIfGoingOnBatteries", True),
        when_available=fields.get("StartWhenAvailable", False),
        limit=fields.get("ExecutionTimeLimit", DEFAULT_LIMIT),
        delete_after=fields.get("DeleteExpiredTaskAfter"),
        hidden=fields.get("Hidden", False),
        priority=fields.get("Priority", 7),
    )


def _actions(element: ET.Element | None, principal: Principal | None) -> tuple[Action, ...]:
    if element is None or not len(element):
        raise TaskXmlError("missing_node", "Actions" if element is None else "Exec")
    context = element.get("Context")
    if context and context != (principal.id if principal else "Author"):
        raise TaskXmlError("bad_value", "Context")
    if len(element) > MOST_ACTIONS:
        raise TaskXmlError("bad_value", "Actions")
    return tuple(_action(child) for child in element)


def _action(element: ET.Element) -> Action:
    kind = _name(element)
    if kind in ("ComHandler", "SendEmail", "ShowMessage"):
        raise TaskXmlError("not_simulated", kind)
    if kind != "Exec":
        raise TaskXmlError("unexpected_node", kind)
    fields = _fields(element, _EXEC)
    if "Command" not in fields:
        raise TaskXmlError("missing_node", "Command")
    return Action(fields["Command"], fields.get("Arguments", ""), fields.get("WorkingDirectory", ""))
