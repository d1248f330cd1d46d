"""What a policy does to traffic: which filter wins, what becomes of one packet, of a conversation, of management.

Everything here is exact and pure: no I/O, no clock, no randomness; equal inputs give equal answers. Where Windows'
behaviour is not documented the reading is a named switch (`specificity.Switches`), and whoever needs certainty asks
under every flip of the switches (spec: traffic-engine 2 to 4 and 8).

One packet is decided by trying every reading of every filter (`decide`), many packets by service and address
(`lookup`). Nothing a stored filter can hold raises: what cannot be read is listed as unresolved.

What changes for all packets between two states is computed in steps, none of which approximates:

    readings -> expand, cancel       filters as rows of plain numbers, those without effect left out (`problem`)
    -> sweep, stacks, diagram        one walk along the remote addresses, comparing what holds at each stretch (`regions`)
    -> merge, assembly               few disjoint classes (`difference`, `classes`)
    -> report, document              in words and as data, with an example packet and the filters that decide (`reach`)
"""
