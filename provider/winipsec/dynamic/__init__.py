"""The same resources as Pulumi dynamic resources, for Python programs that want nothing but `pip install`.

    import winipsec.dynamic as winipsec

    block = winipsec.FilterAction("block", action="block")

Names, inputs, defaults and errors are those of the plugin. What the dynamic protocol cannot do (spec:
pulumi-provider 4.2):

* `pulumi import` and the option `import_` do not work: import with the plugin.
* Previews do not look at the host: an existing name, or a change that would cut WinRM off, is found by `pulumi up`.
* What is made in part is taken back, since a resource cannot be recorded and fail at once; the plugin keeps and repairs it.
* A preview names changed properties, not paths inside them, and `ignore_changes` works for whole properties.
* Warnings of the provider (policy agent stopped, domain policy in force, weak methods) are not shown.
* Errors come with a Python traceback; its last line says what is wrong.
"""

from winipsec.dynamic.arguments import (
    AllowOnlyArgs,
    AuthMethodArgs,
    BlockArgs,
    ConnectionArgs,
    DefaultRuleArgs,
    EspArgs,
    FilterArgs,
    IsolateArgs,
    MainModeMethodArgs,
    ManagementArgs,
    OutboundArgs,
    PolicyRuleArgs,
    RootCaArgs,
    RuleFilterActionArgs,
    RuleFilterListArgs,
    SecurityMethodArgs,
)
from winipsec.dynamic.resources import (
    Filter,
    FilterAction,
    FilterList,
    HostPolicy,
    Policy,
    PolicyAssignment,
    Rule,
)

__all__ = [
    "AllowOnlyArgs",
    "AuthMethodArgs",
    "BlockArgs",
    "ConnectionArgs",
    "DefaultRuleArgs",
    "EspArgs",
    "Filter",
    "FilterAction",
    "FilterArgs",
    "FilterList",
    "HostPolicy",
    "IsolateArgs",
    "MainModeMethodArgs",
    "ManagementArgs",
    "OutboundArgs",
    "Policy",
    "PolicyAssignment",
    "PolicyRuleArgs",
    "RootCaArgs",
    "Rule",
    "RuleFilterActionArgs",
    "RuleFilterListArgs",
    "SecurityMethodArgs",
]
