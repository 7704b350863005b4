//! The name of the target.

use super::cause_text::{CauseText, text};
use crate::verdict::causes::{Cause, Owner};

pub(super) const TEXTS: &[(Cause, CauseText)] = &[
    text!(StaleHostsFile,
        "the hosts file of this machine has an old address for {name}",
        "The hosts file usually wins over DNS (nsswitch.conf).";
        Here "is the entry for {name} in the hosts file still wanted? getent hosts {name}; dig {name}",
    ),
    text!(SearchListMatch,
        "a search domain completed {name}, and the result is another host",
        "resolv.conf has search domains, and one of them has a wildcard record.";
        You "try the name with a dot at its end",
        Here "search and ndots in resolv.conf",
    ),
    text!(NameSinkholed,
        "a DNS filter answers for {name} with an address of this machine or nowhere",
        "Filters and blockers answer with 0.0.0.0 or a loopback address.";
        Here "which resolver answers so? dig {name}; resolv.conf; a DNS filter on this machine or network",
    ),
    text!(NameDoesNotExist,
        "{name} does not exist",
        "The resolver's answer is authoritative: NXDOMAIN, or no address record.";
        You "is the name spelt right?",
        Zone "is a record for {name} missing?",
    ),
    text!(AskedWrongResolver,
        "{name} is known to other resolvers only (split DNS)",
        "Internal names exist on internal resolvers only; a VPN may bring the resolver along.";
        Here "which resolvers are configured, and which should be? resolvectl; resolv.conf",
    ),
    text!(ZoneBroken,
        "the name servers of the zone fail",
        "They do not reply, do not serve the zone, or its DNSSEC does not verify.";
        Zone "dig +trace {name}; delv {name}",
    ),
    text!(ResolverDown,
        "the resolver does not reply",
        "Every name fails. It is down, unreachable, or refuses this client.";
        Here "which resolver is configured, and does it reply? resolv.conf; dig @RESOLVER {name}",
        Resolver "is the resolver up, and is {source} allowed?",
    ),
    text!(ResolverFails,
        "the resolver fails for {name}",
        "It replies with SERVFAIL, or for one address family only.";
        Resolver "dig {name}; its log; DNSSEC validation; its forwarders",
    ),
];
