"""Values of the lab as messages of `lab.proto`, and back."""

from __future__ import annotations

from winipsec_lab.machine.machine import Machine
from winipsec_lab.machine.registry import Registry, RegistryValue
from winipsec_lab.machine.tasks.instance import user_of
from winipsec_lab.machine.tasks.scheduler import Task
from winipsec_lab.machine.tasks.writing import write
from winipsec_lab.service import lab_pb2 as pb
from winipsec_lab.wire.host import Host
from winipsec_lab.wire.injection import Fault


def host_message(host: Host) -> pb.Host:
    """How to reach a host, and what it is."""
    return pb.Host(
        name=host.name,
        address=host.address,
        http_port=host.port,
        https_port=host.tls_port,
        username=host.username,
        virtual_address=host.virtual_address,
        ca_file=str(host.ca_file),
        locale=host.machine.locale,
        generation=host.machine.generation,
        machine_guid=host.machine.machine_guid,
        dns_name=host.machine.dns_name,
        counters=counters_message(host),
    )


def counters_message(host: Host) -> pb.Counters:
    """What has been counted on a host."""
    return pb.Counters(
        messages=host.messages,
        requests=host.requests,
        connections=host.connections,
        open_connections=host.open_connections,
        open_shells=host.shells,
        waiting_faults=len(host.faults),
    )


def fault_message(fault: Fault) -> pb.WaitingFault:
    """A fault that has not happened; one whose condition is a function shows no condition."""
    out = pb.WaitingFault(kind=fault.kind, times=fault.times, seconds=fault.seconds)
    if isinstance(fault.when, int):
        out.message = fault.when
    elif isinstance(fault.when, str):
        out.action = fault.when
    return out


def task_message(machine: Machine, task: Task) -> pb.Task:
    """A scheduled task."""
    definition = task.definition
    return pb.Task(
        name=task.path,
        state=task.state,
        triggers=[trigger.text() for trigger in definition.triggers],
        commands=[f"{action.command} {action.arguments}".rstrip() for action in definition.actions],
        user=user_of(machine, definition.principal),
        next_run=task.next_run,
        last_run=task.last_run,
        last_result=task.last_result,
        xml=write(definition, task.path),
    )


def edit_registry(registry: Registry, edit: pb.RegistryEdit) -> None:
    """Carry out one edit.

    Raises:
        ValueError: It changes nothing.
    """
    change = edit.WhichOneof("change")
    if change == "set_value":
        registry.set(edit.key, edit.set_value.name, value_of(edit.set_value))
    elif change == "delete_value":
        registry.delete_value(edit.key, edit.delete_value)
    elif change == "create_key":
        registry.create_key(edit.key)
    elif change == "delete_key":
        registry.delete_key(edit.key)
    else:
        raise ValueError(f"the edit of {edit.key} changes nothing")


def value_message(name: str, value: RegistryValue) -> pb.RegistryValue:
    """A registry value."""
    out = pb.RegistryValue(name=name, type=value.type)
    if isinstance(value.data, str):
        out.text = value.data
    elif isinstance(value.data, int):
        out.number = value.data
    elif isinstance(value.data, bytes):
        out.binary = value.data
    else:
        out.texts.items.extend(value.data)
    return out


def value_of(value: pb.RegistryValue) -> RegistryValue:
    """The registry value that a message describes."""
    field = value.WhichOneof("data")
    if field == "text":
        return RegistryValue(value.type, value.text)
    if field == "number":
        return RegistryValue(value.type, value.number)
    if field == "texts":
        return RegistryValue(value.type, tuple(value.texts.items))
    return RegistryValue(value.type, value.binary)
