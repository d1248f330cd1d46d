"""Pulumi resources over the policy store, one file each; nothing here knows how Pulumi talks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from winipsec.resources.resource import Call
    from winipsec.resources.store_resource import StoreResource


def resources() -> Mapping[str, StoreResource]:
    """Every resource by its token. Imports them all, which takes a while."""
    from winipsec.resources.filter import FilterResource
    from winipsec.resources.filter_action import FilterActionResource
    from winipsec.resources.filter_list import FilterListResource
    from winipsec.resources.host_policy import HostPolicyResource
    from winipsec.resources.policy import PolicyResource
    from winipsec.resources.policy_assignment import PolicyAssignmentResource
    from winipsec.resources.rule import RuleResource

    found: tuple[StoreResource, ...] = (
        FilterListResource(),
        FilterResource(),
        FilterActionResource(),
        PolicyResource(),
        RuleResource(),
        PolicyAssignmentResource(),
        HostPolicyResource(),
    )
    return {resource.token: resource for resource in found}


def functions() -> Mapping[str, Callable[[dict[str, Any], Call], dict[str, Any]]]:
    """Every function by its token."""
    from winipsec.resources.inspection import get_host, get_policy
    from winipsec.resources.traffic_functions import explain_traffic, get_traffic_difference

    return {
        "winipsec:index:getHost": get_host,
        "winipsec:index:getPolicy": get_policy,
        "winipsec:index:explainTraffic": explain_traffic,
        "winipsec:index:getTrafficDifference": get_traffic_difference,
    }
