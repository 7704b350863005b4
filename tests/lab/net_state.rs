//! Routes, neighbours, links, listeners and counters as the library reads them, in networks with a known state.

use std::fmt::Debug;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use synack::hosts::Protocol;
use synack::platform::{self, LocalHost, NeighbourState, RouteKind};

use crate::address_family::AddressFamily;
use crate::netns::{Namespace, require_nft, shell, wait_until_up};
use crate::network::routed::RoutedNetwork;
use crate::trial_error::{Context, Result, TrialError};

pub(crate) type Check = fn(AddressFamily) -> Result<()>;

/// By name. The calling thread stays in the namespaces that a check enters.
pub(crate) const CHECKS: [(&str, Check); 7] = [
    ("net-state-counters", counters),
    ("net-state-routes", routes),
    ("net-state-port-rules", port_rules),
    ("net-state-path-mtu", path_mtu),
    ("net-state-neighbours", neighbours),
    ("net-state-links", links),
    ("net-state-listeners", listeners),
];

/// Discard, RFC 863; any port will do.
const PORT: u16 = 9;

/// For a change of the kernel's state.
const TIME_LIMIT: Duration = Duration::from_secs(10);

const VETH: &str = "
    ip link add lab0 type veth peer name lab1 mtu 1400
    ip link set lab0 up mtu 1400
    ip link set lab1 up
    ip {family} addr add {client}/{prefix} dev lab0 {nodad}";

const REJECT_ROUTES: &str = "
    ip {family} route add unreachable {router1}
    ip {family} route add prohibit {router2}
    ip {family} route add blackhole {target}
    ip {family} route add throw {target2}
    ip {family} route add {absent_host} via {router} mtu lock 1290";

fn veth(family: AddressFamily, setup: &str) -> Result<()> {
    Namespace::enter_new()?;
    shell(&family.expand(VETH))?;
    wait_until_up()?;
    shell(&family.expand(setup))
}

fn address(family: AddressFamily, placeholder: &str) -> Result<IpAddr> {
    let placeholders = family.placeholders();
    let text = placeholders.get(placeholder).context(placeholder)?;
    text.parse().context(text)
}

fn assert_equal<T: PartialEq + Debug>(what: &str, found: T, expected: T) -> Result<()> {
    match (found, expected) {
        (found, expected) if found == expected => Ok(()),
        (found, expected) => Err(TrialError::Fail(format!(
            "{what}: {found:?} instead of {expected:?}"
        ))),
    }
}

fn routes(family: AddressFamily) -> Result<()> {
    veth(family, REJECT_ROUTES)?;
    let source = address(family, "client")?;
    let gateway = address(family, "router")?;
    let via = |next_hop, mtu| (Some("lab0".to_owned()), Some(source), Some(next_hop), mtu);
    let none = (None, None, None, None);
    let neighbour = address(family, "absent_neighbour")?;
    let cases = [
        (
            "absent_neighbour",
            RouteKind::Unicast,
            true,
            via(neighbour, None),
        ),
        (
            "absent_host",
            RouteKind::Unicast,
            false,
            via(gateway, Some(1290)),
        ),
        ("router1", RouteKind::Unreachable, false, none.clone()),
        ("router2", RouteKind::Prohibit, false, none.clone()),
        ("target", RouteKind::Blackhole, false, none.clone()),
        ("target2", RouteKind::NoRoute, false, none.clone()),
        ("documentation", RouteKind::NoRoute, false, none),
    ];
    for (name, kind, on_link, expected) in cases {
        let target = SocketAddr::from((address(family, name)?, PORT));
        for protocol in [Protocol::Tcp, Protocol::Udp, Protocol::Icmp] {
            let route = LocalHost::default().route_lookup(protocol, target);
            let route = route.context("no route lookup")?;
            let interface = route.interface.map(|name| name.to_string());
            let found = (interface, route.source, route.next_hop, route.mtu);
            assert_equal(
                name,
                (route.kind, route.on_link, found),
                (kind, on_link, expected.clone()),
            )?;
        }
    }
    Ok(())
}

const PORT_RULES: &str = "
    ip {family} route add {absent_host} via {router}
    ip {family} rule add ipproto tcp dport 81 unreachable
    ip {family} rule add ipproto tcp dport 82 prohibit
    ip {family} rule add ipproto tcp dport 83 blackhole";

/// A lookup has protocol and port, as ip-rule(8) may match them. An `unreachable` rule is ENETUNREACH, an
/// `unreachable` route EHOSTUNREACH (`fib4_rule_action` in `net/ipv4/fib_rules.c`).
fn port_rules(family: AddressFamily) -> Result<()> {
    veth(family, PORT_RULES)?;
    let target = address(family, "absent_host")?;
    let kind = |protocol, port| {
        let route = LocalHost::default().route_lookup(protocol, (target, port).into());
        route.map(|route| route.kind)
    };
    let cases = [
        (80, RouteKind::Unicast),
        (81, RouteKind::NoRoute),
        (82, RouteKind::Prohibit),
        (83, RouteKind::Blackhole),
    ];
    for (port, expected) in cases {
        let tcp = (port, kind(Protocol::Tcp, port));
        assert_equal("TCP", tcp, (port, Some(expected)))?;
        let udp = (port, kind(Protocol::Udp, port));
        assert_equal("UDP", udp, (port, Some(RouteKind::Unicast)))?;
    }
    let icmp = kind(Protocol::Icmp, 0);
    assert_equal("ICMP", icmp, Some(RouteKind::Unicast))
}

/// The router's far link has a smaller MTU, which its ICMP error reports.
fn path_mtu(family: AddressFamily) -> Result<()> {
    let client = Namespace::enter_new()?;
    let routed = RoutedNetwork::build(&client, family)?;
    let set_mtu = || shell("ip link set far mtu 1300");
    routed.router.run_inside(set_mtu)?;
    let target = SocketAddr::from((address(family, "target")?, PORT));
    let route = || {
        let route = LocalHost::default().route_lookup(Protocol::Udp, target)?;
        Some((route.kind, route.on_link, route.mtu))
    };
    let without_mtu = Some((RouteKind::Unicast, false, None));
    assert_equal("before the ICMP error", route(), without_mtu)?;
    let any_port = SocketAddr::from((address(family, "client")?, 0));
    let socket = UdpSocket::bind(any_port).context("a socket")?;
    socket.send_to(&[0; 1400], target).context("a datagram")?;
    let with_mtu = Some((RouteKind::Unicast, false, Some(1300)));
    let found = eventually(route, |it| *it == with_mtu);
    assert_equal("after the ICMP error", found, with_mtu)
}

fn neighbours(family: AddressFamily) -> Result<()> {
    let client = Namespace::enter_new()?;
    let _routed = RoutedNetwork::build(&client, family)?;
    let gateway = address(family, "router")?;
    let remote = SocketAddr::from((address(family, "target")?, PORT));
    let absent = SocketAddr::from((address(family, "absent_neighbour")?, PORT));
    let neighbour = |target| LocalHost::default().neighbour(Protocol::Udp, target);
    let entry = |target| neighbour(target).map(|it| (it.next_hop, it.state, it.link_address));
    shell(&family.expand("ip {family} neigh flush dev lab0"))?;
    let absent_in = |state| Some((absent.ip(), state, None));
    let no_entry = absent_in(NeighbourState::None);
    assert_equal("without an entry", entry(absent), no_entry)?;
    let any_port = SocketAddr::from((address(family, "client")?, 0));
    let socket = UdpSocket::bind(any_port).context("a socket")?;
    for target in [remote, absent] {
        socket.send_to(&[0], target).context("a datagram")?;
    }
    let incomplete = absent_in(NeighbourState::Incomplete);
    assert_equal("during resolution", entry(absent), incomplete)?;
    let failed = absent_in(NeighbourState::Failed);
    let found = eventually(|| entry(absent), |it| *it == failed);
    assert_equal("after failed resolution", found, failed)?;
    let found = neighbour(remote).context("no neighbour")?;
    let next_hop = (found.next_hop, &*found.interface);
    assert_equal("gateway", next_hop, (gateway, "lab0"))?;
    let resolved = [
        NeighbourState::Reachable,
        NeighbourState::Delay,
        NeighbourState::Stale,
    ];
    let is_resolved = resolved.contains(&found.state);
    assert_equal("gateway is resolved", is_resolved, true)?;
    let length = found.link_address.map(|text| text.len());
    let expected = Some("02:00:00:00:00:01".len());
    assert_equal("length of the link-layer address", length, expected)
}

/// The namespace differs from that of /sys.
fn links(family: AddressFamily) -> Result<()> {
    veth(family, "")?;
    let prefix = if family == AddressFamily::V4 { 24 } else { 64 };
    let client = (address(family, "client")?, prefix);
    let state = || {
        let link = platform::link("lab0")?;
        Some((link.up, link.carrier, link.is_usable_uplink()))
    };
    let link = platform::link("lab0").context("no link")?;
    assert_equal("addresses", link.addresses.contains(&client), true)?;
    assert_equal("MTU", link.mtu, Some(1400))?;
    assert_equal("up", state(), Some((true, Some(true), true)))?;
    shell("ip link set lab1 down")?;
    let no_carrier = Some((true, Some(false), false));
    let found = eventually(state, |it| *it == no_carrier);
    assert_equal("no carrier", found, no_carrier)?;
    shell("ip link set lab0 down")?;
    assert_equal("down", state(), Some((false, None, false)))?;
    shell("ip addr add 192.0.2.1/25 dev lab0 label lab0:second")?;
    let link = platform::link("lab0").context("no link")?;
    let labelled = ([192, 0, 2, 1].into(), 25);
    let has_labelled = link.addresses.contains(&labelled);
    assert_equal("address with a label", has_labelled, true)?;
    assert_equal("a label is no link", platform::link("lab0:second"), None)
}

const FIREWALL: &str = "
    nft add table inet lab
    nft add chain inet lab output '{ type filter hook output priority 0; }'
    nft add chain inet lab input '{ type filter hook input priority 0; }'
    nft add rule inet lab output tcp dport 81 drop
    nft add rule inet lab input tcp dport 82 drop";

/// A retransmission that the OUTPUT chain drops is counted as failed; one that the INPUT chain drops is not.
fn counters(family: AddressFamily) -> Result<()> {
    Namespace::enter_new()?;
    require_nft()?;
    shell(FIREWALL)?;
    let loopback = address(family, "loopback")?;
    let has_failed_retransmission = |port| {
        let before = platform::counters()?;
        let target = SocketAddr::from((loopback, port));
        // The first retransmission is after 1 s (RFC 6298).
        let result = TcpStream::connect_timeout(&target, Duration::from_millis(1500));
        let delta = platform::counters()?.since(&before);
        result.err().and(Some(delta.retransmit_failures? > 0))
    };
    let output = has_failed_retransmission(81);
    assert_equal("dropped in OUTPUT", output, Some(true))?;
    let input = has_failed_retransmission(82);
    assert_equal("dropped in INPUT", input, Some(false))
}

/// Listeners of this namespace only.
fn listeners(family: AddressFamily) -> Result<()> {
    Namespace::enter_new()?;
    let loopback = address(family, "loopback")?;
    let listener = TcpListener::bind((loopback, 0)).context("a listener")?;
    let port = listener.local_addr().context("its address")?.port();
    let count = || platform::listeners(Protocol::Tcp, port).map(|found| found.len());
    assert_equal("in the namespace", count(), Some(1))?;
    let other = Namespace::new()?;
    other.run_inside(|| assert_equal("in another namespace", count(), Some(0)))
}

/// The value once the condition holds, or at the time limit.
fn eventually<T>(value: impl Fn() -> T, holds: impl Fn(&T) -> bool) -> T {
    let deadline = Instant::now() + TIME_LIMIT;
    loop {
        let value = value();
        if holds(&value) || Instant::now() > deadline {
            return value;
        }
        thread::sleep(Duration::from_millis(5));
    }
}
