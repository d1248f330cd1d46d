"""Starts the policy pack; the engine runs this in a folder with `PulumiPolicy.yaml`."""

from pulumi_policy import PolicyPack
from winipsec_policy.pack import NAME, policies

PolicyPack(NAME, policies())
