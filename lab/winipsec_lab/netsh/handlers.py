"""Which code carries out which command of the grammar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from winipsec_lab.netsh import actions, config, dynamic, examples, lists, policies, rules, shown, stores
from winipsec_lab.netsh.arguments import Arguments
from winipsec_lab.netsh.session import Session

Handler = Callable[[Session, Arguments], None]

HANDLERS: Final[dict[tuple[str, str, str], Handler]] = {
    ("static", "add", "policy"): policies.add_policy,
    ("static", "add", "filterlist"): lists.add_filter_list,
    ("static", "add", "filter"): lists.add_filter,
    ("static", "add", "filteraction"): actions.add_action,
    ("static", "add", "rule"): rules.add_rule,
    ("static", "set", "policy"): policies.set_policy,
    ("static", "set", "filterlist"): lists.set_filter_list,
    ("static", "set", "filteraction"): actions.set_action,
    ("static", "set", "rule"): rules.set_rule,
    ("static", "set", "defaultrule"): rules.set_default_rule,
    ("static", "set", "store"): stores.set_store,
    ("static", "set", "batch"): stores.set_batch,
    ("static", "delete", "policy"): policies.delete_policy,
    ("static", "delete", "filterlist"): lists.delete_filter_list,
    ("static", "delete", "filteraction"): actions.delete_action,
    ("static", "delete", "filter"): lists.delete_filter,
    ("static", "delete", "rule"): rules.delete_rule,
    ("static", "delete", "all"): stores.delete_all,
    ("static", "show", "all"): shown.show_all,
    ("static", "show", "policy"): shown.show_policy,
    ("static", "show", "rule"): shown.show_rule,
    ("static", "show", "filterlist"): shown.show_filter_list,
    ("static", "show", "filteraction"): shown.show_action,
    ("static", "show", "gpoassignedpolicy"): shown.show_assigned,
    ("static", "show", "store"): stores.show_store,
    ("static", "exportpolicy", ""): stores.export_policy,
    ("static", "importpolicy", ""): stores.import_policy,
    ("static", "restorepolicyexamples", ""): examples.restore_examples,
    ("dynamic", "add", "mmpolicy"): dynamic.add_main_policy,
    ("dynamic", "add", "qmpolicy"): dynamic.add_quick_policy,
    ("dynamic", "add", "rule"): dynamic.add_rule,
    ("dynamic", "set", "mmpolicy"): dynamic.set_main_policy,
    ("dynamic", "set", "qmpolicy"): dynamic.set_quick_policy,
    ("dynamic", "set", "rule"): dynamic.set_rule,
    ("dynamic", "set", "config"): config.set_config,
    ("dynamic", "delete", "all"): dynamic.delete_all,
    ("dynamic", "delete", "mmpolicy"): dynamic.delete_main_policy,
    ("dynamic", "delete", "qmpolicy"): dynamic.delete_quick_policy,
    ("dynamic", "delete", "rule"): dynamic.delete_rule,
    ("dynamic", "show", "all"): dynamic.show,
    ("dynamic", "show", "config"): config.show_config,
    ("dynamic", "show", "mmpolicy"): dynamic.show,
    ("dynamic", "show", "qmpolicy"): dynamic.show,
    ("dynamic", "show", "rule"): dynamic.show,
    ("dynamic", "show", "mmfilter"): dynamic.show,
    ("dynamic", "show", "qmfilter"): dynamic.show,
    ("dynamic", "show", "mmsas"): dynamic.show_nothing,
    ("dynamic", "show", "qmsas"): dynamic.show_nothing,
    ("dynamic", "show", "stats"): dynamic.show_nothing,
}
#: Commands after which the agent looks at the static store again.
CHANGING: Final = ("add", "set", "delete", "importpolicy", "restorepolicyexamples")
