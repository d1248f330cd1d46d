"""What a freshly installed host has in its registry and on its disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from winipsec_lab.machine.registry import RegistryValue
from winipsec_lab.machine.security import AccessList, Entry
from winipsec_lab.machine.services import kinds

if TYPE_CHECKING:
    from winipsec_lab.machine.machine import Machine

_WSMAN = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WSMAN"
_NT = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
_CONTROL = r"HKLM\SYSTEM\CurrentControlSet\Control"
_SERVICES = r"HKLM\SYSTEM\CurrentControlSet\Services"

#: Generation -> values of `CurrentVersion`.
VERSIONS: dict[str, dict[str, str]] = {
    "current": {
        "ProductName": "Windows Server 2022 Standard",
        "CurrentVersion": "6.3",
        "CurrentBuild": "20348",
        "CurrentBuildNumber": "20348",
        "InstallationType": "Server",
        "EditionID": "ServerStandard",
        "DisplayVersion": "21H2",
        "ReleaseId": "2009",
    },
    "2003": {
        "ProductName": "Microsoft Windows Server 2003",
        "CurrentVersion": "5.2",
        "CurrentBuild": "3790",
        "CurrentBuildNumber": "3790",
        "CSDVersion": "Service Pack 2",
    },
}

#: Programs that hosts of the 2003 generation do not have.
NEWER_PROGRAMS = frozenset({"icacls", "where", "timeout", "whoami", "powershell"})

_FOLDERS = (
    r"C:\Program Files",
    r"C:\Program Files (x86)",
    r"C:\ProgramData",
    r"C:\Users\Public",
    r"C:\Windows\System32\config\systemprofile",
    r"C:\Windows\System32\drivers\etc",
    r"C:\Windows\System32\wbem",
    r"C:\Windows\System32\WindowsPowerShell\v1.0",
    r"C:\Windows\Temp",
)

#: Where programs live that are not in System32.
_PROGRAM_FOLDERS = {"powershell": r"C:\Windows\System32\WindowsPowerShell\v1.0"}
_COM_FILES = frozenset({"more", "chcp"})
_PROGRAM_MARK = b"MZ\x90\x00winipsec-lab program "


def program_image(name: str) -> bytes:
    """The bytes of the file of a simulated program."""
    return _PROGRAM_MARK + name.encode()


def program_of(image: bytes) -> str | None:
    """The simulated program that a file holds, None when it holds none."""
    return image[len(_PROGRAM_MARK) :].decode() if image.startswith(_PROGRAM_MARK) else None


def furnish(machine: Machine, programs: tuple[str, ...]) -> None:
    """Write the registry keys, services, folders and programs of a fresh installation."""
    _registry(machine)
    for kind in kinds(machine.generation):
        machine.services.install(kind)
    _folders(machine)
    install_programs(machine, programs)


def install_programs(machine: Machine, programs: tuple[str, ...]) -> None:
    """Put program files in their places."""
    for name in programs:
        if machine.generation == "2003" and name in NEWER_PROGRAMS:
            continue
        folder = _PROGRAM_FOLDERS.get(name, r"C:\Windows\System32")
        suffix = "com" if name in _COM_FILES else "exe"
        machine.files.write(f"{folder}\\{name}.{suffix}", program_image(name))


def _registry(machine: Machine) -> None:
    put = machine.registry.set
    for name, text in VERSIONS[machine.generation].items():
        put(_NT, name, RegistryValue("REG_SZ", text))
    put(_NT, "SystemRoot", RegistryValue("REG_SZ", r"C:\Windows"))
    put(r"HKLM\SOFTWARE\Microsoft\Cryptography", "MachineGuid", RegistryValue("REG_SZ", machine.machine_guid))
    for active in ("ActiveComputerName", "ComputerName"):
        put(rf"{_CONTROL}\ComputerName\{active}", "ComputerName", RegistryValue("REG_SZ", machine.name))
    host, _, domain = machine.dns_name.partition(".")
    for name, text in (("Hostname", host), ("NV Hostname", host), ("Domain", domain), ("NV Domain", domain)):
        put(rf"{_SERVICES}\Tcpip\Parameters", name, RegistryValue("REG_SZ", text))
    for name, number in (("ACP", machine.ansi_code_page), ("OEMCP", machine.oem_code_page)):
        put(rf"{_CONTROL}\Nls\CodePage", name, RegistryValue("REG_SZ", str(number)))
    put(rf"{_CONTROL}\Nls\Language", "InstallLanguage", RegistryValue("REG_SZ", f"{machine.language.lcid:04X}"))
    put(rf"{_CONTROL}\Nls\Language", "Default", RegistryValue("REG_SZ", f"{machine.language.lcid:04X}"))
    # The driver of the policy agent; the value `NoDefaultExempt` does not exist on a fresh host.
    put(rf"{_SERVICES}\IPSEC", "Type", RegistryValue("REG_DWORD", 1))
    put(rf"{_SERVICES}\IPSEC", "Start", RegistryValue("REG_DWORD", 1))
    put(rf"{_SERVICES}\IPSEC", "ErrorControl", RegistryValue("REG_DWORD", 1))
    # Whatever ports the lab really has, policies and programs on the host see WinRM's own.
    for listener, port in (("*+HTTP", 5985), ("*+HTTPS", 5986)):
        put(rf"{_WSMAN}\Listener\{listener}", "Port", RegistryValue("REG_DWORD", port))
    machine.registry.create_key(r"HKLM\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local")
    machine.registry.create_key(r"HKCU\Software\Microsoft\Windows\CurrentVersion")
    machine.registry.create_key(r"HKLM\SOFTWARE\WOW6432Node")


def _folders(machine: Machine) -> None:
    files = machine.files
    for folder in _FOLDERS:
        files.make_folder(folder)
    for user in machine.users:
        files.make_folder(rf"C:\Users\{user}\AppData\Local\Temp")
    # Everybody may read and create files below ProgramData: secrets need an access list of their own.
    files.set_access(r"C:\ProgramData", AccessList((Entry("S-1-5-32-545", "W", "(CI)"),)))
    hosts = b"127.0.0.1       localhost\r\n::1             localhost\r\n"
    files.write(r"C:\Windows\System32\drivers\etc\hosts", hosts)
