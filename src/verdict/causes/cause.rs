//! The causes.

macro_rules! causes {
    ($($cause:ident = $name:literal,)+) => {
        /// Why a target does not work as it should, or that it works.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "each has its texts in `texts`")]
        pub enum Cause {
            $($cause,)+
        }

        impl Cause {
            /// Every cause.
            pub const ALL: &[Self] = &[$(Self::$cause,)+];

            /// Stable kebab-case name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$cause => $name,)+
                }
            }
        }
    };
}

causes! {
    Works = "works",
    // Service.
    ServiceNotListening = "service-not-listening",
    UdpPortClosed = "udp-port-closed",
    RstWhenQueueFull = "rst-when-queue-full",
    RemoteAcceptQueueFull = "remote-accept-queue-full",
    BackendDown = "backend-down",
    OneBackendFails = "one-backend-fails",
    ServiceWithoutEndpoints = "service-without-endpoints",
    ServiceRefusesClient = "service-refuses-client",
    ServiceCrashes = "service-crashes",
    ServiceRestarted = "service-restarted",
    ServiceHangs = "service-hangs",
    SynProxyWithoutBackend = "syn-proxy-without-backend",
    AnswersFromAnotherAddress = "answers-from-another-address",
    ConnectionsStuck = "connections-stuck",
    ServiceIgnoresRequest = "service-ignores-request",
    OtherProtocol = "other-protocol",
    ServiceSaysNo = "service-says-no",
    // Host.
    HostFirewallResets = "host-firewall-resets",
    SynRateLimit = "syn-rate-limit",
    HostOverloaded = "host-overloaded",
    HostFirewallDropsPort = "host-firewall-drops-port",
    HostFirewallDropsAll = "host-firewall-drops-all",
    HostDown = "host-down",
    HostRebooted = "host-rebooted",
    HostRejectsPort = "host-rejects-port",
    ClientBanned = "client-banned",
    OneAddressDead = "one-address-dead",
    EchoFiltered = "echo-filtered",
    EchoLimited = "echo-limited",
    // Network.
    ForgedReset = "forged-reset",
    InspectionBlocks = "inspection-blocks",
    PathDropsPort = "path-drops-port",
    PathDropsHost = "path-drops-host",
    ReturnRouteMissing = "return-route-missing",
    UplinkDead = "uplink-dead",
    TcpAnswersDropped = "tcp-answers-dropped",
    PathRejectsPort = "path-rejects-port",
    PathRejectsHost = "path-rejects-host",
    NoRouteAtRouter = "no-route-at-router",
    RoutingLoop = "routing-loop",
    ConnectionLimit = "connection-limit",
    LossForward = "loss-forward",
    LossReturn = "loss-return",
    OnePathOfSeveralLoses = "one-path-of-several-loses",
    ShortOutage = "short-outage",
    MtuBlackHole = "mtu-black-hole",
    LargeEchoFiltered = "large-echo-filtered",
    LargerThanPathMtu = "larger-than-path-mtu",
    Interceptor = "interceptor",
    ProxyForThisHost = "proxy-for-this-host",
    HairpinNat = "hairpin-nat",
    SlowReplies = "slow-replies",
    EcnDropped = "ecn-dropped",
    Ipv6Broken = "ipv6-broken",
    Ipv4Broken = "ipv4-broken",
    OtherIcmpError = "other-icmp-error",
    // This segment.
    LossOnThisSegment = "loss-on-this-segment",
    NeighbourAbsent = "neighbour-absent",
    AddressConflict = "address-conflict",
    GatewayDead = "gateway-dead",
    NextHopDead = "next-hop-dead",
    // This machine.
    AnswersDroppedHere = "answers-dropped-here",
    LocalFirewallDrops = "local-firewall-drops",
    LocalFirewallRejects = "local-firewall-rejects",
    ConntrackFullHere = "conntrack-full-here",
    TunnelWithoutPeer = "tunnel-without-peer",
    NatTargetGone = "nat-target-gone",
    NoRouteHere = "no-route-here",
    RouteForbidsHere = "route-forbids-here",
    VpnRouteMissing = "vpn-route-missing",
    NoSourceAddress = "no-source-address",
    NoNetwork = "no-network",
    LocalStackBroken = "local-stack-broken",
    PortsExhaustedHere = "ports-exhausted-here",
    DescriptorsExhausted = "descriptors-exhausted",
    LinkDown = "link-down",
    OffLinkGateway = "off-link-gateway",
    BridgeShadowsNetwork = "bridge-shadows-network",
    TtlTooSmall = "ttl-too-small",
    StuckInQueue = "stuck-in-queue",
    MessageTooLong = "message-too-long",
    GroupTarget = "group-target",
    NoSuchInterface = "no-such-interface",
    FamilyNotSupported = "family-not-supported",
    PolicyForbids = "policy-forbids",
    SelfConnect = "self-connect",
    OutOfMemory = "out-of-memory",
    SystemError = "system-error",
    NotListeningHere = "not-listening-here",
    InputRulesHere = "input-rules-here",
    ListensOnAnotherAddress = "listens-on-another-address",
    OwnAcceptQueueFull = "own-accept-queue-full",
    // Names.
    StaleHostsFile = "stale-hosts-file",
    SearchListMatch = "search-list-match",
    NameSinkholed = "name-sinkholed",
    NameDoesNotExist = "name-does-not-exist",
    AskedWrongResolver = "asked-wrong-resolver",
    ZoneBroken = "zone-broken",
    ResolverDown = "resolver-down",
    ResolverFails = "resolver-fails",
}

impl Cause {
    /// The cause of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.name() == name)
    }
}
