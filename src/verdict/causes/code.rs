//! Verdict codes: stable names, several causes may share one.

macro_rules! codes {
    ($($code:ident = $name:literal: $meaning:literal,)+) => {
        /// What is wrong, as far as one end can tell, or that nothing is. The name is stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $meaning] $code,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$code,)+];

            /// Stable kebab-case name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$code => $name,)+
                }
            }

            /// What it means, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$code => $meaning,)+
                }
            }
        }
    };
}

codes! {
    Works = "works": "Nothing wrong was seen.",
    NothingMeasured = "nothing-measured": "No probe ended, so nothing is known about the target.",
    // Port.
    PortClosed = "port-closed": "The host refuses: nothing accepts on the port.",
    PortFiltered = "port-filtered": "The host replies on other ports, this port does not reply.",
    OpenOrFiltered = "open-or-filtered": "A UDP port does not reply, which an open one may do as well.",
    OtherProtocol = "other-protocol": "Datagrams come from the UDP port, but none answers a probe.",
    ServiceSaysNo = "service-says-no": "The service answers with an error of its protocol.",
    ServiceHangs = "service-hangs": "The port connects, and a request gets no reply.",
    ResetsAtOnce = "resets-at-once": "Connections are accepted and reset at once.",
    ClosesAtOnce = "closes-at-once": "Connections are accepted and closed at once.",
    RstWhenQueueFull = "rst-when-queue-full": "The server resets connections while its accept queue is full.",
    RemoteAcceptQueueFull = "remote-accept-queue-full": "The accept queue of the server is full at times.",
    OneBackendFails = "one-backend-fails": "One of several servers behind the address fails.",
    SynProxyWithoutBackend = "syn-proxy-without-backend": "A SYN proxy completes handshakes without a server behind it.",
    AnswersFromAnotherAddress = "answers-from-another-address": "The server replies from another address than the probed one.",
    ConnectionsStuck = "connections-stuck": "Existing connections to the target no longer receive data.",
    // Host.
    HostSilent = "host-silent": "Nothing at the address replies: the host is down, or everything is filtered.",
    HostUnreachable = "host-unreachable": "A router reports that it cannot reach the host.",
    EchoFiltered = "echo-filtered": "The host replies, only ICMP echo is filtered.",
    SynRateLimit = "syn-rate-limit": "A rate limit at the host drops some SYNs.",
    ClientBanned = "client-banned": "The host blocks this client.",
    OnlyIpv4Works = "only-ipv4-works": "The port works at the name's IPv4 addresses only.",
    OnlyIpv6Works = "only-ipv6-works": "The port works at the name's IPv6 addresses only.",
    OnlySomeAddressesWork = "only-some-addresses-work": "The port works at some of the name's addresses only.",
    // Network.
    FirewallRejects = "firewall-rejects": "A firewall rejects the probes with an ICMP error.",
    FirewallResets = "firewall-resets": "A device nearer than the host refuses connections with a forged RST.",
    InspectionBlocks = "inspection-blocks": "A firewall that inspects data blocks the connection.",
    ProxyAnswers = "proxy-answers": "A device nearer than the host answers on its behalf.",
    NoRouteAtRouter = "no-route-at-router": "A router reports that it has no route to the target.",
    UplinkDead = "uplink-dead": "Nothing beyond the gateway or tunnel replies.",
    TtlExceeded = "ttl-exceeded": "Probes ran out of hops (TTL exceeded).",
    RoutingLoop = "routing-loop": "Packets circulate between routers.",
    IcmpError = "icmp-error": "The probes are answered with another ICMP error.",
    LargerThanPathMtu = "larger-than-path-mtu": "A router cannot forward the probe whole.",
    PacketLoss = "packet-loss": "Packets are lost on the path.",
    SynLoss = "syn-loss": "Handshakes take a second or more, as SYNs or SYN-ACKs are lost.",
    SomeFlowsFail = "some-flows-fail": "Some source ports never get a reply, others do (ECMP).",
    Intermittent = "intermittent": "It fails at times, for another reason than random packet loss.",
    ConnectionLimit = "connection-limit": "A limit on connections drops some SYNs (NAT or firewall).",
    MtuBlackHole = "mtu-black-hole": "Path MTU black hole: large packets are lost without an ICMP error.",
    LargeEchoFiltered = "large-echo-filtered": "Large ICMP echoes are filtered, which alone is no fault.",
    HairpinNat = "hairpin-nat": "The address is the gateway's own: NAT does not forward it from inside (hairpin NAT).",
    EcnDropped = "ecn-dropped": "A device drops SYNs with ECN.",
    // This segment.
    TargetAbsent = "target-absent": "The target is on this machine's subnet and does not answer ARP or Neighbor Discovery.",
    GatewayDead = "gateway-dead": "The gateway does not answer ARP or Neighbor Discovery.",
    AddressConflict = "address-conflict": "Two machines use the same address.",
    NoNeighbour = "no-neighbour": "The next hop of the probes does not answer ARP or Neighbor Discovery.",
    // This machine.
    NoNetwork = "no-network": "This machine has no network: no interface is up with an address.",
    LinkDown = "link-down": "The interface towards the target is down or has no carrier.",
    LocalStackBroken = "local-stack-broken": "This machine cannot connect to itself.",
    NoRoute = "no-route": "This machine has no route to the target.",
    RouteUnreachable = "route-unreachable": "A route of type `unreachable` on this machine matches the target.",
    RouteProhibited = "route-prohibited": "A route of type `prohibit` on this machine matches the target, or a policy forbids it.",
    RouteBlackhole = "route-blackhole": "A route of type `blackhole` on this machine matches the target.",
    OffLinkGateway = "off-link-gateway": "The gateway is outside every network of this machine.",
    VpnRouteMissing = "vpn-route-missing": "Packets to a private address leave towards the Internet: a VPN or its route is missing.",
    BridgeShadowsNetwork = "bridge-shadows-network": "A bridge network of this machine covers the target's network.",
    TunnelWithoutPeer = "tunnel-without-peer": "The tunnel on this machine has no peer for the target.",
    NatTargetGone = "nat-target-gone": "A NAT rule of this machine forwards the port to a machine that is gone.",
    LocalFirewall = "local-firewall": "The firewall of this machine rejects the probes.",
    DroppedLocally = "dropped-locally": "The firewall of this machine drops the probes.",
    AnswersDroppedHere = "answers-dropped-here": "This machine drops the replies.",
    ConntrackFullHere = "conntrack-full-here": "The connection tracking table of this machine is full.",
    StuckInQueue = "stuck-in-queue": "The SYN is stuck in a queue of this machine.",
    PortsExhausted = "ports-exhausted": "This machine has no free source port for the target.",
    TooManyOpenFiles = "too-many-open-files": "The limit of open files is reached.",
    AddressNotAvailable = "address-not-available": "This machine has no usable source address for the target.",
    MessageTooLong = "message-too-long": "The probe is larger than the interface permits.",
    GroupTarget = "group-target": "The target is a broadcast or multicast address.",
    NoSuchInterface = "no-such-interface": "The interface to send from does not exist.",
    FamilyNotSupported = "family-not-supported": "This machine has that IP version disabled.",
    Permission = "permission": "A policy of this machine forbids the probe.",
    SelfConnect = "self-connect": "The probe connected to itself: nothing listens on the port.",
    OutOfMemory = "out-of-memory": "The kernel of this machine has no memory or buffers.",
    SystemError = "system-error": "A system call failed on this machine.",
    NothingListens = "nothing-listens": "The target is this machine, and nothing listens on the port.",
    ListensElsewhere = "listens-elsewhere": "The target is this machine, and the port is open at other addresses or interfaces only.",
    ListensUnanswered = "listens-unanswered": "The target is this machine, something listens on the port, and yet probes fail.",
    AcceptQueueFull = "accept-queue-full": "The target is this machine, and the accept queue of the listener is full.",
    // Names.
    NameUnresolved = "name-unresolved": "The name does not resolve.",
    StaleHostsEntry = "stale-hosts-entry": "The hosts file of this machine has an address that does not work.",
    SearchListMatch = "search-list-match": "A search domain completed the name, and the result is another host.",
    NameSinkholed = "name-sinkholed": "The name resolves to this machine or to nowhere (DNS filter).",
    // Measures.
    SlowPath = "slow-path": "It works, and the path is slow.",
    SlowHere = "slow-here": "It works, and this machine is slow to process replies.",
    SlowNameLookup = "slow-name-lookup": "It works, and the name lookup is slow.",
}
