"""The WinRM side of the lab: HTTP, authentication, WS-Management and remote shells in front of a `Machine`."""

from __future__ import annotations
