//! The first half of a TCP probe: a socket, its local port, and `connect()`.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use socket2::{SockAddr, Socket};

use super::idle_sockets::Spares;
use crate::plan::{CloseMode, Rate, SocketPlan};
use crate::platform;
use crate::probe::ProbeOverride;
use crate::probe::local_ports::{PortRange, PortWalk};
use crate::probe::setup_error::SetupError;
use crate::probe::socket_options::{any_port, bind, is_under_way, prepare, put_on};

/// Taken ports tried before the kernel is asked to find one.
const PORT_TRIES: usize = 8;

/// Routes and addresses of this machine change seldom, but not never.
const LOCAL_ADDRESS_HOLDS: Duration = Duration::from_secs(1);

/// Starts handshakes.
pub(super) struct Connector {
    options: SocketPlan,
    /// Ask how far away the answer came from, where that can be told; it costs two system calls.
    pub(super) hear_hops: bool,
    ports: Option<PortRange>,
    /// How a socket is told its port without a bind(2).
    limit_ports: fn(&Socket, u16) -> io::Result<()>,
    /// Sockets are used again; a bound one could not take the next port.
    reuses: bool,
    spares: Spares,
}

/// Whom handshakes go to.
pub(super) struct Destination {
    pub(super) address: SocketAddr,
    walk: PortWalk,
    /// Probes go only so far.
    pub(super) set_override: Option<ProbeOverride>,
    /// The local address towards it, and when it was last asked for.
    local: Option<(Instant, IpAddr)>,
}

/// A handshake under way.
pub(super) struct ConnectStarted {
    pub(super) socket: Socket,
    /// Just before `connect()`.
    pub(super) sent_at: Instant,
    /// The local port; `None` where the kernel chose it, so that it can be any.
    pub(super) port: Option<u16>,
    /// The socket has carried a probe before, and a poller knows it.
    pub(super) is_known: bool,
}

impl Destination {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self {
            address,
            walk: PortWalk::anywhere(),
            set_override: None,
            local: None,
        }
    }

    /// It has another address from now on.
    pub(super) fn set_address(&mut self, address: SocketAddr) {
        self.address = address;
        self.local = None;
    }

    /// The local address towards it, if that was asked for lately.
    pub(super) fn known_local(&self, now: Instant) -> Option<IpAddr> {
        let (at, address) = self.local?;
        let lately = now.saturating_duration_since(at) < LOCAL_ADDRESS_HOLDS;
        lately.then_some(address)
    }

    /// Remembers a local address that was asked for.
    pub(super) fn learn_local(&mut self, now: Instant, address: IpAddr) {
        self.local = Some((now, address));
    }
}

impl Connector {
    /// At the maximum rate sockets are reused, and the TTL of replies is not read.
    pub(super) fn new(options: SocketPlan, rate: Rate) -> Self {
        let chosen = options.source.as_ref().and_then(|s| s.ports.as_ref());
        let ports = match chosen {
            Some(range) => PortRange::exactly(range),
            None => platform::ephemeral_ports().and_then(PortRange::ephemeral),
        };
        let free = options.source.is_none() && options.close == CloseMode::Rst;
        Self {
            hear_hops: rate != Rate::Maximum,
            reuses: rate == Rate::Maximum && free && ports.is_some(),
            options,
            ports,
            limit_ports: platform::limit_ports,
            spares: Spares::default(),
        }
    }

    /// Opens a socket and starts its handshake.
    pub(super) fn connect(
        &mut self,
        destination: &mut Destination,
    ) -> Result<ConnectStarted, SetupError> {
        let set_override = destination.set_override;
        if let Some(port) = set_override.and_then(|set_override| set_override.port) {
            return self.connect_from(destination.address, Some(port), set_override);
        }
        let mut taken = SetupError::Socket(io::ErrorKind::AddrInUse.into());
        for _ in 0..self.port_tries() {
            let Some(port) = self.next_port(destination) else {
                taken = SetupError::MeetsItself;
                break;
            };
            match self.connect_from(destination.address, Some(port), set_override) {
                Err(failure) if failure.is_taken() => taken = failure,
                result => return result,
            }
        }
        if self.ports_are_chosen() {
            return Err(taken);
        }
        // The kernel has the last word on whether a port is free.
        self.connect_from(destination.address, None, set_override)
    }

    fn port_tries(&self) -> usize {
        let ports = self.ports.as_ref().map_or(0, PortRange::len);
        if self.ports_are_chosen() {
            ports
        } else {
            ports.min(PORT_TRIES)
        }
    }

    fn ports_are_chosen(&self) -> bool {
        let source = self.options.source.as_ref();
        source.is_some_and(|source| source.ports.is_some())
    }

    fn next_port(&self, destination: &mut Destination) -> Option<u16> {
        let range = self.ports.as_ref()?;
        let own = destination.address.port();
        let other = destination.walk.next(range, own);
        // Another machine may well be asked from its own port, where the user wants no other.
        other.or_else(|| Some(own).filter(|_| !is_here(destination.address)))
    }

    fn connect_from(
        &mut self,
        address: SocketAddr,
        port: Option<u16>,
        set_override: Option<ProbeOverride>,
    ) -> Result<ConnectStarted, SetupError> {
        // Which ports a socket may have sticks to it.
        let spare = port.and_then(|_| self.spares.take(address));
        let is_known = spare.is_some();
        let socket = spare.map_or_else(|| self.open(address), Ok)?;
        if let Some(set_override) = set_override {
            put_on(&socket, address, set_override)?;
            // Without it the time of an ICMP error is that at which this process woke up.
            let _ = platform::stamp(&socket, false);
        }
        self.take_port(&socket, address, port, set_override)?;
        let sent_at = Instant::now();
        match socket.connect(&SockAddr::from(address)) {
            Err(error) if !is_under_way(&error) => Err(error.into()),
            _ => Ok(ConnectStarted {
                socket,
                sent_at,
                port,
                is_known,
            }),
        }
    }

    /// Opens a socket with every option but its port.
    fn open(&self, address: SocketAddr) -> io::Result<Socket> {
        let socket = platform::tcp_socket(address)?;
        prepare(&socket, address, &self.options)?;
        if self.hear_hops && address.is_ipv6() {
            // Worth nothing but a figure less if it fails.
            let _ = platform::hear_ttl(&socket, true);
        }
        Ok(socket)
    }

    /// Ends a connection, and keeps its socket for the next probe to the same target: the handshake was clean or
    /// refused, so nothing is left on it that the next one could take for its own.
    pub(super) fn keep(&mut self, target: SocketAddr, socket: Socket) -> Result<(), Socket> {
        if self.reuses && platform::disconnect(&socket).is_ok() {
            self.spares.keep(target, socket);
            return Ok(());
        }
        Err(socket)
    }

    /// Leaves connect(2) one port to choose from, which costs less than a bind(2) before it. A source address wants
    /// the bind(2), and so does a system that does not know how.
    fn take_port(
        &mut self,
        socket: &Socket,
        address: SocketAddr,
        port: Option<u16>,
        set_override: Option<ProbeOverride>,
    ) -> Result<(), SetupError> {
        // A port that must be this one may lie outside the kernel's range.
        let free = set_override.is_none_or(|set_override| set_override.port.is_none());
        match (port, &self.options.source) {
            (None, None) => return Ok(()),
            (Some(port), None) if free && (self.limit_ports)(socket, port).is_ok() => return Ok(()),
            _ => {}
        }
        self.reuses = false;
        let chosen = self.options.source.as_ref().map(|source| source.address);
        let mut local = any_port(chosen, address);
        local.set_port(port.unwrap_or(0));
        bind(socket, local).map_err(SetupError::Bind)
    }
}

/// Whether probes to this address stay on this machine.
fn is_here(target: SocketAddr) -> bool {
    platform::source_address(target).is_ok_and(|source| source == target.ip())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

    fn listener(v6: bool) -> (TcpListener, Destination) {
        let listener = if v6 {
            TcpListener::bind((Ipv6Addr::LOCALHOST, 0))
        } else {
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        };
        let listener = listener.expect("a listener on the loopback interface");
        let address = listener.local_addr().expect("its address");
        (listener, Destination::new(address))
    }

    /// At full speed.
    fn connector(can_limit: bool) -> Connector {
        let options = SocketPlan {
            close: CloseMode::Rst,
            ..SocketPlan::default()
        };
        let mut connector = Connector::new(options, Rate::Maximum);
        if !can_limit {
            connector.limit_ports = |_, _| Err(io::ErrorKind::Unsupported.into());
        }
        connector
    }

    fn port(started: &ConnectStarted) -> Option<u16> {
        Some(started.socket.local_addr().ok()?.as_socket()?.port())
    }

    /// The ports that come next, as many of them as are tried.
    fn next_ports(connector: &Connector, destination: &Destination) -> Vec<u16> {
        let mut ahead = Destination { ..*destination };
        let next = || connector.next_port(&mut ahead);
        std::iter::repeat_with(next)
            .take(PORT_TRIES)
            .flatten()
            .collect()
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_port_is_one_of_those_that_come_next_whoever_gives_it() {
        for (v6, can_limit) in [(false, true), (true, true), (false, false), (true, false)] {
            let (_listener, mut destination) = listener(v6);
            let mut connector = connector(can_limit);
            let expected = next_ports(&connector, &destination);
            let started = connector.connect(&mut destination).expect("a handshake");
            assert!(started.port.is_some());
            let port = port(&started).expect("a port");
            assert!(expected.contains(&port), "{port} is none of {expected:?}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_port_that_is_taken_is_passed_over() {
        for can_limit in [true, false] {
            let (_listener, mut destination) = listener(false);
            let mut connector = connector(can_limit);
            let taken: Vec<_> = next_ports(&connector, &destination)[..3]
                .iter()
                .map(|port| TcpListener::bind((Ipv4Addr::UNSPECIFIED, *port)))
                .collect();
            let started = connector.connect(&mut destination).expect("a handshake");
            let local = port(&started).expect("a port");
            for listener in taken.into_iter().flatten() {
                assert_ne!(listener.local_addr().expect("its address").port(), local);
            }
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_socket_used_again_resets_the_old_connection_and_takes_another_port() {
        for v6 in [false, true] {
            let (listener, mut destination) = listener(v6);
            let mut connector = connector(true);
            let first = connector.connect(&mut destination).expect("a handshake");
            let (mut accepted, from) = listener.accept().expect("a connection");
            assert!(!first.is_known);
            assert_eq!(Some(from.port()), port(&first));
            let Ok(()) = connector.keep(destination.address, first.socket) else {
                return; // a kernel without `IP_LOCAL_PORT_RANGE` closes it
            };
            let end = accepted.read(&mut [0]).expect_err("not an orderly end");
            assert_eq!(end.kind(), io::ErrorKind::ConnectionReset);
            let second = connector.connect(&mut destination).expect("a handshake");
            let (_, from_again) = listener.accept().expect("a connection");
            assert!(second.is_known);
            assert_eq!(Some(from_again.port()), port(&second));
            assert_ne!(from, from_again);
        }
    }

    #[test]
    fn a_socket_that_is_bound_is_not_used_again() {
        let (_listener, mut destination) = listener(false);
        let mut connector = connector(false);
        let started = connector.connect(&mut destination).expect("a handshake");
        assert!(connector.keep(destination.address, started.socket).is_err());
    }

    #[test]
    fn the_local_address_is_asked_for_again_after_a_while_and_after_a_move() {
        let (_listener, mut destination) = listener(false);
        let now = Instant::now();
        let own = [127, 0, 0, 1].into();
        assert_eq!(destination.known_local(now), None);
        destination.learn_local(now, own);
        assert_eq!(destination.known_local(now), Some(own));
        assert_eq!(destination.known_local(now + LOCAL_ADDRESS_HOLDS), None);
        destination.set_address(([127, 0, 0, 2], 1).into());
        assert_eq!(destination.known_local(now), None);
    }
}
