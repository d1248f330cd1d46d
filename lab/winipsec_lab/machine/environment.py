"""The variables a new process starts with."""

from __future__ import annotations

from winipsec_lab.machine.security import SERVICE_ACCOUNTS

SYSTEM_PROFILE = r"C:\Windows\system32\config\systemprofile"
_SYSTEM = r"C:\Windows\system32"


def environment(computer: str, user: str) -> dict[str, str]:
    """The variables of a user's logon by upper-case name; service accounts share the system's profile.

    Args:
        computer: NetBIOS name of the machine.
        user: account name.
    """
    service = user in SERVICE_ACCOUNTS.values()
    home = SYSTEM_PROFILE if service else rf"C:\Users\{user}"
    temporary = r"C:\Windows\TEMP" if service else rf"{home}\AppData\Local\Temp"
    return {
        "ALLUSERSPROFILE": r"C:\ProgramData",
        "APPDATA": rf"{home}\AppData\Roaming",
        "COMMONPROGRAMFILES": r"C:\Program Files\Common Files",
        "COMPUTERNAME": computer,
        "COMSPEC": rf"{_SYSTEM}\cmd.exe",
        "LOCALAPPDATA": rf"{home}\AppData\Local",
        "NUMBER_OF_PROCESSORS": "2",
        "OS": "Windows_NT",
        "PATH": rf"{_SYSTEM};C:\Windows;{_SYSTEM}\Wbem;{_SYSTEM}\WindowsPowerShell\v1.0" + "\\",
        "PATHEXT": ".COM;.EXE;.BAT;.CMD;.VBS;.VBE;.JS;.JSE;.WSF;.WSH;.MSC",
        "PROCESSOR_ARCHITECTURE": "AMD64",
        "PROGRAMDATA": r"C:\ProgramData",
        "PROGRAMFILES": r"C:\Program Files",
        "PROGRAMFILES(X86)": r"C:\Program Files (x86)",
        "PROMPT": "$P$G",
        "PUBLIC": r"C:\Users\Public",
        "SYSTEMDRIVE": "C:",
        "SYSTEMROOT": r"C:\Windows",
        "TEMP": temporary,
        "TMP": temporary,
        "USERDOMAIN": "WORKGROUP" if service else computer,
        "USERNAME": f"{computer}$" if service else user,
        "USERPROFILE": home,
        "WINDIR": r"C:\Windows",
    }
