"""Which filter decides a packet, found the slow and obvious way (spec: traffic-engine 2 to 4, 8)."""
