//! Questions to the kernel: about routes, neighbours and interfaces (rtnetlink(7)), and about sockets
//! (`sock_diag(7)`).

mod message;

use std::cell::Cell;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use netlink_packet_core::{
    NLM_F_DUMP, NLM_F_REQUEST, NetlinkDeserializable, NetlinkHeader, NetlinkMessage,
    NetlinkPayload, NetlinkSerializable,
};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::neighbour::{NeighbourAttribute, NeighbourMessage, NeighbourState};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteMessage, RouteMetric, RouteType, RouteVia,
};
use netlink_sys::protocols::{NETLINK_ROUTE, NETLINK_SOCK_DIAG};
use netlink_sys::{Socket, SocketAddr};

use super::interfaces::{AddressFound, LinkFound, Wanted};
use super::sock_diag::{SocketFound, SocketsWanted};
use message::{Answer, Question};

/// The most that a list comes in at once (`netlink_recvmsg`, `net/netlink/af_netlink.c`); one route or neighbour fits
/// easily.
const ANSWER_SIZE: usize = 32_768;

/// What the kernel would do with a packet.
#[derive(Debug)]
pub(super) struct RouteFound {
    /// The interface it leaves by.
    pub(super) interface: u32,
    /// The address it leaves with.
    pub(super) source: Option<IpAddr>,
    /// The machine it goes to first: the gateway, or the target itself.
    pub(super) next_hop: IpAddr,
    /// `Local` where the target is this machine.
    pub(super) kind: RouteType,
    /// Whether it goes to a gateway.
    pub(super) by_gateway: bool,
    /// The route's own MTU, where it has one.
    pub(super) mtu: Option<u32>,
}

/// What a packet's route depends on, besides its destination.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Selector {
    /// The interface it is bound to.
    pub(super) interface: Option<u32>,
    /// The source address it is bound to.
    pub(super) source: Option<IpAddr>,
    /// Its TOS byte or traffic class.
    pub(super) tos: u8,
    /// Rules and multipath select by it.
    pub(super) flow: Option<Flow>,
}

/// What a packet belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flow {
    /// The number of the protocol in the IP header.
    pub(super) protocol: u8,
    /// The ports it comes from (0: not known) and goes to.
    pub(super) ports: Option<(u16, u16)>,
}

/// A conversation with the kernel. Opening it costs more than a question, so whoever has many asks them all in one.
pub(super) struct Conversation {
    socket: Socket,
    asked: Cell<u32>,
}

impl Conversation {
    /// Begins one about routes and neighbours, if there is a descriptor for it.
    pub(super) fn begin() -> Option<Self> {
        Self::about(NETLINK_ROUTE)
    }

    /// Begins one about sockets. Some containers forbid it.
    pub(super) fn about_sockets() -> Option<Self> {
        Self::about(NETLINK_SOCK_DIAG)
    }

    fn about(subject: isize) -> Option<Self> {
        let socket = Socket::new(subject).ok()?;
        socket.connect(&SocketAddr::new(0, 0)).ok()?;
        let asked = Cell::new(0);
        Some(Self { socket, asked })
    }

    /// Looks up the route to `target` (`RTM_GETROUTE`). The error is what a packet would meet, by its errno; one
    /// without a number is about the question, not the route.
    pub(super) fn route(&self, target: IpAddr, selector: Selector) -> io::Result<RouteFound> {
        let request = Question::Route(route_request(target, selector));
        match self.ask(request)? {
            Answer::Route(route) => found(&route, target).ok_or_else(unexpected),
            Answer::Neighbour(_) => Err(unexpected()),
        }
    }

    /// Looks up one neighbour entry (`RTM_GETNEIGH`). `None`: there is no such entry.
    pub(super) fn neighbour(&self, interface: u32, address: IpAddr) -> Option<NeighbourEntry> {
        let mut request = NeighbourMessage::default();
        request.header.family = family(address);
        request.header.ifindex = interface;
        request
            .attributes
            .push(NeighbourAttribute::Destination(address.into()));
        match self.ask(Question::Neighbour(request)).ok()? {
            Answer::Neighbour(entry) => Some(NeighbourEntry {
                state: entry.header.state,
                age: age(&entry),
                link_address: link_address(entry),
            }),
            Answer::Route(_) => None,
        }
    }

    /// All interfaces (`RTM_GETLINK`).
    pub(super) fn links(&self) -> io::Result<Vec<LinkFound>> {
        self.ask_for_all(Wanted::Links)
    }

    /// All addresses of all interfaces (`RTM_GETADDR`).
    pub(super) fn addresses(&self) -> io::Result<Vec<AddressFound>> {
        self.ask_for_all(Wanted::Addresses)
    }

    /// All sockets of a kind (`SOCK_DIAG_BY_FAMILY`). A kernel without the module for it says ENOENT.
    pub(super) fn sockets(&self, wanted: SocketsWanted) -> io::Result<Vec<SocketFound>> {
        self.ask_for_all(wanted)
    }

    /// Sends one request and returns the kernel's answer, or its error.
    fn ask(&self, request: Question) -> io::Result<Answer> {
        let asked = self.send(request, NLM_F_REQUEST)?;
        loop {
            if let Some(message) = self.receive(asked)?.into_iter().next() {
                return match message {
                    NetlinkPayload::InnerMessage(answer) => Ok(answer),
                    NetlinkPayload::Error(error) => Err(error.to_io()),
                    _ => Err(unexpected()),
                };
            }
        }
    }

    /// Sends one request and returns all that the kernel lists.
    fn ask_for_all<A: NetlinkDeserializable>(
        &self,
        request: impl NetlinkSerializable,
    ) -> io::Result<Vec<A>> {
        let asked = self.send(request, NLM_F_REQUEST | NLM_F_DUMP)?;
        let mut answers = Vec::new();
        loop {
            for message in self.receive(asked)? {
                match message {
                    NetlinkPayload::InnerMessage(answer) => answers.push(answer),
                    NetlinkPayload::Error(error) => return Err(error.to_io()),
                    // A list can end early: its errno is in there.
                    NetlinkPayload::Done(done) if done.code < 0 => {
                        return Err(io::Error::from_raw_os_error(-done.code));
                    }
                    NetlinkPayload::Done(_) => return Ok(answers),
                    _ => {}
                }
            }
        }
    }

    /// Sends one request; the number that its answer will have.
    fn send(&self, request: impl NetlinkSerializable, flags: u16) -> io::Result<u32> {
        let mut header = NetlinkHeader::default();
        header.flags = flags;
        header.sequence_number = self.asked.get().wrapping_add(1);
        self.asked.set(header.sequence_number);
        let mut message = NetlinkMessage::new(header, NetlinkPayload::InnerMessage(request));
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        self.socket.send(&bytes, 0).map_err(io::Error::other)?;
        Ok(header.sequence_number)
    }

    /// The next messages of the answer to this request. Those to an earlier one, whose waiting a signal ended, are
    /// passed over.
    fn receive<A: NetlinkDeserializable>(&self, asked: u32) -> io::Result<Vec<NetlinkPayload<A>>> {
        let mut bytes = Vec::with_capacity(ANSWER_SIZE);
        let received = self.socket.recv(&mut bytes, 0);
        received.map_err(io::Error::other)?;
        let mut rest = bytes.as_slice();
        let mut messages = Vec::new();
        while !rest.is_empty() {
            let message = NetlinkMessage::deserialize(rest).map_err(io::Error::other)?;
            let length = message.header.length as usize;
            rest = rest
                .get(length.next_multiple_of(ALIGNMENT)..)
                .unwrap_or(&[]);
            if message.header.sequence_number == asked {
                messages.push(message.payload);
            }
        }
        Ok(messages)
    }
}

/// Messages begin at multiples of so many bytes (`NLMSG_ALIGNTO`).
const ALIGNMENT: usize = 4;

/// The kernel answered something else.
fn unexpected() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

fn route_request(target: IpAddr, selector: Selector) -> RouteMessage {
    let mut request = RouteMessage::default();
    let whole = if target.is_ipv4() { 32 } else { 128 };
    request.header.address_family = family(target);
    request.header.destination_prefix_length = whole;
    request.header.source_prefix_length = selector.source.map_or(0, |_| whole);
    request.header.tos = selector.tos;
    let attributes = &mut request.attributes;
    attributes.push(RouteAttribute::Destination(route_address(target)));
    attributes.extend(selector.interface.map(RouteAttribute::Oif));
    attributes.extend(
        selector
            .source
            .map(|from| RouteAttribute::Source(route_address(from))),
    );
    if let Some(flow) = selector.flow {
        attributes.push(RouteAttribute::IpProto(flow.protocol));
    }
    if let Some((from, to)) = selector.flow.and_then(|flow| flow.ports) {
        attributes.push(RouteAttribute::Dport(to));
        attributes.extend((from > 0).then_some(RouteAttribute::Sport(from)));
    }
    request
}

fn found(route: &RouteMessage, target: IpAddr) -> Option<RouteFound> {
    let mut interface = None;
    let mut source = None;
    let mut gateway = None;
    let mut mtu = None;
    for attribute in &route.attributes {
        match attribute {
            RouteAttribute::Oif(index) => interface = Some(*index),
            RouteAttribute::PrefSource(address) => source = ip(address),
            RouteAttribute::Gateway(address) => gateway = ip(address),
            RouteAttribute::Via(RouteVia::Inet(v4)) => gateway = Some((*v4).into()),
            RouteAttribute::Via(RouteVia::Inet6(v6)) => gateway = Some((*v6).into()),
            RouteAttribute::Metrics(metrics) => mtu = metrics.iter().find_map(mtu_in),
            _ => {}
        }
    }
    Some(RouteFound {
        interface: interface?,
        source,
        next_hop: gateway.unwrap_or(target),
        kind: route.header.kind,
        by_gateway: gateway.is_some(),
        mtu,
    })
}

fn mtu_in(metric: &RouteMetric) -> Option<u32> {
    match metric {
        RouteMetric::Mtu(mtu) => Some(*mtu),
        _ => None,
    }
}

/// One neighbour entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NeighbourEntry {
    pub(super) state: NeighbourState,
    /// How long ago its state last changed.
    pub(super) age: Duration,
    /// Its link-layer address, once it has told.
    pub(super) link_address: Option<Vec<u8>>,
}

/// `ndm_updated` in `USER_HZ`, which is 100 on every Linux (time(7)).
fn age(entry: &NeighbourMessage) -> Duration {
    let updated = entry
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            NeighbourAttribute::CacheInfo(info) => Some(info.updated),
            _ => None,
        });
    Duration::from_millis(u64::from(updated.unwrap_or(0)) * 10)
}

fn link_address(entry: NeighbourMessage) -> Option<Vec<u8>> {
    let mut attributes = entry.attributes.into_iter();
    attributes.find_map(|attribute| match attribute {
        NeighbourAttribute::LinkLayerAddress(address) => Some(address),
        _ => None,
    })
}

fn family(address: IpAddr) -> AddressFamily {
    if address.is_ipv4() {
        AddressFamily::Inet
    } else {
        AddressFamily::Inet6
    }
}

fn route_address(address: IpAddr) -> RouteAddress {
    match address {
        IpAddr::V4(v4) => RouteAddress::Inet(v4),
        IpAddr::V6(v6) => RouteAddress::Inet6(v6),
    }
}

fn ip(address: &RouteAddress) -> Option<IpAddr> {
    match address {
        RouteAddress::Inet(v4) => Some((*v4).into()),
        RouteAddress::Inet6(v6) => Some((*v6).into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn conversation() -> Conversation {
        Conversation::begin().expect("a netlink socket")
    }

    fn route_to_loopback(kernel: &Conversation, last: u8) -> RouteFound {
        let target = Ipv4Addr::new(127, 0, 0, last).into();
        let found = kernel.route(target, Selector::default());
        found.expect("a route to loopback")
    }

    #[test]
    fn loopback_is_this_machine() {
        let found = route_to_loopback(&conversation(), 1);
        assert_eq!(found.kind, RouteType::Local);
        assert_eq!(found.next_hop, IpAddr::from(Ipv4Addr::LOCALHOST));
    }

    #[test]
    fn a_neighbour_nobody_asked_for_has_no_entry() {
        let nobody = Ipv4Addr::new(192, 0, 2, 77).into();
        assert_eq!(conversation().neighbour(1, nobody), None);
    }

    #[test]
    fn each_question_gets_its_own_answer() {
        let kernel = conversation();
        let nobody = Ipv4Addr::new(192, 0, 2, 77).into();
        for last in 1..=20 {
            let next_hop = route_to_loopback(&kernel, last).next_hop;
            assert_eq!(next_hop, IpAddr::from([127, 0, 0, last]));
            assert_eq!(kernel.neighbour(1, nobody), None, "an error answer");
        }
    }

    #[test]
    fn an_answer_nobody_waited_for_is_passed_over() {
        let kernel = conversation();
        let target = Ipv4Addr::new(127, 0, 0, 9).into();
        let request = route_request(target, Selector::default());
        let asked = kernel.send(Question::Route(request), NLM_F_REQUEST);
        assert!(asked.is_ok());
        let next_hop = route_to_loopback(&kernel, 1).next_hop;
        assert_eq!(next_hop, IpAddr::from(Ipv4Addr::LOCALHOST));
    }
}
