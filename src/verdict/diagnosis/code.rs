//! What can be wrong, by name.

use crate::outcome::LocalCause;

macro_rules! codes {
    ($($variant:ident = $name:literal: $doc:literal,)*) => {
        /// What is wrong, or that nothing is. The name is stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $doc] $variant,)*
            /// This machine itself could not carry out the probes. It bears the name of the cause.
            Local(LocalCause),
        }

        impl Code {
            /// Every code but those of [`Code::Local`].
            const PLAIN: &[Self] = &[$(Self::$variant,)*];

            /// The stable kebab-case name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Local(cause) => cause.reason(),
                }
            }

            /// What it means, in a sentence. A local cause has a text of its own in [`crate::verdict::explain`].
            fn meaning(self) -> Option<&'static str> {
                match self {
                    $(Self::$variant => Some($doc),)*
                    Self::Local(_) => None,
                }
            }
        }
    };
}

codes! {
    Works = "works": "Nothing is wrong that could be seen.",
    Unclear = "unclear": "The findings do not decide.",
    NameUnresolved = "name-unresolved": "The name has no address.",
    StaleHostsEntry = "stale-hosts-entry": "The address comes from this machine's hosts file, and nobody answers there.",
    LocalStackBroken = "local-stack-broken": "This machine cannot even connect to itself.",
    NoNetwork = "no-network": "No interface of this machine leads out.",
    LinkDown = "link-down": "The interface towards the target is down or has no carrier.",
    GatewayDead = "gateway-dead": "The gateway does not answer ARP or Neighbor Discovery.",
    TargetAbsent = "target-absent": "The target is on this machine's subnet and does not answer ARP or Neighbor Discovery.",
    NothingListens = "nothing-listens": "The target is this machine, and nothing listens on the port.",
    ListensElsewhere = "listens-elsewhere": "The target is this machine, and the port is heard on other addresses or interfaces only.",
    ListensUnanswered = "listens-unanswered": "The target is this machine, something listens on the port, and yet probes fail.",
    AcceptQueueFull = "accept-queue-full": "The target is this machine, and the listener's accept queue is full.",
    FirewallRejects = "firewall-rejects": "A firewall rejects the probes with an ICMP error.",
    FirewallResets = "firewall-resets": "Something much nearer than the host answers with RST in its name.",
    ProxyAnswers = "proxy-answers": "Something much nearer than the host answers in its name.",
    NoRouteAtRouter = "no-route-at-router": "A router says that it has no route to the target.",
    HostUnreachable = "host-unreachable": "A router says that it cannot reach the host.",
    TtlExceeded = "ttl-exceeded": "Probes with the usual TTL ran out of hops.",
    RoutingLoop = "routing-loop": "Packets go round between routers.",
    IcmpError = "icmp-error": "Another ICMP error, or one whose kind the system does not tell.",
    HostSilent = "host-silent": "Nothing at that address answers: down, or all is filtered.",
    PortFiltered = "port-filtered": "The host answers, and this port is silent.",
    EchoFiltered = "echo-filtered": "The host answers, and only ICMP echo is silent.",
    OpenOrFiltered = "open-or-filtered": "A UDP port is silent, which an open one may be too.",
    OtherProtocol = "other-protocol": "Datagrams come from the UDP port, but none answers what was asked.",
    PortClosed = "port-closed": "The host is up and says that the port is closed.",
    ResetsAtOnce = "resets-at-once": "Connections are accepted and reset at once.",
    ClosesAtOnce = "closes-at-once": "Connections are accepted and closed at once.",
    PacketLoss = "packet-loss": "Some probes get lost.",
    SomeFlowsFail = "some-flows-fail": "Some source ports never get through, others do.",
    Intermittent = "intermittent": "Some probes succeed and others do not, for another reason than loss on the way.",
    OnlyIpv4Works = "only-ipv4-works": "The port answers at the name's IPv4 addresses only.",
    OnlyIpv6Works = "only-ipv6-works": "The port answers at the name's IPv6 addresses only.",
    OnlySomeAddressesWork = "only-some-addresses-work": "The port answers at some of the name's addresses only.",
    MtuBlackHole = "mtu-black-hole": "Large packets vanish without an ICMP error.",
    SynLoss = "syn-loss": "Connections are slow because SYNs or their answers get lost.",
    SlowPath = "slow-path": "The way itself is slow.",
    SlowHere = "slow-here": "This machine is slow to hand over answers.",
    SlowNameLookup = "slow-name-lookup": "The name lookup is slow.",
}

impl Code {
    /// Every verdict that is no local cause, with what it means.
    pub fn explained() -> impl Iterator<Item = (&'static str, &'static str)> {
        let codes = Self::PLAIN.iter();
        codes.filter_map(|code| Some((code.name(), code.meaning()?)))
    }

    /// Every code.
    pub fn all() -> impl Iterator<Item = Self> {
        let local = LocalCause::ALL.iter().map(|cause| Self::Local(*cause));
        Self::PLAIN.iter().copied().chain(local)
    }
}
