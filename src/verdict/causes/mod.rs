//! The table: causes by observations.
//!
//! A row says for each kind of observation that the cause has something to do with how likely it shows each value. Kinds
//! that a row does not name have the letters of `observation/list.rs`. Ranking, certainty, evidence, what is ruled out and
//! what to look at next all follow from it, see `ranking.rs`.
//!
//! A new situation comes first (`tests/situations.toml`): it fails, a letter changes, and all others must still hold. A
//! letter that is not obvious has a comment.

mod code;
mod host;
mod local;
mod names;
mod network;
mod segment;
mod service;
mod works;

use super::letter::{Letter, Prior};
use super::observation::{Kind, Observations, Value};
pub use code::Code;

/// A row: `row!(Cause, Owner, Prior, [Code, Code if Kind Value & Kind Value]; Kind: Value LETTER, ..., * LETTER; ...)`. `*`
/// is every value that is not named.
macro_rules! row {
    ($cause:ident, $owner:ident, $prior:ident, [$code:ident $(, $other:ident if $($kind:ident $value:ident)&+)*];
        $($observation:ident: $($of:tt $letter:ident),+;)+
    ) => {
        Row {
            cause: Cause::$cause,
            owner: Owner::$owner,
            prior: Prior::$prior,
            code: Code::$code,
            codes: &[$((
                &[$($crate::verdict::observation::Value::new($crate::verdict::observation::Kind::$kind, $crate::verdict::observation::$kind::$value as u8)),+],
                Code::$other,
            )),*],
            letters: &[$(($crate::verdict::observation::Kind::$observation, &[$((place!($observation $of), Letter::$letter)),+])),+],
        }
    };
}

/// The index of a value; absent for `*`.
macro_rules! place {
    ($kind:ident *) => {
        None
    };
    ($kind:ident $value:ident) => {
        Some($crate::verdict::observation::$kind::$value as u8)
    };
}

use {place, row};

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
    NatToNobody = "nat-to-nobody",
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

/// Who can do something about a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    /// No one has to.
    Nobody,
    /// The user: a step of his own, never the owner of a cause.
    You,
    /// The administrator of the target.
    Target,
    /// The owner of the network or firewall in between.
    Network,
    /// The owner of this machine's subnet: switches, Wi-Fi, gateway.
    Segment,
    /// The administrator of this machine.
    Here,
    /// The operator of the resolver.
    Resolver,
    /// The owner of the DNS zone.
    Zone,
}

/// Letters of one kind, by the index of the value; absent: all others.
type Letters = &'static [(Option<u8>, Letter)];

/// A cause with its letters.
pub struct Row {
    /// The cause.
    pub cause: Cause,
    /// Who can do something about it.
    pub owner: Owner,
    /// How often it is met.
    pub prior: Prior,
    /// Its verdict, unless one of `codes` applies.
    code: Code,
    /// Its verdicts where all of these values were observed.
    codes: &'static [(&'static [Value], Code)],
    /// Letters by kind; the value that is absent stands for every value that is not named.
    letters: &'static [(Kind, Letters)],
}

/// All rows.
const TABLE: &[&[Row]] = &[
    works::ROWS,
    service::ROWS,
    host::ROWS,
    network::ROWS,
    segment::ROWS,
    local::ROWS,
    names::ROWS,
];

/// Every row.
pub fn rows() -> impl Iterator<Item = &'static Row> + Clone {
    TABLE.iter().copied().flatten()
}

// Each cause has exactly one row, or this does not compile.
const _: () = {
    let mut found = [0_u8; Cause::ALL.len()];
    let mut room = 0;
    while room < TABLE.len() {
        let mut row = 0;
        while row < TABLE[room].len() {
            found[TABLE[room][row].cause as usize] += 1;
            row += 1;
        }
        room += 1;
    }
    let mut cause = 0;
    while cause < found.len() {
        assert!(found[cause] == 1, "a cause has no row, or two");
        cause += 1;
    }
};

impl Cause {
    /// The row.
    ///
    /// # Panics
    /// Never: that each cause has a row is checked when this is compiled.
    pub fn row(self) -> &'static Row {
        rows()
            .find(|row| row.cause == self)
            .expect("each cause has a row")
    }

    /// The cause of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.name() == name)
    }
}

impl Row {
    /// How likely the cause shows a value: its own letter, its letter for all others, or the letter of the list.
    pub fn letter(&self, value: Value) -> Letter {
        let own = self.letters.iter().find(|(kind, _)| *kind == value.kind);
        let of = |place: Option<u8>| {
            let letters = own?.1.iter().find(|(it, _)| *it == place)?;
            Some(letters.1)
        };
        of(Some(value.index))
            .or_else(|| of(None))
            .unwrap_or_else(|| value.default_letter())
    }

    /// Whether the row names a kind.
    pub fn names(&self, kind: Kind) -> bool {
        self.letters.iter().any(|(it, _)| *it == kind)
    }

    /// The verdict that this cause belongs to.
    pub fn code(&self, seen: &Observations) -> Code {
        let is_seen = |value: &Value| seen.value(value.kind) == Some(*value);
        let mut special = self.codes.iter();
        let special = special.find(|(values, _)| values.iter().all(is_seen));
        special.map_or(self.code, |(_, code)| *code)
    }

    /// Every verdict that this cause can have.
    pub fn all_codes(&self) -> impl Iterator<Item = Code> {
        std::iter::once(self.code).chain(self.codes.iter().map(|(_, code)| *code))
    }
}

impl Owner {
    /// As texts name him.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nobody => "no one",
            Self::You => "you",
            Self::Target => "the target's administrator",
            Self::Network => "the network's owner",
            Self::Segment => "the owner of this subnet",
            Self::Here => "this machine's administrator",
            Self::Resolver => "the resolver's operator",
            Self::Zone => "the owner of the DNS zone",
        }
    }
}
