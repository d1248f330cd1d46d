"""What a policy does to traffic: which filter wins, what becomes of one packet, of a conversation, of management.

Everything here is exact and pure: no I/O, no clock, no randomness; equal inputs give equal answers. Where Windows'
behaviour is not documented the reading is a named switch (`specificity.Switches`), and whoever needs certainty asks
under every flip of the switches (spec: traffic-engine 2 to 4 and 8).

One packet is decided by trying every reading of every filter. Nothing a stored filter can hold raises: what cannot be
read is listed as unresolved.
"""
