"""Which address a request came from."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence


def address_of(peer: str, forwarded: Sequence[str], proxies: int) -> str:
    """The sender's address; of IPv6 the network of 64 bits, which one machine has to itself.

    ``forwarded`` are the X-Forwarded-For headers. Each of our ``proxies`` has added to their end
    whom it heard from; what stands before that was written by the sender, and is not believed.
    """
    hops = [hop.strip() for line in forwarded for hop in line.split(",")]
    found = hops[-proxies] if 0 < proxies <= len(hops) else peer
    if ":" not in found:
        return found
    try:
        address = ipaddress.IPv6Address(found.partition("%")[0])
    except ValueError:
        return peer
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((address, 64), strict=False))
