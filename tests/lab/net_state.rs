//! What the library says of this machine, against networks where it is known: no tool is run.

use std::fmt::Debug;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use synack::hosts::Protocol;
use synack::platform::{self, LocalHost, NeighbourState, RouteKind};

use crate::address_family::Family;
use crate::netns::{Namespace, need_nft, settle, shell};
use crate::network::routed::Routed;
use crate::trial_error::{Context, Result, Trouble};

pub(crate) type Check = fn(Family) -> Result<()>;

/// Each with its name; the calling thread needs a namespace of its own to be lost in.
pub(crate) const CHECKS: [(&str, Check); 7] = [
    ("facts-counters", counters),
    ("facts-routes", routes),
    ("facts-port-rules", port_rules),
    ("facts-path-mtu", path_mtu),
    ("facts-neighbours", neighbours),
    ("facts-links", links),
    ("facts-listeners", listeners),
];

/// Any port will do.
const PORT: u16 = 9;

/// How long the kernel may take.
const PATIENCE: Duration = Duration::from_secs(10);

const PAIR: &str = "
    ip link add lab0 type veth peer name lab1 mtu 1400
    ip link set lab0 up mtu 1400
    ip link set lab1 up
    ip {f} addr add {host}/{prefix} dev lab0 {nodad}";

const RULED_OUT: &str = "
    ip {f} route add unreachable {router1}
    ip {f} route add prohibit {router2}
    ip {f} route add blackhole {target}
    ip {f} route add throw {target2}
    ip {f} route add {absent} via {router} mtu lock 1290";

fn pair(family: Family, more: &str) -> Result<()> {
    Namespace::enter_new()?;
    shell(&family.fill(PAIR))?;
    settle()?;
    shell(&family.fill(more))
}

fn address(family: Family, name: &str) -> Result<IpAddr> {
    let vars = family.vars();
    let text = vars.get(name).context(name)?;
    text.parse().context(text)
}

fn same<T: PartialEq + Debug>(what: &str, found: T, expected: T) -> Result<()> {
    match (found, expected) {
        (found, expected) if found == expected => Ok(()),
        (found, expected) => {
            let difference = format!("{what}: {found:?} instead of {expected:?}");
            Err(Trouble::Fail(difference))
        }
    }
}

fn routes(family: Family) -> Result<()> {
    pair(family, RULED_OUT)?;
    let own = address(family, "host")?;
    let gateway = address(family, "router")?;
    let there = |next_hop, mtu| (Some("lab0".to_owned()), Some(own), Some(next_hop), mtu);
    let nowhere = (None, None, None, None);
    let neighbour = address(family, "absent_neighbour")?;
    let cases = [
        (
            "absent_neighbour",
            RouteKind::Unicast,
            true,
            there(neighbour, None),
        ),
        (
            "absent",
            RouteKind::Unicast,
            false,
            there(gateway, Some(1290)),
        ),
        ("router1", RouteKind::Unreachable, false, nowhere.clone()),
        ("router2", RouteKind::Prohibit, false, nowhere.clone()),
        ("target", RouteKind::Blackhole, false, nowhere.clone()),
        ("target2", RouteKind::NoRoute, false, nowhere.clone()),
        ("foreign", RouteKind::NoRoute, false, nowhere),
    ];
    for (name, kind, on_link, way) in cases {
        let target = SocketAddr::from((address(family, name)?, PORT));
        for protocol in [Protocol::Tcp, Protocol::Udp, Protocol::Icmp] {
            let facts = LocalHost::default().route_lookup(protocol, target);
            let facts = facts.context("no facts")?;
            let interface = facts.interface.map(|name| name.to_string());
            let found = (interface, facts.source, facts.next_hop, facts.mtu);
            same(
                name,
                (facts.kind, facts.on_link, found),
                (kind, on_link, way.clone()),
            )?;
        }
    }
    Ok(())
}

const PORT_RULES: &str = "
    ip {f} route add {absent} via {router}
    ip {f} rule add ipproto tcp dport 81 unreachable
    ip {f} rule add ipproto tcp dport 82 prohibit
    ip {f} rule add ipproto tcp dport 83 blackhole";

/// What is ruled out for one port is told of that port, and of no other. A rule says ENETUNREACH where a route of that
/// type says EHOSTUNREACH (`fib4_rule_action` in `net/ipv4/fib_rules.c`).
fn port_rules(family: Family) -> Result<()> {
    pair(family, PORT_RULES)?;
    let target = address(family, "absent")?;
    let cases = [
        (80, RouteKind::Unicast),
        (81, RouteKind::NoRoute),
        (82, RouteKind::Prohibit),
        (83, RouteKind::Blackhole),
    ];
    for (port, expected) in cases {
        let kind = |protocol| {
            let facts = LocalHost::default().route_lookup(protocol, (target, port).into());
            facts.map(|facts| facts.kind)
        };
        same("TCP", (port, kind(Protocol::Tcp)), (port, Some(expected)))?;
        let other = (port, Some(RouteKind::Unicast));
        same("UDP", (port, kind(Protocol::Udp)), other)?;
    }
    same(
        "ICMP",
        LocalHost::default()
            .route_lookup(Protocol::Icmp, (target, 0).into())
            .map(|it| it.kind),
        Some(RouteKind::Unicast),
    )
}

/// The router's far link takes less than the near one, and its ICMP error says so.
fn path_mtu(family: Family) -> Result<()> {
    let client = Namespace::enter_new()?;
    let routed = Routed::build(&client, family)?;
    routed.router.inside(|| shell("ip link set far mtu 1300"))?;
    let target = SocketAddr::from((address(family, "target")?, PORT));
    let learnt = || {
        let facts = LocalHost::default().route_lookup(Protocol::Udp, target)?;
        Some((facts.kind, facts.on_link, facts.mtu))
    };
    same("before", learnt(), Some((RouteKind::Unicast, false, None)))?;
    let any = SocketAddr::from((address(family, "host")?, 0));
    let socket = UdpSocket::bind(any).context("a socket")?;
    socket.send_to(&[0; 1400], target).context("a datagram")?;
    let expected = Some((RouteKind::Unicast, false, Some(1300)));
    same("after", eventually(learnt, |it| *it == expected), expected)
}

fn neighbours(family: Family) -> Result<()> {
    let client = Namespace::enter_new()?;
    let _routed = Routed::build(&client, family)?;
    let gateway = address(family, "router")?;
    let far = SocketAddr::from((address(family, "target")?, PORT));
    let dead = SocketAddr::from((address(family, "absent_neighbour")?, PORT));
    let known = |target| LocalHost::default().neighbour(Protocol::Udp, target);
    let state = |target| known(target).map(|it| (it.next_hop, it.state, it.link_address));
    shell(&family.fill("ip {f} neigh flush dev lab0"))?;
    let unknown = |hop| Some((hop, NeighbourState::None, None));
    same("nobody looked for", state(dead), unknown(dead.ip()))?;
    let any = SocketAddr::from((address(family, "host")?, 0));
    let socket = UdpSocket::bind(any).context("a socket")?;
    for target in [far, dead] {
        socket.send_to(&[0], target).context("a datagram")?;
    }
    let looked_for = Some((dead.ip(), NeighbourState::Incomplete, None));
    same("being looked for", state(dead), looked_for)?;
    let failed = Some((dead.ip(), NeighbourState::Failed, None));
    same(
        "not found",
        eventually(|| state(dead), |it| *it == failed),
        failed,
    )?;
    let found = known(far).context("no neighbour")?;
    same(
        "the gateway",
        (found.next_hop, &*found.interface),
        (gateway, "lab0"),
    )?;
    let answered = [
        NeighbourState::Reachable,
        NeighbourState::Delay,
        NeighbourState::Stale,
    ];
    same("it has answered", answered.contains(&found.state), true)?;
    let length = found.link_address.map(|text| text.len());
    same(
        "its link-layer address",
        length,
        Some("02:00:00:00:00:01".len()),
    )
}

/// Without carrier, switched off, in another namespace than /sys; and an address with a label.
fn links(family: Family) -> Result<()> {
    pair(family, "")?;
    let own = (
        address(family, "host")?,
        if family == Family::V4 { 24 } else { 64 },
    );
    let facts = || {
        let link = platform::link("lab0")?;
        Some((link.up, link.carrier, link.is_usable_uplink()))
    };
    let link = platform::link("lab0").context("no link")?;
    same("addresses", link.addresses.contains(&own), true)?;
    same("MTU", link.mtu, Some(1400))?;
    same("up", facts(), Some((true, Some(true), true)))?;
    shell("ip link set lab1 down")?;
    let unplugged = Some((true, Some(false), false));
    same(
        "unplugged",
        eventually(facts, |it| *it == unplugged),
        unplugged,
    )?;
    shell("ip link set lab0 down")?;
    same("off", facts(), Some((false, None, false)))?;
    shell("ip addr add 192.0.2.1/25 dev lab0 label lab0:second")?;
    let labelled = platform::link("lab0").context("no link")?;
    same(
        "label",
        labelled.addresses.contains(&([192, 0, 2, 1].into(), 25)),
        true,
    )?;
    same("no link of that name", platform::link("lab0:second"), None)
}

const FIREWALL: &str = "
    nft add table inet lab
    nft add chain inet lab out '{ type filter hook output priority 0; }'
    nft add chain inet lab in '{ type filter hook input priority 0; }'
    nft add rule inet lab out tcp dport 81 drop
    nft add rule inet lab in tcp dport 82 drop";

/// A SYN that this machine's own firewall takes away on its way out is not one that is lost later.
fn counters(family: Family) -> Result<()> {
    Namespace::enter_new()?;
    need_nft()?;
    shell(FIREWALL)?;
    let loopback = address(family, "loopback")?;
    let failures = |port| {
        let before = platform::counters()?;
        let target = SocketAddr::from((loopback, port));
        // The first SYN is sent again after a second (RFC 6298).
        let refused = TcpStream::connect_timeout(&target, Duration::from_millis(1500)).is_err();
        let grown = platform::counters()?.since(&before);
        refused.then_some(grown.retransmit_failures? > 0)
    };
    same("dropped on the way out", failures(81), Some(true))?;
    same("dropped on the way in", failures(82), Some(false))
}

/// Those of this namespace, and of no other.
fn listeners(family: Family) -> Result<()> {
    Namespace::enter_new()?;
    let loopback = address(family, "loopback")?;
    let listener = TcpListener::bind((loopback, 0)).context("a listener")?;
    let port = listener.local_addr().context("its address")?.port();
    let heard = || platform::listeners(Protocol::Tcp, port).map(|found| found.len());
    same("here", heard(), Some(1))?;
    let elsewhere = Namespace::new()?;
    elsewhere.inside(|| same("elsewhere", heard(), Some(0)))
}

/// What is found once it is as wanted, or at last.
fn eventually<T>(found: impl Fn() -> T, wanted: impl Fn(&T) -> bool) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = found();
        if wanted(&found) || Instant::now() > deadline {
            return found;
        }
        thread::sleep(Duration::from_millis(5));
    }
}
