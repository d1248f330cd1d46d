from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Direction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DIRECTION_UNSPECIFIED: _ClassVar[Direction]
    DIRECTION_IN: _ClassVar[Direction]
    DIRECTION_OUT: _ClassVar[Direction]
DIRECTION_UNSPECIFIED: Direction
DIRECTION_IN: Direction
DIRECTION_OUT: Direction

class Host(_message.Message):
    __slots__ = ("name", "address", "http_port", "https_port", "username", "virtual_address", "ca_file", "locale", "generation", "machine_guid", "dns_name", "counters")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    HTTP_PORT_FIELD_NUMBER: _ClassVar[int]
    HTTPS_PORT_FIELD_NUMBER: _ClassVar[int]
    USERNAME_FIELD_NUMBER: _ClassVar[int]
    VIRTUAL_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    CA_FILE_FIELD_NUMBER: _ClassVar[int]
    LOCALE_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    MACHINE_GUID_FIELD_NUMBER: _ClassVar[int]
    DNS_NAME_FIELD_NUMBER: _ClassVar[int]
    COUNTERS_FIELD_NUMBER: _ClassVar[int]
    name: str
    address: str
    http_port: int
    https_port: int
    username: str
    virtual_address: str
    ca_file: str
    locale: str
    generation: str
    machine_guid: str
    dns_name: str
    counters: Counters
    def __init__(self, name: _Optional[str] = ..., address: _Optional[str] = ..., http_port: _Optional[int] = ..., https_port: _Optional[int] = ..., username: _Optional[str] = ..., virtual_address: _Optional[str] = ..., ca_file: _Optional[str] = ..., locale: _Optional[str] = ..., generation: _Optional[str] = ..., machine_guid: _Optional[str] = ..., dns_name: _Optional[str] = ..., counters: _Optional[_Union[Counters, _Mapping]] = ...) -> None: ...

class Counters(_message.Message):
    __slots__ = ("messages", "requests", "connections", "open_connections", "open_shells", "waiting_faults")
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    CONNECTIONS_FIELD_NUMBER: _ClassVar[int]
    OPEN_CONNECTIONS_FIELD_NUMBER: _ClassVar[int]
    OPEN_SHELLS_FIELD_NUMBER: _ClassVar[int]
    WAITING_FAULTS_FIELD_NUMBER: _ClassVar[int]
    messages: int
    requests: int
    connections: int
    open_connections: int
    open_shells: int
    waiting_faults: int
    def __init__(self, messages: _Optional[int] = ..., requests: _Optional[int] = ..., connections: _Optional[int] = ..., open_connections: _Optional[int] = ..., open_shells: _Optional[int] = ..., waiting_faults: _Optional[int] = ...) -> None: ...

class GetStatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetStatusResponse(_message.Message):
    __slots__ = ("pid", "version", "home", "hosts")
    PID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    HOME_FIELD_NUMBER: _ClassVar[int]
    HOSTS_FIELD_NUMBER: _ClassVar[int]
    pid: int
    version: str
    home: str
    hosts: _containers.RepeatedCompositeFieldContainer[Host]
    def __init__(self, pid: _Optional[int] = ..., version: _Optional[str] = ..., home: _Optional[str] = ..., hosts: _Optional[_Iterable[_Union[Host, _Mapping]]] = ...) -> None: ...

class ShutdownRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ShutdownResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CreateHostRequest(_message.Message):
    __slots__ = ("name", "locale", "generation", "scars", "guesses", "machine_guid", "dns_name", "addresses")
    class GuessesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    LOCALE_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    SCARS_FIELD_NUMBER: _ClassVar[int]
    GUESSES_FIELD_NUMBER: _ClassVar[int]
    MACHINE_GUID_FIELD_NUMBER: _ClassVar[int]
    DNS_NAME_FIELD_NUMBER: _ClassVar[int]
    ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    name: str
    locale: str
    generation: str
    scars: bool
    guesses: _containers.ScalarMap[str, str]
    machine_guid: str
    dns_name: str
    addresses: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., locale: _Optional[str] = ..., generation: _Optional[str] = ..., scars: _Optional[bool] = ..., guesses: _Optional[_Mapping[str, str]] = ..., machine_guid: _Optional[str] = ..., dns_name: _Optional[str] = ..., addresses: _Optional[_Iterable[str]] = ...) -> None: ...

class CreateHostResponse(_message.Message):
    __slots__ = ("host",)
    HOST_FIELD_NUMBER: _ClassVar[int]
    host: Host
    def __init__(self, host: _Optional[_Union[Host, _Mapping]] = ...) -> None: ...

class ListHostsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListHostsResponse(_message.Message):
    __slots__ = ("hosts",)
    HOSTS_FIELD_NUMBER: _ClassVar[int]
    hosts: _containers.RepeatedCompositeFieldContainer[Host]
    def __init__(self, hosts: _Optional[_Iterable[_Union[Host, _Mapping]]] = ...) -> None: ...

class ResetHostRequest(_message.Message):
    __slots__ = ("host",)
    HOST_FIELD_NUMBER: _ClassVar[int]
    host: str
    def __init__(self, host: _Optional[str] = ...) -> None: ...

class ResetHostResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DeleteHostRequest(_message.Message):
    __slots__ = ("host",)
    HOST_FIELD_NUMBER: _ClassVar[int]
    host: str
    def __init__(self, host: _Optional[str] = ...) -> None: ...

class DeleteHostResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RegistryValue(_message.Message):
    __slots__ = ("name", "type", "text", "number", "binary", "texts")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    BINARY_FIELD_NUMBER: _ClassVar[int]
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    name: str
    type: str
    text: str
    number: int
    binary: bytes
    texts: Texts
    def __init__(self, name: _Optional[str] = ..., type: _Optional[str] = ..., text: _Optional[str] = ..., number: _Optional[int] = ..., binary: _Optional[bytes] = ..., texts: _Optional[_Union[Texts, _Mapping]] = ...) -> None: ...

class Texts(_message.Message):
    __slots__ = ("items",)
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, items: _Optional[_Iterable[str]] = ...) -> None: ...

class ReadKeyRequest(_message.Message):
    __slots__ = ("host", "key")
    HOST_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    host: str
    key: str
    def __init__(self, host: _Optional[str] = ..., key: _Optional[str] = ...) -> None: ...

class ReadKeyResponse(_message.Message):
    __slots__ = ("values", "subkeys")
    VALUES_FIELD_NUMBER: _ClassVar[int]
    SUBKEYS_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedCompositeFieldContainer[RegistryValue]
    subkeys: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, values: _Optional[_Iterable[_Union[RegistryValue, _Mapping]]] = ..., subkeys: _Optional[_Iterable[str]] = ...) -> None: ...

class RegistryEdit(_message.Message):
    __slots__ = ("key", "set_value", "delete_value", "create_key", "delete_key")
    KEY_FIELD_NUMBER: _ClassVar[int]
    SET_VALUE_FIELD_NUMBER: _ClassVar[int]
    DELETE_VALUE_FIELD_NUMBER: _ClassVar[int]
    CREATE_KEY_FIELD_NUMBER: _ClassVar[int]
    DELETE_KEY_FIELD_NUMBER: _ClassVar[int]
    key: str
    set_value: RegistryValue
    delete_value: str
    create_key: bool
    delete_key: bool
    def __init__(self, key: _Optional[str] = ..., set_value: _Optional[_Union[RegistryValue, _Mapping]] = ..., delete_value: _Optional[str] = ..., create_key: _Optional[bool] = ..., delete_key: _Optional[bool] = ...) -> None: ...

class EditRegistryRequest(_message.Message):
    __slots__ = ("host", "edits")
    HOST_FIELD_NUMBER: _ClassVar[int]
    EDITS_FIELD_NUMBER: _ClassVar[int]
    host: str
    edits: _containers.RepeatedCompositeFieldContainer[RegistryEdit]
    def __init__(self, host: _Optional[str] = ..., edits: _Optional[_Iterable[_Union[RegistryEdit, _Mapping]]] = ...) -> None: ...

class EditRegistryResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DumpRequest(_message.Message):
    __slots__ = ("host", "key")
    HOST_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    host: str
    key: str
    def __init__(self, host: _Optional[str] = ..., key: _Optional[str] = ...) -> None: ...

class DumpResponse(_message.Message):
    __slots__ = ("text",)
    TEXT_FIELD_NUMBER: _ClassVar[int]
    text: str
    def __init__(self, text: _Optional[str] = ...) -> None: ...

class LoadRequest(_message.Message):
    __slots__ = ("host", "text")
    HOST_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    host: str
    text: str
    def __init__(self, host: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class LoadResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ExecuteRequest(_message.Message):
    __slots__ = ("host", "command_line")
    HOST_FIELD_NUMBER: _ClassVar[int]
    COMMAND_LINE_FIELD_NUMBER: _ClassVar[int]
    host: str
    command_line: str
    def __init__(self, host: _Optional[str] = ..., command_line: _Optional[str] = ...) -> None: ...

class ExecuteResponse(_message.Message):
    __slots__ = ("exit_code", "output", "error_output")
    EXIT_CODE_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    ERROR_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    exit_code: int
    output: str
    error_output: str
    def __init__(self, exit_code: _Optional[int] = ..., output: _Optional[str] = ..., error_output: _Optional[str] = ...) -> None: ...

class TestPacketRequest(_message.Message):
    __slots__ = ("host", "direction", "local", "remote", "protocol", "local_port", "remote_port", "connection")
    HOST_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    LOCAL_FIELD_NUMBER: _ClassVar[int]
    REMOTE_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    LOCAL_PORT_FIELD_NUMBER: _ClassVar[int]
    REMOTE_PORT_FIELD_NUMBER: _ClassVar[int]
    CONNECTION_FIELD_NUMBER: _ClassVar[int]
    host: str
    direction: Direction
    local: str
    remote: str
    protocol: int
    local_port: int
    remote_port: int
    connection: str
    def __init__(self, host: _Optional[str] = ..., direction: _Optional[_Union[Direction, str]] = ..., local: _Optional[str] = ..., remote: _Optional[str] = ..., protocol: _Optional[int] = ..., local_port: _Optional[int] = ..., remote_port: _Optional[int] = ..., connection: _Optional[str] = ...) -> None: ...

class TestPacketResponse(_message.Message):
    __slots__ = ("result", "action", "policy", "rule", "filter_list", "filter", "reason", "protection", "fallback", "tunnel")
    RESULT_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    FILTER_LIST_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    PROTECTION_FIELD_NUMBER: _ClassVar[int]
    FALLBACK_FIELD_NUMBER: _ClassVar[int]
    TUNNEL_FIELD_NUMBER: _ClassVar[int]
    result: str
    action: str
    policy: str
    rule: str
    filter_list: str
    filter: str
    reason: str
    protection: str
    fallback: str
    tunnel: str
    def __init__(self, result: _Optional[str] = ..., action: _Optional[str] = ..., policy: _Optional[str] = ..., rule: _Optional[str] = ..., filter_list: _Optional[str] = ..., filter: _Optional[str] = ..., reason: _Optional[str] = ..., protection: _Optional[str] = ..., fallback: _Optional[str] = ..., tunnel: _Optional[str] = ...) -> None: ...

class GetTranscriptRequest(_message.Message):
    __slots__ = ("host", "after")
    HOST_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    host: str
    after: int
    def __init__(self, host: _Optional[str] = ..., after: _Optional[int] = ...) -> None: ...

class TranscriptEntry(_message.Message):
    __slots__ = ("number", "action", "shell", "command_line", "size", "status", "canary")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    SHELL_FIELD_NUMBER: _ClassVar[int]
    COMMAND_LINE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CANARY_FIELD_NUMBER: _ClassVar[int]
    number: int
    action: str
    shell: str
    command_line: str
    size: int
    status: int
    canary: str
    def __init__(self, number: _Optional[int] = ..., action: _Optional[str] = ..., shell: _Optional[str] = ..., command_line: _Optional[str] = ..., size: _Optional[int] = ..., status: _Optional[int] = ..., canary: _Optional[str] = ...) -> None: ...

class GetTranscriptResponse(_message.Message):
    __slots__ = ("entries", "counters")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    COUNTERS_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[TranscriptEntry]
    counters: Counters
    def __init__(self, entries: _Optional[_Iterable[_Union[TranscriptEntry, _Mapping]]] = ..., counters: _Optional[_Union[Counters, _Mapping]] = ...) -> None: ...

class WatchRequest(_message.Message):
    __slots__ = ("host", "text")
    HOST_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    host: str
    text: str
    def __init__(self, host: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class WatchResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SetLatencyRequest(_message.Message):
    __slots__ = ("host", "round_trip", "process")
    HOST_FIELD_NUMBER: _ClassVar[int]
    ROUND_TRIP_FIELD_NUMBER: _ClassVar[int]
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    host: str
    round_trip: float
    process: float
    def __init__(self, host: _Optional[str] = ..., round_trip: _Optional[float] = ..., process: _Optional[float] = ...) -> None: ...

class SetLatencyResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class AddFaultRequest(_message.Message):
    __slots__ = ("host", "kind", "message", "action", "times", "seconds")
    HOST_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    TIMES_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    host: str
    kind: str
    message: int
    action: str
    times: int
    seconds: float
    def __init__(self, host: _Optional[str] = ..., kind: _Optional[str] = ..., message: _Optional[int] = ..., action: _Optional[str] = ..., times: _Optional[int] = ..., seconds: _Optional[float] = ...) -> None: ...

class AddFaultResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListFaultsRequest(_message.Message):
    __slots__ = ("host",)
    HOST_FIELD_NUMBER: _ClassVar[int]
    host: str
    def __init__(self, host: _Optional[str] = ...) -> None: ...

class WaitingFault(_message.Message):
    __slots__ = ("kind", "message", "action", "times", "seconds")
    KIND_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    TIMES_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    kind: str
    message: int
    action: str
    times: int
    seconds: float
    def __init__(self, kind: _Optional[str] = ..., message: _Optional[int] = ..., action: _Optional[str] = ..., times: _Optional[int] = ..., seconds: _Optional[float] = ...) -> None: ...

class ListFaultsResponse(_message.Message):
    __slots__ = ("faults",)
    FAULTS_FIELD_NUMBER: _ClassVar[int]
    faults: _containers.RepeatedCompositeFieldContainer[WaitingFault]
    def __init__(self, faults: _Optional[_Iterable[_Union[WaitingFault, _Mapping]]] = ...) -> None: ...

class ClearFaultsRequest(_message.Message):
    __slots__ = ("host",)
    HOST_FIELD_NUMBER: _ClassVar[int]
    host: str
    def __init__(self, host: _Optional[str] = ...) -> None: ...

class ClearFaultsResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RestartServiceRequest(_message.Message):
    __slots__ = ("host", "service")
    HOST_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    host: str
    service: str
    def __init__(self, host: _Optional[str] = ..., service: _Optional[str] = ...) -> None: ...

class RestartServiceResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RebootRequest(_message.Message):
    __slots__ = ("host", "down")
    HOST_FIELD_NUMBER: _ClassVar[int]
    DOWN_FIELD_NUMBER: _ClassVar[int]
    host: str
    down: float
    def __init__(self, host: _Optional[str] = ..., down: _Optional[float] = ...) -> None: ...

class RebootResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class AdvanceClockRequest(_message.Message):
    __slots__ = ("host", "seconds")
    HOST_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    host: str
    seconds: float
    def __init__(self, host: _Optional[str] = ..., seconds: _Optional[float] = ...) -> None: ...

class AdvanceClockResponse(_message.Message):
    __slots__ = ("now",)
    NOW_FIELD_NUMBER: _ClassVar[int]
    now: float
    def __init__(self, now: _Optional[float] = ...) -> None: ...

class ListTasksRequest(_message.Message):
    __slots__ = ("host", "wait")
    HOST_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    host: str
    wait: float
    def __init__(self, host: _Optional[str] = ..., wait: _Optional[float] = ...) -> None: ...

class Task(_message.Message):
    __slots__ = ("name", "state", "triggers", "commands", "user", "next_run", "last_run", "last_result", "xml")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TRIGGERS_FIELD_NUMBER: _ClassVar[int]
    COMMANDS_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    NEXT_RUN_FIELD_NUMBER: _ClassVar[int]
    LAST_RUN_FIELD_NUMBER: _ClassVar[int]
    LAST_RESULT_FIELD_NUMBER: _ClassVar[int]
    XML_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: str
    triggers: _containers.RepeatedScalarFieldContainer[str]
    commands: _containers.RepeatedScalarFieldContainer[str]
    user: str
    next_run: float
    last_run: float
    last_result: int
    xml: str
    def __init__(self, name: _Optional[str] = ..., state: _Optional[str] = ..., triggers: _Optional[_Iterable[str]] = ..., commands: _Optional[_Iterable[str]] = ..., user: _Optional[str] = ..., next_run: _Optional[float] = ..., last_run: _Optional[float] = ..., last_result: _Optional[int] = ..., xml: _Optional[str] = ...) -> None: ...

class ListTasksResponse(_message.Message):
    __slots__ = ("tasks",)
    TASKS_FIELD_NUMBER: _ClassVar[int]
    tasks: _containers.RepeatedCompositeFieldContainer[Task]
    def __init__(self, tasks: _Optional[_Iterable[_Union[Task, _Mapping]]] = ...) -> None: ...

class Guess(_message.Message):
    __slots__ = ("name", "setting", "settings", "spec", "text")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SETTING_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    name: str
    setting: str
    settings: _containers.RepeatedScalarFieldContainer[str]
    spec: str
    text: str
    def __init__(self, name: _Optional[str] = ..., setting: _Optional[str] = ..., settings: _Optional[_Iterable[str]] = ..., spec: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class ListGuessesRequest(_message.Message):
    __slots__ = ("host",)
    HOST_FIELD_NUMBER: _ClassVar[int]
    host: str
    def __init__(self, host: _Optional[str] = ...) -> None: ...

class ListGuessesResponse(_message.Message):
    __slots__ = ("guesses",)
    GUESSES_FIELD_NUMBER: _ClassVar[int]
    guesses: _containers.RepeatedCompositeFieldContainer[Guess]
    def __init__(self, guesses: _Optional[_Iterable[_Union[Guess, _Mapping]]] = ...) -> None: ...

class SetGuessRequest(_message.Message):
    __slots__ = ("host", "name", "setting")
    HOST_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SETTING_FIELD_NUMBER: _ClassVar[int]
    host: str
    name: str
    setting: str
    def __init__(self, host: _Optional[str] = ..., name: _Optional[str] = ..., setting: _Optional[str] = ...) -> None: ...

class SetGuessResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
