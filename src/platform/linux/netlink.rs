//! Netlink requests: routes, neighbours, interfaces and addresses (rtnetlink(7)), sockets (`sock_diag(7)`).

mod link;
mod message;
mod neighbour;
mod route;
mod sock_diag;

use std::cell::Cell;
use std::io;
use std::net::IpAddr;

use netlink_packet_core::{
    NLM_F_DUMP, NLM_F_REQUEST, NetlinkDeserializable, NetlinkHeader, NetlinkMessage,
    NetlinkPayload, NetlinkSerializable,
};
use netlink_sys::protocols::{NETLINK_ROUTE, NETLINK_SOCK_DIAG};
use netlink_sys::{Socket, SocketAddr};

use message::{Request, Response};

pub(super) use link::{InterfaceAddress, LinkEntry};
pub(super) use neighbour::NeighbourEntry;
pub(super) use route::{Flow, RouteReply, RouteSelector};
pub(super) use sock_diag::{SockDiagRequest, SocketEntry, TCP_LISTEN, UDP_UNCONNECTED};

/// Receive buffer: the largest part of a dump (`netlink_recvmsg`, `net/netlink/af_netlink.c`).
const BUFFER_SIZE: usize = 32_768;

/// Alignment of messages (`NLMSG_ALIGNTO`).
const ALIGNMENT: usize = 4;

/// A netlink socket. Opening it costs more than a request: reuse it for several.
pub(super) struct NetlinkSocket {
    socket: Socket,
    /// Number of the last request.
    sequence: Cell<u32>,
}

impl NetlinkSocket {
    /// Opens a socket for rtnetlink(7). `None`: socket(2) failed, such as without a free descriptor.
    pub(super) fn rtnetlink() -> Option<Self> {
        Self::open(NETLINK_ROUTE)
    }

    /// Opens a socket for `sock_diag(7)`. `None`: not allowed, as in some containers.
    pub(super) fn sock_diag() -> Option<Self> {
        Self::open(NETLINK_SOCK_DIAG)
    }

    fn open(protocol: isize) -> Option<Self> {
        let socket = Socket::new(protocol).ok()?;
        socket.connect(&SocketAddr::new(0, 0)).ok()?;
        let sequence = Cell::new(0);
        Some(Self { socket, sequence })
    }

    /// Looks up the route to `target` (`RTM_GETROUTE`). An error with an errno is the one that a packet would get; one
    /// without is a netlink error.
    pub(super) fn route(&self, target: IpAddr, selector: RouteSelector) -> io::Result<RouteReply> {
        match self.request(Request::Route(route::request(target, selector)))? {
            Response::Route(reply) => RouteReply::decode(&reply, target).ok_or_else(unexpected),
            Response::Neighbour(_) => Err(unexpected()),
        }
    }

    /// Looks up one neighbour entry (`RTM_GETNEIGH`). `None`: no such entry.
    pub(super) fn neighbour(&self, interface: u32, address: IpAddr) -> Option<NeighbourEntry> {
        let request = Request::Neighbour(neighbour::request(interface, address));
        match self.request(request).ok()? {
            Response::Neighbour(entry) => Some(NeighbourEntry::decode(entry)),
            Response::Route(_) => None,
        }
    }

    /// All interfaces (`RTM_GETLINK`).
    pub(super) fn links(&self) -> io::Result<Vec<LinkEntry>> {
        self.dump(link::DumpRequest::Links)
    }

    /// All addresses of all interfaces (`RTM_GETADDR`).
    pub(super) fn addresses(&self) -> io::Result<Vec<InterfaceAddress>> {
        self.dump(link::DumpRequest::Addresses)
    }

    /// All sockets that match (`SOCK_DIAG_BY_FAMILY`). ENOENT: the kernel lacks the module for them.
    pub(super) fn sockets(&self, request: SockDiagRequest) -> io::Result<Vec<SocketEntry>> {
        self.dump(request)
    }

    /// Sends a request and receives its response, or the kernel's error.
    fn request(&self, request: Request) -> io::Result<Response> {
        let sequence = self.send(request, NLM_F_REQUEST)?;
        loop {
            if let Some(message) = self.receive(sequence)?.into_iter().next() {
                return match message {
                    NetlinkPayload::InnerMessage(response) => Ok(response),
                    NetlinkPayload::Error(error) => Err(error.to_io()),
                    _ => Err(unexpected()),
                };
            }
        }
    }

    /// Sends a dump request and receives all entries.
    fn dump<Entry: NetlinkDeserializable>(
        &self,
        request: impl NetlinkSerializable,
    ) -> io::Result<Vec<Entry>> {
        let sequence = self.send(request, NLM_F_REQUEST | NLM_F_DUMP)?;
        let mut entries = Vec::new();
        loop {
            for message in self.receive(sequence)? {
                match message {
                    NetlinkPayload::InnerMessage(entry) => entries.push(entry),
                    NetlinkPayload::Error(error) => return Err(error.to_io()),
                    // NLMSG_DONE of an aborted dump carries the errno.
                    NetlinkPayload::Done(done) if done.code < 0 => {
                        return Err(io::Error::from_raw_os_error(-done.code));
                    }
                    NetlinkPayload::Done(_) => return Ok(entries),
                    _ => {}
                }
            }
        }
    }

    /// Sends a request and returns its sequence number.
    fn send(&self, request: impl NetlinkSerializable, flags: u16) -> io::Result<u32> {
        let mut header = NetlinkHeader::default();
        header.flags = flags;
        header.sequence_number = self.sequence.get().wrapping_add(1);
        self.sequence.set(header.sequence_number);
        let mut message = NetlinkMessage::new(header, NetlinkPayload::InnerMessage(request));
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        self.socket.send(&bytes, 0).map_err(io::Error::other)?;
        Ok(header.sequence_number)
    }

    /// Receives messages with this sequence number. Those of an earlier request, interrupted by a signal, are
    /// discarded.
    fn receive<Message: NetlinkDeserializable>(
        &self,
        sequence: u32,
    ) -> io::Result<Vec<NetlinkPayload<Message>>> {
        let mut bytes = Vec::with_capacity(BUFFER_SIZE);
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
            if message.header.sequence_number == sequence {
                messages.push(message.payload);
            }
        }
        Ok(messages)
    }
}

/// A response of the wrong type.
fn unexpected() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use netlink_packet_route::route::RouteType;
    use std::net::Ipv4Addr;

    /// A documentation address (RFC 5737), in no neighbour table.
    const ABSENT: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 77));

    fn rtnetlink() -> NetlinkSocket {
        NetlinkSocket::rtnetlink().expect("a netlink socket")
    }

    fn route_to_loopback(netlink: &NetlinkSocket, last: u8) -> RouteReply {
        let target = Ipv4Addr::new(127, 0, 0, last).into();
        let route = netlink.route(target, RouteSelector::default());
        route.expect("a route to loopback")
    }

    #[test]
    fn route_to_loopback_is_local() {
        let route = route_to_loopback(&rtnetlink(), 1);
        assert_eq!(route.kind, RouteType::Local);
        assert_eq!(route.next_hop, IpAddr::from(Ipv4Addr::LOCALHOST));
    }

    #[test]
    fn unresolved_address_has_no_neighbour_entry() {
        assert_eq!(rtnetlink().neighbour(1, ABSENT), None);
    }

    #[test]
    fn responses_match_requests_also_after_errors() {
        let netlink = rtnetlink();
        for last in 1..=20 {
            let next_hop = route_to_loopback(&netlink, last).next_hop;
            assert_eq!(next_hop, IpAddr::from([127, 0, 0, last]));
            assert_eq!(netlink.neighbour(1, ABSENT), None, "an error response");
        }
    }

    #[test]
    fn response_to_an_earlier_request_is_discarded() {
        let netlink = rtnetlink();
        let target = Ipv4Addr::new(127, 0, 0, 9).into();
        let request = route::request(target, RouteSelector::default());
        let sent = netlink.send(Request::Route(request), NLM_F_REQUEST);
        assert!(sent.is_ok());
        let next_hop = route_to_loopback(&netlink, 1).next_hop;
        assert_eq!(next_hop, IpAddr::from(Ipv4Addr::LOCALHOST));
    }
}
