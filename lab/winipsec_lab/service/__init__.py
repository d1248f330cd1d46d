"""The lab as a service: a daemon with a gRPC control interface, whose hosts outlive the commands that made them."""

from __future__ import annotations
