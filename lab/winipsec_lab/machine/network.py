r"""A host's own addresses, kept in the registry where Windows keeps them.

IPv4 settings stand under `HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters\Interfaces\{guid}`; IPv6 addresses
stand in the same form under `Tcpip6`, which is the lab's own choice. The registry is the only truth: whoever writes
there changes the addresses.
"""

from __future__ import annotations

import ipaddress

from winipsec_lab.machine.registry import Registry, RegistryValue

_SERVICES = r"HKLM\SYSTEM\CurrentControlSet\Services"
_INTERFACES = rf"{_SERVICES}\Tcpip\Parameters\Interfaces"
_INTERFACES6 = rf"{_SERVICES}\Tcpip6\Parameters\Interfaces"
_NETBT = rf"{_SERVICES}\NetBT\Parameters\Interfaces"


class Network:
    """Addresses of one machine, read from and written to its registry.

    Args:
        registry: the machine's registry.
        interface: GUID of the network interface, in braces.
    """

    def __init__(self, registry: Registry, interface: str) -> None:
        self.interface = interface
        self._registry = registry

    def configure(
        self,
        addresses: tuple[str, ...],
        *,
        prefix: int = 24,
        gateway: str = "",
        dns_servers: tuple[str, ...] = (),
        dhcp_server: str = "",
        wins_servers: tuple[str, ...] = (),
    ) -> None:
        """Write all settings of the interface; with a DHCP server the address counts as leased from it."""
        key, put = f"{_INTERFACES}\\{self.interface}", self._registry.set
        first = [address for address in addresses if ":" not in address]
        second = tuple(address for address in addresses if ":" in address)
        mask = str(ipaddress.ip_network(f"0.0.0.0/{prefix}").netmask)
        put(key, "EnableDHCP", RegistryValue("REG_DWORD", int(bool(dhcp_server))))
        put(key, "NameServer", RegistryValue("REG_SZ", ",".join(dns_servers)))
        put(key, "DhcpServer", RegistryValue("REG_SZ", dhcp_server or "255.255.255.255"))
        put(key, "IPAddress", RegistryValue("REG_MULTI_SZ", tuple(first)))
        put(key, "SubnetMask", RegistryValue("REG_MULTI_SZ", (mask,) * len(first)))
        put(key, "DefaultGateway", RegistryValue("REG_MULTI_SZ", (gateway,) if gateway else ()))
        if dhcp_server and first:
            put(key, "DhcpIPAddress", RegistryValue("REG_SZ", first[0]))
            put(key, "DhcpSubnetMask", RegistryValue("REG_SZ", mask))
        put(f"{_INTERFACES6}\\{self.interface}", "IPAddress", RegistryValue("REG_MULTI_SZ", second))
        put(f"{_NETBT}\\Tcpip_{self.interface}", "NameServerList", RegistryValue("REG_MULTI_SZ", wins_servers))

    def _list(self, key: str, name: str) -> tuple[str, ...]:
        value = self._registry.get(key, name)
        return value.data if value is not None and isinstance(value.data, tuple) else ()

    def _text(self, name: str) -> str:
        value = self._registry.get(f"{_INTERFACES}\\{self.interface}", name)
        return value.data if value is not None and isinstance(value.data, str) else ""

    @property
    def addresses(self) -> tuple[str, ...]:
        """IPv4 addresses of all interfaces, then IPv6 addresses."""
        found: list[str] = []
        for root in (_INTERFACES, _INTERFACES6):
            for interface in self._registry.subkeys(root):
                found.extend(self._list(f"{root}\\{interface}", "IPAddress"))
        return tuple(found)

    @property
    def gateway(self) -> str:
        """The default gateway, empty when there is none."""
        return next(iter(self._list(f"{_INTERFACES}\\{self.interface}", "DefaultGateway")), "")

    @property
    def mask(self) -> str:
        """The subnet mask of the first IPv4 address."""
        return next(iter(self._list(f"{_INTERFACES}\\{self.interface}", "SubnetMask")), "")

    @property
    def dns_servers(self) -> tuple[str, ...]:
        """The name servers."""
        return tuple(part for part in self._text("NameServer").replace(" ", ",").split(",") if part)

    @property
    def dhcp_server(self) -> str:
        """The DHCP server, empty without DHCP."""
        server = self._text("DhcpServer")
        return "" if server == "255.255.255.255" else server

    @property
    def wins_servers(self) -> tuple[str, ...]:
        """The WINS servers."""
        return self._list(f"{_NETBT}\\Tcpip_{self.interface}", "NameServerList")
