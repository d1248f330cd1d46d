"""Everything about netsh, the policy store and packet matching that the spec does not know.

Each entry is a name, its settings with the default first, the paragraph that leaves the point open in brackets, and on
the next line what the switch decides. Paragraphs are those of ipsec-policy unless another document is named.
"""

from __future__ import annotations

import re
from typing import Final

from winipsec_lab.machine.guesses import Guess

_NETSH: Final = """
netsh.unknown_tag refused ignored [1.2]
  What happens to `tag=value` when the command has no such tag, such as `description=` on `set defaultrule`.
netsh.ambiguous_tag refused first [1.2]
  Whether a shortened tag that fits several arguments is refused or means the first of them.
netsh.repeated_tag refused first last [1.2]
  Which of two values counts when an argument is given twice.
netsh.bare_word ignored refused positional [1.2, 10]
  What a bare word after tagged arguments is: nothing, an error, or the next value by position.
netsh.name_is_all word name [1.3]
  Whether `name=all` in delete and show means everything or an object of that name.
netsh.name_all refused allowed [1.3]
  Whether an object may be called `all`.
netsh.name_case insensitive sensitive [1.3]
  Whether names that differ in case only are the same name.
netsh.duplicate_name refused allowed [1.3]
  Whether a second policy, filter list or filter action of one name can be added.
netsh.duplicate_rule_name refused allowed [1.3]
  Whether a policy may hold two rules of one name.
netsh.ambiguous_name first last refused [1.3]
  Which object is meant when the store holds several of one name.
netsh.rename_case_only allowed refused [1.3]
  Whether `newname=` may differ from the old name in case only.
netsh.empty_description clears empty keeps refused [1.5]
  What `description=` without a value does: remove the value, store an empty one, nothing, or fail.
netsh.rule_id_order references reversed [1.3]
  Whether rule numbers count along the policy's references or against them.
netsh.rule_id_default not_counted counted [1.3]
  Whether the default response rule has a number like any other rule.
netsh.polling_unit minutes seconds [1.5 policy]
  The unit of `pollinginterval` on the command line; the stored value is in seconds.
netsh.default_rule_active generation no yes [1.5 policy]
  Whether a policy made without `activatedefaultrule` has an active default response rule.
netsh.default_rule_object always when_active [1.5 policy]
  Whether an inactive default response rule exists as an object at all.
netsh.default_rule_off inactive orphan [1.5 policy]
  Whether `activatedefaultrule=no` leaves an inactive rule or an object no policy refers to.
netsh.set_defaultrule_idle accepted refused [1.4]
  Whether `set defaultrule` without `activate=` works on an inactive default response rule.
netsh.main_mode_defaults mmc windows2000 [1.6]
  The main-mode methods of a policy made without `mmsecmethods`.
netsh.method_limits repeated policy_only [5.3]
  Whether every main-mode method repeats the policy's limit of quick modes.
netsh.dh2048 group new_dh random_function [5.3]
  How a main-mode method with DH 2048 is written: as a group, as New-DH bytes of the frame, by its random function.
netsh.gponame_local refused ignored [1.5 policy]
  Whether `gponame=` is an error in the local store.
netsh.unassign_idle accepted refused [1.5 policy]
  Whether `assign=no` on a policy that is not assigned is an error.
netsh.delete_active_policy clears refused [1.5, 10]
  Whether deleting the assigned policy also removes the assignment, or is refused.
netsh.assigned_change at_once at_next_assign [1.7]
  When a change of an assigned policy takes effect.
netsh.touch_policy no yes [6.2]
  Whether a change of a rule, list or action stamps the policies it belongs to with the time.
netsh.action_default negotiate permit block [1.5 filter action]
  The action of a filter action made without `action`.
netsh.qmpfs_default no yes [1.5 filter action]
  Whether a filter action made without `qmpfs` has session-key PFS.
netsh.inpass_default no yes [1.5 filter action]
  Whether a filter action made without `inpass` accepts clear inbound traffic.
netsh.soft_default no yes [1.5 filter action]
  Whether a filter action made without `soft` falls back to clear.
netsh.quick_mode_defaults mmc windows2000 [1.6]
  The quick-mode offers of a filter action made without `qmsecmethods`.
netsh.offer_lifetime zero common [1.6]
  The lifetime of an offer that names none: 0, the system's default, or 100000 kB and 3600 s.
netsh.lifetime_limits ignored enforced [1.6]
  Whether quick-mode lifetimes below 20480 kB or 300 s are refused.
netsh.esp_none refused accepted [1.6]
  Whether `ESP[None,None]` is an offer.
netsh.ah_esp_order ah_first esp_first [5.5]
  The order of the two algorithms of `AH[..]+ESP[..]` in the blob.
netsh.ignored_methods checked unchecked [1.5 filter action]
  Whether `qmsecmethods` is checked although permit and block ignore it.
netsh.inpass_elsewhere ignored refused [1.5 filter action]
  What `inpass=yes` does on permit and block.
netsh.set_action_inpass keeps resets [1.5 filter action]
  Whether `set filteraction action=negotiate` without `inpass` leaves an inbound pass-through as it is.
netsh.set_action_offers dropped kept [1.5 filter action]
  What becomes of the offers when an action is set to permit or block.
netsh.raw_protocol 255 0 [1.5 filter]
  The protocol number of `RAW`.
netsh.mirrored_default yes no [1.5 filter]
  Whether a filter made without `mirrored` is mirrored.
netsh.port_without_protocol refused accepted [1.5 filter]
  Whether a port may be given with a protocol other than TCP and UDP.
netsh.host_bits masked kept [1.5 filter, 10]
  Whether bits of an address below its mask are stored.
netsh.word_mask ignored refused [1.5 filter]
  Whether a mask may stand beside `me`, `any` or a server word.
netsh.zero_mask refused any [1.5 filter]
  Whether the mask 0.0.0.0 is an error or means any address.
netsh.torn_mask refused accepted [1.5 filter]
  Whether a dotted mask may have holes.
netsh.slash_prefix refused accepted [1.5 filter]
  Whether `10.0.0.0/8` is an address argument.
netsh.ipv6_prefix 128 32 [1.5 filter]
  The longest prefix that may be given for an IPv6 address; the help names 32 for all.
netsh.me_to_me refused accepted [1.5 filter]
  Whether a filter from this computer to this computer can be made.
netsh.dns_name stored dropped [1.5 filter]
  Whether a DNS name is kept beside the addresses it stood for.
netsh.server_mask ones zeros [5.6]
  The mask word stored for a server word.
netsh.server_form v1 v2 [5.6]
  Whether a filter with a server word stands in the V1 or the V2 part.
netsh.range_form v1_and_v2 v2 [5.6]
  Whether an IPv4 range is written as covering subnets and a flagged range, or as a range only.
netsh.any_beside_ipv6 ipv6 both [5.6]
  The version stored for `any` when the other side is an IPv6 address.
netsh.me_beside_ipv6 both ipv6 [5.6]
  The version stored for `me` when the other side is an IPv6 address.
netsh.v2_count repeated zero [5.6]
  Whether the V2 part repeats the number of V1 filters.
netsh.v2_length filters with_counts [5.6]
  Whether the length of the V2 part includes its two counts.
netsh.filter_order appended prepended [5.6]
  Whether a new filter goes to the end or the beginning of its list.
netsh.duplicate_filter accepted refused [1.5 filter]
  Whether a list takes a filter that it already has.
netsh.delete_filter named_only defaults [1.5 filter]
  Whether arguments `delete filter` does not name match anything or only their default values.
netsh.in_use owners rules [1.5 deletes]
  Whether a list or action counts as used by what its owners value says or by what the rules refer to.
netsh.delete_all_in_use deletes_rest refuses_all [1.5 deletes]
  What `delete filterlist all` and `delete filteraction all` do when some are in use.
netsh.delete_rule_all keeps_default with_default [1.5 deletes]
  Whether `delete rule all` takes the default response rule with it.
netsh.delete_all_orphans deleted kept [1.4]
  Whether `delete all` also removes objects that no policy knows.
netsh.rule_on_empty_list accepted refused [1.5 rule]
  Whether a rule may use a filter list without filters.
netsh.tunnel_mirrored accepted refused [1.5 rule]
  Whether a tunnel rule may use a list with mirrored filters.
netsh.tunnel_clear never zero_address empty none [1.5 rule]
  Which value of `tunnel=` makes a tunnel rule a transport rule again.
netsh.authentication_order command_line kerberos_first [1.5 rule]
  The order in which authentication methods are stored.
netsh.kerberos_no refused kerberos [1.5 rule]
  What a rule with `kerberos=no` and no other method is: an error, or a rule with the default method.
netsh.second_psk accepted refused [1.5 rule]
  Whether a rule may have two pre-shared keys.
netsh.certmap_outside_domain accepted refused [1.5 rule]
  Whether certificate mapping can be asked for on a machine without a domain.
netsh.certificate_end nul none [5.4]
  Whether the text of a certificate authority ends with a NUL.
netsh.psk_alternate repeated empty [5.4]
  What the second list of authentication methods holds for a pre-shared key.
netsh.certificate_alternate repeated empty [5.4]
  What the second list of authentication methods holds for a certificate authority.
netsh.final_byte after before [5.4]
  Whether the final zero byte of a rule stands after or before the IPv6 tunnel address.
netsh.rule_references appended prepended [4.2]
  Where a new rule goes in its policy's list of references.
netsh.guid_case lower upper [4.1]
  The case of new GUIDs in key names, references and values.
netsh.class_name className ClassName [4.2]
  The spelling of the value that holds an object's class.
netsh.unused_owners absent empty [4.2]
  Whether the owners value of an unused object is missing or an empty list.
netsh.domain_store refused later [1.7]
  Whether `set store location=domain` fails without a domain, or only the commands after it.
netsh.persistent_store refused accepted [1.7, 10]
  Whether current systems know `set store location=persistent`.
netsh.batch_at_end applied lost [1.7]
  What becomes of a batch that is still open when netsh ends.
netsh.export_extension appended kept [1.4]
  Whether a file name without an extension gets `.ipsec`.
netsh.export_assignment left_out kept [winrm 5.1]
  Whether an exported file carries which policy is assigned, and importing it assigns that policy.
netsh.import_clash replaces keeps refused [1.4]
  What importing a policy does to another one of the same name: replace it, stand beside it, or fail.
netsh.policy_examples generation always never [1.4]
  On which systems `restorepolicyexamples` exists.
netsh.dump_psk hidden shown [1.4]
  Whether `dump` prints pre-shared keys.
netsh.failure_code 1 0 [3.2]
  The exit code of netsh after a failed command.
netsh.error_stream stdout stderr [winrm 4.4]
  Where messages about failures go.
netsh.help_code 0 1 [3.2]
  The exit code of netsh after printing help.
netsh.script_failure continues stops [winrm 4.4]
  Whether `-f` goes on after a line that failed.
netsh.stdin_failure counted ignored [winrm 4.4]
  Whether failures of lines read from standard input show in the exit code.
netsh.stdin_code_page console ansi [winrm 4.4]
  The code page in which standard input is read.
"""

_TRAFFIC: Final = """
traffic.tunnel first last [traffic-engine 3]
  Whether tunnel filters come before transport filters or after everything else that counts.
traffic.address classes bits [traffic-engine 3]
  Whether kinds of addresses (one, subnet, any) count before mask lengths.
traffic.bits after before [traffic-engine 3]
  Whether mask lengths count after protocol and ports or before them.
traffic.tie restrictive permissive [traffic-engine 3]
  Which outcome wins between filters of equal weight.
traffic.any_family ipv4 both [traffic-engine 2.1]
  Whether `any` and `me` in the V1 form also match IPv6.
traffic.inbound_multicast exempt filtered [traffic-engine 4.2]
  Whether inbound multicast and broadcast stay exempt with `NoDefaultExempt` 2 and 3.
traffic.default_exempt 3 0 [traffic-engine 2]
  What a missing `NoDefaultExempt` means.
traffic.isakmp_port local either [traffic-engine 4.2]
  On which side UDP 500 and 4500 make a packet ISAKMP.
traffic.kerberos_port either remote [traffic-engine 4.2]
  On which side port 88 makes a packet Kerberos.
traffic.soft_inbound reply any [traffic-engine 4.1]
  Whether soft lets clear inbound packets in only as replies, or always.
traffic.own_traffic untouched filtered [traffic-engine 2]
  Whether packets from the host to itself meet filters.
traffic.exempt_change next_boot at_once [2]
  When a change of `NoDefaultExempt` takes effect.
traffic.registry_edit at_once after_control [4.4]
  Whether the agent notices keys that were written without netsh, or only after a control code or a restart.
"""

_ENTRY: Final = re.compile(r"(\S+) ([^\[]+) \[([^\]]+)\]\n  (.+)")


def _read(text: str) -> tuple[Guess, ...]:
    def spec(paragraph: str) -> str:
        return paragraph if paragraph[:1].isalpha() else f"ipsec-policy {paragraph}"

    return tuple(Guess(name, tuple(words.split()), spec(at), said) for name, words, at, said in _ENTRY.findall(text))


GUESSES: Final = _read(_NETSH) + _read(_TRAFFIC)
