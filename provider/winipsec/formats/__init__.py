"""Bytes and text to values and back: `ipsecData` blobs, registry text, policy stores, netsh and reg lines.

Nothing here knows a host, a file or a clock.
"""
