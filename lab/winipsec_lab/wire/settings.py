"""What an administrator configures on a WinRM service: quotas, time limits and authentication (spec: winrm 2.2, 4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True)
class Quotas:
    """Limits of the service; the defaults are those of Server 2012 R2 and later (spec: winrm 4.1)."""

    shells_per_user: int = 30
    processes_per_shell: int = 25
    memory_per_shell_mb: int = 1024
    """Reported by `Get config`; simulated programs have no memory that could be counted."""
    concurrent_users: int = 10
    operations_per_user: int = 1500
    """Commands started, counted until their shell is deleted."""
    timeout_ms: int = 60_000
    envelope_kb: int = 500
    idle_timeout_ms: int = 7_200_000
    minimum_idle_timeout_ms: int = 60_000
    shell_run_time_ms: int = 2_147_483_647
    connections: int = 300
    packet_retrieval_seconds: int = 120
    enumeration_timeout_ms: int = 240_000


QUOTAS: Final = {
    "current": Quotas(),
    "2003": Quotas(
        shells_per_user=5,
        processes_per_shell=15,
        memory_per_shell_mb=150,
        concurrent_users=5,
        operations_per_user=15,
        envelope_kb=150,
        idle_timeout_ms=180_000,
        shell_run_time_ms=28_800_000,
        connections=25,
    ),
}
"""By the machine's generation; the older column is that of WinRM 2.0."""


@dataclass(frozen=True)
class Service:
    """Configuration of one host's WinRM service."""

    quotas: Quotas = Quotas()
    basic: bool = True
    """Basic is offered over TLS, and over HTTP when `allow_unencrypted` is set."""
    negotiate: bool = True
    credssp: bool = True
    certificate: bool = True
    allow_unencrypted: bool = False
    channel_binding: Literal["none", "relaxed", "strict"] = "relaxed"
    """CbtHardeningLevel (spec: winrm 2.3)."""
    idle_connection_seconds: float = 120.0
    """http.sys closes a connection on which nothing was said for so long (spec: winrm 3.3)."""
