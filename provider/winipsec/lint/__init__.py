"""Rules that find dangerous or pointless policies.

A rule is one file in `rules`: what it finds, why that matters, where the facts come from, an example that it finds and
one that it does not. All of them see the same `Subject`: a policy store and what is known of its host. What a policy
does to traffic they learn from `traffic` and never work out themselves. Pure: no I/O, no clock; equal subjects give
equal findings, in the same order.
"""
