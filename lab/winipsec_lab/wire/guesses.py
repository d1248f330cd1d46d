"""Behaviour of the WinRM service that the spec could not confirm; every row can be switched on a host."""

from __future__ import annotations

from typing import Final

from winipsec_lab.machine.guesses import Guess

GUESSES: Final = (
    Guess(
        "wire.unencrypted_refusal",
        ("401", "500"),
        "winrm 2.2",
        "HTTP status for a plain SOAP body on an authenticated HTTP connection while AllowUnencrypted is false.",
    ),
    Guess(
        "wire.repeated_receive",
        ("redelivered", "lost"),
        "winrm 1.6",
        "Whether a Receive with the message id of the one before gets the same output again.",
    ),
    Guess(
        "wire.operation_budget",
        ("until_delete", "recovers"),
        "winrm 4.1",
        "Whether a command counts against the operations quota until its shell is deleted, or for 30 seconds.",
    ),
    Guess(
        "wire.finished_receive",
        ("done", "fault"),
        "winrm 1.6",
        "What a Receive gets after the one that said Done and before the Signal: Done again, or 'no such command'.",
    ),
    Guess(
        "wire.stdin_default",
        ("pipe", "console"),
        "winrm 1.4",
        "Whether standard input is a pipe or a console when the client does not say (WINRS_CONSOLEMODE_STDIN absent).",
    ),
    Guess(
        "wire.fault_language",
        ("en-US", "host"),
        "winrm 1.1",
        "Whether fault texts are English, as clients ask for, or in the language of a host that has no English texts.",
    ),
    Guess(
        "wire.send_under_load",
        ("accepted", "timeout"),
        "winrm 1.5",
        "Whether every second Send to one command answers with an OperationTimeout fault although the data arrived.",
    ),
)
