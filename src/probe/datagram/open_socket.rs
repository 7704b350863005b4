//! Selects or opens the socket for a request, with options, local port and peer as configured.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use socket2::{SockAddr, Socket};

use super::DatagramProbes;
use super::destination::DatagramDestination;
use super::probe_socket::ProbeSocket;
use crate::hosts::Protocol;
use crate::platform::{self, EchoSocket, Poller};
use crate::probe::local_ports::PortRange;
use crate::probe::poll_token::{PollToken, SocketId};
use crate::probe::setup_error::SetupError;
use crate::probe::socket_options::{apply_override, bind, port_zero, set_options};

/// Sockets opened until the kernel's random local port is not the destination port of a local target.
const MAX_TRIES: usize = 4;

/// A socket that is ready to send, with its two addresses.
struct Connected {
    socket: Socket,
    local: SocketAddr,
    peer: SocketAddr,
}

impl DatagramProbes {
    /// The socket for the next request to a destination: an available one, a new one, or, where too few local ports
    /// are configured, one that requests share.
    pub(super) fn select_socket(
        &mut self,
        poller: &Poller,
        destination: usize,
        now: Instant,
    ) -> Result<SocketId, SetupError> {
        let to = &self.destinations[destination];
        let (probe_override, address) = (to.probe_override, to.address);
        // An ICMP identifier is one flow, as for ping(8). Configured ports are reused, because there are no others.
        let keep_port = self.ports.is_some() || to.protocol == Protocol::Icmp;
        let can_share_port = self.ports.is_some() && to.has_verifiable_replies();
        let max_per_socket = self.max_per_socket(destination);
        let available = self
            .sockets
            .take_available(destination, now, keep_port, max_per_socket);
        if let Some(id) = available {
            return Ok(id);
        }
        loop {
            let error = match self.open(poller, destination) {
                Err(error) if error.is_resource_exhausted() => error,
                result => return result,
            };
            // The TTL of a shared socket cannot be set back to the default.
            let can_share = can_share_port && probe_override.is_none_or(|it| it.ttl.is_some());
            if can_share && let Some(id) = self.sockets.take_any(destination) {
                if let Some((probe_override, socket)) = probe_override.zip(self.sockets.get(id)) {
                    apply_override(&socket.socket, address, probe_override)?;
                }
                return Ok(id);
            }
            // Without verifiable replies a draining socket of this destination stays open: a duplicate received on
            // its port would match the next request.
            let except = (self.ports.is_some() && !can_share_port).then_some(destination);
            let Some(unused) = self.sockets.take_unused(except) else {
                return Err(error);
            };
            self.close(poller, unused);
        }
    }

    fn open(&mut self, poller: &Poller, destination: usize) -> Result<SocketId, SetupError> {
        let connected = self.connect_to_other(destination)?;
        let Connected {
            socket,
            local,
            peer,
        } = connected;
        self.sockets.try_insert_with_key(|id| {
            let token = PollToken::DatagramSocket(id).encode();
            poller.register_recv(&socket, token)?;
            Ok(ProbeSocket::new(socket, local, peer, destination))
        })
    }

    /// A socket whose two addresses differ: a socket connected to itself receives its own requests, which look like
    /// replies.
    fn connect_to_other(&mut self, destination: usize) -> Result<Connected, SetupError> {
        for _ in 0..MAX_TRIES {
            let connected = self.connect(destination)?;
            if connected.local != connected.peer {
                return Ok(connected);
            }
        }
        Err(SetupError::SelfConnect)
    }

    fn connect(&mut self, destination: usize) -> Result<Connected, SetupError> {
        let (socket, kind) = self.create_socket(destination)?;
        self.bind(&socket, destination)?;
        let DatagramDestination { address, codec, .. } = &self.destinations[destination];
        let mut peer = *address;
        if !codec.replies_from_any_port() {
            socket.connect(&SockAddr::from(*address))?;
            // The kernel replaces the unspecified address by a local one.
            let connected = socket.peer_addr().ok().and_then(|peer| peer.as_socket());
            peer = connected.unwrap_or(peer);
        }
        let local = socket.local_addr()?.as_socket();
        let mut local = local.unwrap_or_else(|| port_zero(None, *address));
        if kind == Some(EchoSocket::Raw) {
            let probe_override = self.destinations[destination].probe_override;
            let identifier = probe_override.and_then(|it| it.port);
            local.set_port(identifier.unwrap_or_else(|| self.icmp_identifier()));
        }
        Ok(Connected {
            socket,
            local,
            peer,
        })
    }

    /// An ICMP identifier for a raw socket, which has none; it differs from socket to socket.
    #[allow(clippy::cast_possible_truncation)] // it wraps
    fn icmp_identifier(&self) -> u16 {
        self.token_seed.wrapping_add(self.next_seq) as u16
    }

    /// Creates a socket and sets its options.
    fn create_socket(
        &self,
        destination: usize,
    ) -> Result<(Socket, Option<EchoSocket>), SetupError> {
        let DatagramDestination {
            protocol, address, ..
        } = self.destinations[destination];
        if address.ip().is_multicast() {
            return Err(SetupError::Multicast);
        }
        let (socket, kind) = if protocol == Protocol::Icmp {
            let (socket, kind) = platform::echo_socket(address).map_err(SetupError::OpenIcmp)?;
            (socket, Some(kind))
        } else {
            (platform::udp_socket(address)?, None)
        };
        set_options(&socket, address, &self.options)?;
        if let Some(probe_override) = self.destinations[destination].probe_override {
            apply_override(&socket, address, probe_override)?;
        }
        platform::enable_recvttl(&socket, address.is_ipv6())?;
        platform::enable_timestamping(&socket, self.tx_timestamps)?;
        platform::set_fragmentation(&socket, address.is_ipv6(), !self.options.dont_fragment)?;
        Ok((socket, kind))
    }

    /// Binds to the source address and local port, where configured.
    fn bind(&mut self, socket: &Socket, destination: usize) -> Result<(), SetupError> {
        let to = &self.destinations[destination];
        if let Some(port) = to.probe_override.and_then(|it| it.port) {
            let mut local = port_zero(self.source(to), to.address);
            local.set_port(port);
            return bind(socket, local).map_err(SetupError::Bind);
        }
        let has_ports = self.ports.is_some() && to.protocol == Protocol::Udp;
        match self.source(to) {
            Some(source) if has_ports => self.bind_to_port(socket, source, destination),
            Some(source) => socket
                .bind(&SockAddr::from(port_zero(Some(source), to.address)))
                .map_err(SetupError::Bind),
            None => Ok(()),
        }
    }

    /// The configured source address. For a socket that stays unconnected, else the one the route prefers.
    fn source(&self, to: &DatagramDestination) -> Option<IpAddr> {
        let configured = self.options.source.as_ref().map(|source| source.address);
        let preferred = || {
            let route = self.local_host.route_to(to.protocol, to.address)?;
            route.source
        };
        configured.or_else(|| to.codec.replies_from_any_port().then(preferred).flatten())
    }

    /// Binds to the next configured port without a socket to this destination. Sockets to other destinations may have
    /// the same port; of two sockets to one destination the kernel would deliver replies to either.
    fn bind_to_port(
        &mut self,
        socket: &Socket,
        source: IpAddr,
        destination: usize,
    ) -> Result<(), SetupError> {
        let mut in_use = SetupError::Bind(io::ErrorKind::AddrInUse.into());
        for _ in 0..self.ports.as_ref().map_or(0, PortRange::len) {
            let to = &mut self.destinations[destination];
            let ports = self.ports.as_ref();
            let Some(port) = ports.and_then(|ports| to.port_cursor.next(ports, 0)) else {
                break;
            };
            if self.sockets.is_port_in_use(destination, port) {
                continue;
            }
            match bind(socket, SocketAddr::new(source, port)).map_err(SetupError::Bind) {
                Err(error) if error.is_port_in_use() => in_use = error,
                result => return result,
            }
        }
        Err(in_use)
    }
}
