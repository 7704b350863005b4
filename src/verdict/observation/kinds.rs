//! Every observation with its values.
//!
//! A value has a name, the letter it has under a cause that does not name the observation, and a sentence. Exactly one
//! value of an observation holds: of two that would, the later one. What is not certain, or not comparable, is absent.

use std::fmt;

use super::syntax::observations;
use crate::verdict::letter::Letter::{self, A, N, R, S, U};

observations! {
    /// Protocol of the probes.
    Protocol = "protocol" {
        Tcp = "tcp" A: "the probes are TCP handshakes",
        Udp = "udp" A: "the probes are UDP datagrams",
        Icmp = "icmp" A: "the probes are ICMP echoes",
    }
    /// IP version of the address.
    Family = "family" {
        V4 = "v4" A: "the address is IPv4",
        V6 = "v6" A: "the address is IPv6",
    }
    /// How probes of the port end. `lossy`: a retransmitted SYN connects. `silent`: no reply for 5 s, as a router reports a
    /// dead host after 3. `icmp`: never answered and at least one ICMP error, as these are rate-limited. `-some`: others
    /// succeed. `hangs`: connects, and a request gets no reply.
    Port = "port" {
        Connects = "connects" S: "{service} at {address} {replies}",
        Lossy = "lossy" R: "handshakes with {service} need more than one SYN",
        Rst = "rst" S: "{service} refuses connections with RST",
        RstSome = "rst-some" R: "some connections to {service} are refused with RST, others succeed",
        Silent = "silent" S: "{service} at {address} does not reply",
        SilentSome = "silent-some" R: "some probes of {service} get no reply, others do",
        Batches = "batches" R: "{service} replies in batches, with no replies between them",
        Flows = "flows" R: "some source ports never get a reply from {service}, others do",
        Icmp = "icmp" S: "probes of {service} are rejected with {icmp} from {sender}",
        IcmpSome = "icmp-some" R: "some probes of {service} are rejected with {icmp} from {sender}, others succeed",
        ResetsAfter = "resets-after" R: "{service} completes the handshake, then a RST comes",
        ClosesAfter = "closes-after" R: "{service} completes the handshake, then closes the connection",
        ResetsOnData = "resets-on-data" R: "{service} connects, and a RST comes once data is sent",
        Hangs = "hangs" R: "{service} connects, and a request gets no reply",
        Strays = "strays" R: "datagrams come from {address}, but none of them answers a probe",
        Late = "late" N: "replies of {service} come late: after the timeout, or after the SYN was sent again",
        Refuses = "refuses" R: "{service} answers with an error of its protocol",
        Local = "local" R: "probes of {service} do not leave this machine",
    }
    /// When probes fail. `none`: the same all along, or scattered. `began`: fine, then failing to the end. `stretch`:
    /// failing between two fine parts. `reboot`: no reply, then refused, then fine.
    Course = "course" {
        None = "none" A: "failures are not limited to one time",
        Began = "began" R: "it worked, then failed to the end of the run",
        Ended = "ended" R: "it failed from the first probe on, then worked",
        Stretch = "stretch" R: "it worked before and after one outage",
        Reboot = "reboot" N: "first no reply, then refused, then it worked",
    }
    /// The same probes ten times slower, once some failed.
    Pace = "pace" {
        Same = "same" A: "slower probes fail as often",
        SlowerWorks = "slower-works" R: "slower probes all succeed",
    }
    /// TTL at which the RST begins (SYN, or data once connected) beside the distance of the echo; by SYN-ACKs of other
    /// ports only from two hops on, as a forwarded port lies one further.
    RstFrom = "rst_from" {
        Host = "host" U: "the RST comes from as far away as the host",
        OneNearer = "one-nearer" R: "the RST comes from one hop nearer than the host",
        Nearer = "nearer" R: "the RST comes from at least two hops nearer than the host",
    }
    /// The same for the SYN-ACK.
    SynackFrom = "synack_from" {
        Host = "host" A: "the SYN-ACK comes from as far away as the host",
        OneNearer = "one-nearer" R: "the SYN-ACK comes from one hop nearer than the host",
        Nearer = "nearer" N: "the SYN-ACK comes from at least two hops nearer than the host",
        FirstHop = "first-hop" N: "the SYN-ACK comes from the first hop, though the host is further away",
    }
    /// ICMP echo to the host, where it is not the target itself.
    Echo = "echo" {
        Ok = "ok" U: "{address} answers ICMP echo",
        Lossy = "lossy" R: "{address} answers only some ICMP echoes",
        Silent = "silent" S: "{address} does not answer ICMP echo",
        Rejected = "rejected" R: "ICMP echoes to {address} are rejected",
    }
    /// Other TCP ports of the host. `open-all`: unused ports connect, too. `mixed`: some reply, some do not.
    Others = "others" {
        Answer = "answer" U: "other ports of {address} reply",
        Silent = "silent" S: "no other port of {address} replies",
        Rejected = "rejected" R: "other ports of {address} are rejected",
        OpenAll = "open-all" N: "every port of {address} connects, unused ones included",
        Lossy = "lossy" R: "other ports of {address} lose packets, too",
        Mixed = "mixed" S: "some other ports of {address} reply, some do not",
    }
    /// The same port of an unused address (192.0.2.1, RFC 5737). `alike`: the same RST or ICMP error as from the
    /// target.
    Control = "control" {
        Dead = "dead" A: "an unused address does not reply",
        Connects = "connects" N: "an unused address connects, too",
        Alike = "alike" N: "an unused address is refused in the same way",
    }
    /// Last hop that replies to probes of the port. `front`: the one before the host. `early` and `gateway`: hops beyond
    /// it reply to another sweep (echo, other port); absent where none does.
    PathEnd = "path_end" {
        Front = "front" S: "these probes reach the hop in front of the host",
        Early = "early" S: "nothing[ beyond {hop}] replies to these probes, though other probes get further",
        Gateway = "gateway" R: "beyond the gateway nothing replies to these probes, though other probes get further",
        None = "none" R: "no hop replies to these probes, though hops reply to other probes",
    }
    /// `loop`: routers repeat on the path.
    PathShape = "path_shape" {
        Straight = "straight" A: "no router appears twice on the path",
        Loop = "loop" N: "routers repeat on the path",
    }
    /// TTL of the probes.
    Ttl = "ttl" {
        Default = "default" A: "the probes have this machine's default TTL",
        Limited = "limited" R: "the probes have a limited TTL (--ttl)",
    }
    /// `yes`: a private address, and public hops on the path to it.
    Leak = "leak" {
        No = "no" A: "the path stays where it belongs",
        Yes = "yes" R: "public routers are on the path to a private address",
    }
    /// Sender of the ICMP error. `router`: none of the others, or not located.
    IcmpFrom = "icmp_from" {
        Own = "own" R: "the ICMP error comes from this machine",
        Router = "router" S: "the ICMP error comes from a router on the path[ ({sender})]",
        Gateway = "gateway" S: "the ICMP error comes from the gateway[ ({sender})]",
        LastRouter = "last-router" S: "the ICMP error comes from the router in front of the host[ ({sender})]",
        Target = "target" S: "the ICMP error comes from the target's own address",
        Elsewhere = "elsewhere" R: "the ICMP error comes from a device off the path[ ({sender})]",
    }
    /// Its meaning (RFC 792, RFC 1812 section 5.2.7.1, RFC 4443 section 3).
    IcmpKind = "icmp_kind" {
        Prohibited = "prohibited" U: "the ICMP error means administratively prohibited",
        Port = "port" S: "the ICMP error means port unreachable",
        Host = "host" S: "the ICMP error means host unreachable",
        Net = "net" S: "the ICMP error means no route",
        Ttl = "ttl" R: "the ICMP error means TTL exceeded",
        TooBig = "too-big" N: "the ICMP error means packet too big",
        Other = "other" R: "the ICMP error is of another kind",
    }
    /// Direction of the loss, by TCP timestamps (RFC 7323).
    LossDirection = "loss_direction" {
        Forward = "forward" S: "the SYN is lost or dropped, on the forward path or at the target",
        Return = "return" S: "the SYN-ACK is lost, on the return path",
        Unknown = "unknown" S: "the direction of the loss does not show",
    }
    /// What is lost: probes of this port, all TCP of the host but no ICMP, or everything.
    LossScope = "loss_scope" {
        Port = "port" S: "only probes of {service} are lost, other packets to {address} are not",
        Tcp = "tcp" R: "only TCP is lost, ICMP echoes to {address} are not",
        All = "all" S: "packets of every kind to {address} are lost",
    }
    /// A host beside the target. `lossy`: as much as the target.
    Sibling = "sibling" {
        Answers = "answers" U: "a host beside the target replies",
        Lossy = "lossy" R: "a host beside the target loses as much",
        Silent = "silent" S: "a host beside the target does not reply, either",
    }
    /// Another destination beyond the same gateway or tunnel.
    Elsewhere = "elsewhere" {
        Works = "works" A: "other destinations beyond the same gateway reply",
        Fails = "fails" R: "no other destination beyond the same gateway replies",
    }
    /// The gateway. `lossy`: it loses echoes, and the port loses probes as well; a router may answer echoes poorly.
    Gateway = "gateway" {
        Answers = "answers" A: "the gateway[ {gateway}] replies",
        Lossy = "lossy" R: "the gateway[ {gateway}] answers only some ICMP echoes",
        Silent = "silent" S: "the gateway[ {gateway}] does not answer ICMP echo",
        NoArp = "no-arp" N: "the gateway[ {gateway}] does not answer {arp}",
    }
    /// Link-layer address of the next hop. `changes`: to and fro.
    Neighbour = "neighbour" {
        Same = "same" A: "the link-layer address of the next hop stays the same",
        Changes = "changes" N: "the link-layer address of the next hop changes to and fro",
    }
    /// Whether packets left. On-link, `left` means that ARP was answered, too. `error`: EHOSTUNREACH, ENETUNREACH.
    /// `denied`: EPERM, EACCES. `exhausted`: EADDRNOTAVAIL, EMFILE, ENOBUFS.
    Sent = "sent" {
        Left = "left" A: "the probes leave this machine",
        DroppedHere = "dropped-here" N: "this machine drops its own packets after connect(2)",
        Queued = "queued" N: "the packets wait for {arp} of the next hop, which is not answered",
        Error = "error" R: "the kernel reports the destination as unreachable",
        Denied = "denied" N: "the kernel does not permit the packet",
        Exhausted = "exhausted" N: "a local resource is exhausted",
    }
    /// Error of the kernel that names its cause itself.
    Kernel = "kernel" {
        None = "none" A: "the kernel reports no local error",
        RouteUnreachable = "route-unreachable" N: "an `unreachable` route matches the target",
        RouteProhibited = "route-prohibited" N: "a `prohibit` route matches the target",
        RouteBlackhole = "route-blackhole" N: "a `blackhole` route matches the target",
        LocalFirewall = "local-firewall" N: "a rule of this machine rejects the packet",
        StuckInQueue = "stuck-in-queue" N: "the {probe} is still in a local queue when its timer fires",
        TooManyOpenFiles = "too-many-open-files" N: "the descriptor limit is reached (EMFILE, ENFILE)",
        AddressNotAvailable = "address-not-available" N: "there is no usable source address",
        MessageTooLong = "message-too-long" N: "the datagram is larger than the interface permits (EMSGSIZE)",
        GroupTarget = "group-target" N: "the target is a broadcast or multicast address",
        NoSuchInterface = "no-such-interface" N: "the output interface does not exist",
        NetworkDown = "network-down" N: "the output interface is down (ENETDOWN)",
        FamilyNotSupported = "family-not-supported" N: "this IP version is disabled (EAFNOSUPPORT)",
        Permission = "permission" N: "a local policy forbids the probe (EPERM, EACCES)",
        SelfConnect = "self-connect" N: "TCP connected to itself",
        OutOfMemory = "out-of-memory" N: "the kernel has no memory or buffers (ENOMEM, ENOBUFS)",
        SystemError = "system-error" N: "a system call failed with an unexpected errno",
    }
    /// Connections of this machine to itself.
    SelfTest = "self_test" {
        Works = "works" A: "this machine connects to itself",
        OwnAddressFails = "own-address-fails" R: "this machine cannot connect to its own address",
        LoopbackFails = "loopback-fails" R: "this machine cannot connect to itself over loopback",
    }
    /// Counters of this machine: only what rises once per probe and not between probes.
    Counters = "counters" {
        Quiet = "quiet" A: "no drop counter of this machine rises",
        InputDrops = "input-drops" R: "this machine drops arriving packets after routing (INPUT)",
        OutRsts = "out-rsts" N: "this machine answers each probe's reply with RST",
        Conntrack = "conntrack" R: "the connection tracking table of this machine drops packets",
        RpFilter = "rp-filter" N: "reverse path filtering of this machine drops arriving packets",
    }
    /// Where the target is. `at-gateway`: routed, but the address itself replies to TTL 1.
    Place = "place" {
        Routed = "routed" U: "the target is behind a gateway",
        OnLink = "on-link" S: "the target is on this machine's subnet",
        Own = "own" R: "the target is this machine",
        Tunnel = "tunnel" S: "the target is behind a tunnel",
        AtGateway = "at-gateway" R: "the gateway itself has the target's address",
    }
    /// State of this machine's network, the worst during the run.
    LocalNet = "local_net" {
        Fine = "fine" A: "interface, address and route of this machine are fine",
        Shadowed = "shadowed" N: "a bridge network of this machine covers the target's network",
        NoSource = "no-source" N: "this machine has no usable source address for the target",
        LinkDown = "link-down" N: "{interface} is down or has no carrier",
        NoRoute = "no-route" N: "this machine has no route to {address}",
        OffLinkGateway = "off-link-gateway" N: "the gateway is outside every network of this machine",
        NoNetwork = "no-network" N: "no interface but loopback is up with an address",
    }
    /// Where the address comes from. `plain`: typed, or DNS and hosts file agree. `hosts-file`: the hosts file, not compared
    /// with DNS. `expanded`: a dotted name got its address by a search domain.
    Name = "name" {
        Plain = "plain" A: "the address is the one in DNS, or was typed",
        HostsDiffers = "hosts-differs" R: "the hosts file of this machine has another address than DNS",
        HostsOnly = "hosts-only" S: "only the hosts file of this machine has the name",
        HostsFile = "hosts-file" U: "the address comes from the hosts file of this machine",
        Expanded = "expanded" R: "a search domain completed the name",
        Sinkhole = "sinkhole" N: "the name resolves to this machine or to nowhere",
    }
    /// Result of the name lookup. `again`: temporary failure, timeout or SERVFAIL. `disagree`: configured resolvers
    /// contradict one another.
    Resolver = "resolver" {
        Ok = "ok" A: "the name resolves, or an address was typed",
        Timeout = "timeout" N: "no resolver replies",
        Refused = "refused" N: "the resolver refuses the query",
        Servfail = "servfail" N: "the resolver fails for this name (SERVFAIL)",
        Nxdomain = "nxdomain" N: "the name does not exist, or has no address (NXDOMAIN, NODATA)",
        Nodata = "nodata" N: "the name has no address of this family (NODATA)",
        Again = "again" N: "the lookup fails temporarily: the resolver times out, or fails (SERVFAIL)",
        OneFamily = "one-family" R: "the resolver answers for one address family only",
        Disagree = "disagree" N: "the configured resolvers contradict one another",
    }
    /// Lookups of other names at the same time.
    OtherNames = "other_names" {
        Resolve = "resolve" A: "other names resolve",
        Fail = "fail" R: "other names do not resolve, either",
    }
    /// Other addresses of the name: it has only this one; others work; only the other family works; this one works and others
    /// do not, or the other family does not; they fail alike.
    OtherAddress = "other_address" {
        Only = "only" A: "the name has this address only",
        Works = "works" R: "another address of the name works[: {other_address}]",
        OtherFamily = "other-family" R: "only addresses of the other family work[: {other_address}]",
        SomeFail = "some-fail" R: "other addresses of the name do not work",
        OtherFamilyFails = "other-family-fails" R: "addresses of the other family do not work",
        Fails = "fails" U: "no address of the name works",
    }
    /// Large packets with DF set. `icmp-large-lost`: large echoes, TCP not tried. `icmp-only`: large TCP segments pass.
    Sizes = "sizes" {
        Ok = "ok" A: "large packets pass",
        IcmpLargeLost = "icmp-large-lost" R: "large ICMP echoes get no reply, small ones do",
        IcmpOnly = "icmp-only" N: "large ICMP echoes are lost, large TCP segments pass",
        TcpLargeLost = "tcp-large-lost" N: "large TCP segments are lost",
    }
    /// Send window of the peer after the handshake.
    Window = "window" {
        Normal = "normal" A: "the peer accepts data",
        Zero = "zero" N: "the peer accepts no data: its window stays zero",
    }
    /// First SYN with ECN (RFC 3168), second without; only where `tcp_ecn` is 1.
    FirstSyn = "first_syn" {
        Random = "random" A: "which SYN is lost is random",
        AlwaysLost = "always-lost" N: "the first SYN is always lost, the second never",
    }
    /// Listeners on the port, where the target is this machine.
    Listener = "listener" {
        None = "none" S: "no socket of this machine listens on {service}",
        Here = "here" S: "a socket of this machine listens on {service}",
        Elsewhere = "elsewhere" N: "sockets of this machine listen on {service} at other addresses or interfaces only",
        Full = "full" N: "the accept queue of the listener is full",
        Nat = "nat" N: "a NAT rule forwards {service}",
    }
    /// Connections that this machine holds through the gateway.
    ConntrackOwn = "conntrack_own" {
        Few = "few" U: "this machine holds few connections",
        Many = "many" R: "this machine holds many connections through the same gateway",
    }
    /// Existing connections to the target. `healthy`: they still receive.
    Established = "established" {
        None = "none" A: "this machine has no connection to the target",
        Healthy = "healthy" S: "existing connections to the target still receive data",
        Stuck = "stuck" N: "existing connections to the target are stuck",
    }
}

/// A kind of observation whose values are a type.
pub trait Observation: Copy {
    /// The kind.
    const KIND: Kind;

    /// The value with its kind.
    fn value(self) -> Value;

    /// The value of this index.
    fn from_index(index: u8) -> Option<Self>;
}

/// A value of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value {
    /// The kind.
    pub kind: Kind,
    /// Index among the values of the kind.
    pub index: u8,
}

/// Name and values of a kind.
struct KindInfo {
    name: &'static str,
    values: &'static [ValueInfo],
}

/// Name of a value, its letter under causes that do not name the kind, and the sentence about it.
struct ValueInfo {
    name: &'static str,
    letter: Letter,
    sentence: &'static str,
}

impl Kind {
    /// Stable name.
    pub fn name(self) -> &'static str {
        INFO[self as usize].name
    }

    /// Every value of the kind.
    pub fn values(self) -> impl Iterator<Item = Value> {
        let count = u8::try_from(INFO[self as usize].values.len()).unwrap_or(u8::MAX);
        (0..count).map(move |index| Value::new(self, index))
    }
}

impl Value {
    /// The value of this index.
    pub(in crate::verdict) const fn new(kind: Kind, index: u8) -> Self {
        Self { kind, index }
    }

    /// The value of this name: `port`, `rst-some`.
    pub fn from_names(kind: &str, value: &str) -> Option<Self> {
        let kind = Kind::ALL.iter().find(|it| it.name() == kind)?;
        kind.values().find(|it| it.name() == value)
    }

    /// Stable name within its kind.
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// Likelihood under causes that do not name the kind.
    pub(in crate::verdict) fn default_letter(self) -> Letter {
        self.info().letter
    }

    /// What it means, with placeholders.
    pub(in crate::verdict) fn sentence(self) -> &'static str {
        self.info().sentence
    }

    fn info(self) -> &'static ValueInfo {
        &INFO[self.kind as usize].values[usize::from(self.index)]
    }
}

impl fmt::Display for Value {
    /// `port: rst-some`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.name(), self.name())
    }
}
