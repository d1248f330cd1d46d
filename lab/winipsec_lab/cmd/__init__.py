"""The command interpreter `cmd.exe` (spec: winrm 4.3)."""
