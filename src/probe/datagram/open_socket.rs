//! Opening a line: a socket with every option, bound and connected as the plan wants.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use socket2::{SockAddr, Socket};

use super::DatagramProbes;
use super::destination::Destination;
use super::probe_socket::Line;
use super::socket_pool::LineId;
use crate::hosts::Protocol;
use crate::platform::{self, EchoSocket, Poller};
use crate::probe::Watch;
use crate::probe::local_ports::PortRange;
use crate::probe::setup_error::SetupError;
use crate::probe::socket_options::{any_port, bind, prepare, put_on};

/// Sockets opened in the hope for a port that is not the target's own; the kernel draws at random.
const TRIES: usize = 4;

/// A socket that is ready to send, with the addresses of its two ends.
struct Connected {
    socket: Socket,
    local: SocketAddr,
    peer: SocketAddr,
}

impl DatagramProbes {
    /// A line to carry the next probe to a destination: one that has room for it, or a new one, or where the user
    /// chose too few ports for that, one that probes share.
    pub(super) fn line(
        &mut self,
        poller: &Poller,
        destination: usize,
        now: Instant,
    ) -> Result<LineId, SetupError> {
        let place = &self.destinations[destination];
        let (set_override, address) = (place.set_override, place.address);
        // An ICMP identifier is one flow, like ping's. Ports that the user chose are all there are.
        let lasting = self.ports.is_some() || place.protocol == Protocol::Icmp;
        let sharing = self.ports.is_some() && place.proves_itself();
        let together = self.together(destination);
        let open = self.lines.take_open(destination, now, lasting, together);
        if let Some(line) = open {
            return Ok(line);
        }
        loop {
            let failure = match self.open(poller, destination) {
                Err(failure) if failure.is_shortage() => failure,
                result => return result,
            };
            // A socket's TTL can be another one for each datagram, but it has no way back to the usual one.
            let can_share =
                sharing && set_override.is_none_or(|set_override| set_override.ttl.is_some());
            if can_share && let Some(id) = self.lines.any(destination) {
                if let Some((set_override, line)) = set_override.zip(self.lines.get(id)) {
                    put_on(&line.socket, address, set_override)?;
                }
                return Ok(id);
            }
            // Of its own kind a line is kept where a second answer could be taken for the next probe's.
            let but = (self.ports.is_some() && !sharing).then_some(destination);
            let Some(spare) = self.lines.take_spare(but) else {
                return Err(failure);
            };
            self.close(poller, spare);
        }
    }

    fn open(&mut self, poller: &Poller, destination: usize) -> Result<LineId, SetupError> {
        let connected = self.connected(destination)?;
        let id = self.lines.reserve();
        let watched = poller.watch_answers(&connected.socket, Watch::Line(id).token());
        if let Err(error) = watched {
            self.lines.cancel(id);
            return Err(error.into());
        }
        let Connected {
            socket,
            local,
            peer,
        } = connected;
        let line = Line::new(socket, local, peer, destination);
        self.lines.insert(id, line);
        Ok(id)
    }

    /// A socket that does not lead back to itself: a datagram to one's own port comes back, and a port where
    /// nobody listens would seem to answer.
    fn connected(&mut self, destination: usize) -> Result<Connected, SetupError> {
        for _ in 0..TRIES {
            let connected = self.connect(destination)?;
            if connected.local != connected.peer {
                return Ok(connected);
            }
        }
        Err(SetupError::MeetsItself)
    }

    fn connect(&mut self, destination: usize) -> Result<Connected, SetupError> {
        let (socket, kind) = self.socket(destination)?;
        self.bind(&socket, destination)?;
        let Destination {
            address, speech, ..
        } = &self.destinations[destination];
        let mut peer = *address;
        if !speech.answers_from_any_port() {
            socket.connect(&SockAddr::from(*address))?;
            // The unspecified address means this machine; the kernel says by which of its addresses.
            let connected = socket.peer_addr().ok().and_then(|peer| peer.as_socket());
            peer = connected.unwrap_or(peer);
        }
        let local = socket.local_addr()?.as_socket();
        let mut local = local.unwrap_or_else(|| any_port(None, *address));
        if kind == Some(EchoSocket::Raw) {
            let chosen = self.destinations[destination]
                .set_override
                .and_then(|it| it.port);
            local.set_port(chosen.unwrap_or_else(|| self.identifier()));
        }
        Ok(Connected {
            socket,
            local,
            peer,
        })
    }

    /// An ICMP identifier for a raw socket, which has none of its own: any will do, as long as lines differ.
    #[allow(clippy::cast_possible_truncation)] // it wraps
    fn identifier(&self) -> u16 {
        self.seed.wrapping_add(self.number) as u16
    }

    /// A socket with its options set.
    fn socket(&self, destination: usize) -> Result<(Socket, Option<EchoSocket>), SetupError> {
        let Destination {
            protocol, address, ..
        } = self.destinations[destination];
        if address.ip().is_multicast() {
            return Err(SetupError::Group);
        }
        let (socket, kind) = if protocol == Protocol::Icmp {
            let (socket, kind) = platform::echo_socket(address).map_err(SetupError::Open)?;
            (socket, Some(kind))
        } else {
            (platform::udp_socket(address)?, None)
        };
        prepare(&socket, address, &self.options)?;
        if let Some(set_override) = self.destinations[destination].set_override {
            put_on(&socket, address, set_override)?;
        }
        platform::hear_ttl(&socket, address.is_ipv6())?;
        platform::stamp(&socket, self.stamp_sending)?;
        platform::fragment(&socket, address.is_ipv6(), !self.options.dont_fragment)?;
        Ok((socket, kind))
    }

    /// Binds to the source address and one of the ports, where these were chosen.
    fn bind(&mut self, socket: &Socket, destination: usize) -> Result<(), SetupError> {
        let place = &self.destinations[destination];
        if let Some(port) = place
            .set_override
            .and_then(|set_override| set_override.port)
        {
            let mut local = any_port(self.source(place), place.address);
            local.set_port(port);
            return bind(socket, local).map_err(SetupError::Bind);
        }
        let ports = self.ports.is_some() && place.protocol == Protocol::Udp;
        match self.source(place) {
            Some(source) if ports => self.bind_to_port(socket, source, destination),
            Some(source) => socket
                .bind(&SockAddr::from(any_port(Some(source), place.address)))
                .map_err(SetupError::Bind),
            None => Ok(()),
        }
    }

    /// The address to send from, where it is chosen; and where nothing else would tell it, the kernel's choice.
    fn source(&self, place: &Destination) -> Option<IpAddr> {
        let chosen = self.options.source.as_ref().map(|source| source.address);
        let route = || self.here.route_to(place.protocol, place.address)?.source;
        chosen.or_else(|| place.speech.answers_from_any_port().then(route).flatten())
    }

    /// Binds to one of the chosen ports. Other destinations may be using it as well; two lines to the same one
    /// would take each other's answers.
    fn bind_to_port(
        &mut self,
        socket: &Socket,
        source: IpAddr,
        destination: usize,
    ) -> Result<(), SetupError> {
        let mut taken = SetupError::Bind(io::ErrorKind::AddrInUse.into());
        for _ in 0..self.ports.as_ref().map_or(0, PortRange::len) {
            let place = &mut self.destinations[destination];
            let ports = self.ports.as_ref();
            let Some(port) = ports.and_then(|ports| place.walk.next(ports, 0)) else {
                break;
            };
            if self.lines.is_in_use(destination, port) {
                continue;
            }
            match bind(socket, SocketAddr::new(source, port)).map_err(SetupError::Bind) {
                Err(failure) if failure.is_taken() => taken = failure,
                result => return result,
            }
        }
        Err(taken)
    }
}
