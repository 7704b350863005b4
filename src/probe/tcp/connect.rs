//! Starts a TCP handshake: socket, local port, `connect()`.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use socket2::{SockAddr, Socket};

use super::destination::TcpDestination;
use super::idle_sockets::IdleSockets;
use crate::plan::{CloseMode, Rate, SocketPlan};
use crate::platform;
use crate::probe::ProbeOverride;
use crate::probe::local_ports::PortRange;
use crate::probe::setup_error::SetupError;
use crate::probe::socket_options::{apply_override, bind, is_in_progress, port_zero, set_options};

/// Local ports tried before the kernel selects one.
const MAX_PORT_TRIES: usize = 8;

/// Starts handshakes.
pub(super) struct Connector {
    options: SocketPlan,
    /// Read the TTL of replies, which costs two system calls.
    pub(super) read_ttl: bool,
    ports: Option<PortRange>,
    /// Limits connect(2) to one local port, without bind(2) (`IP_LOCAL_PORT_RANGE`).
    set_local_port: fn(&Socket, u16) -> io::Result<()>,
    /// Reuse sockets. A bound socket keeps its port, so it cannot be reused.
    reuse_sockets: bool,
    idle_sockets: IdleSockets,
}

/// A handshake in progress.
pub(super) struct Connecting {
    pub(super) socket: Socket,
    /// Just before `connect()`.
    pub(super) sent_at: Instant,
    /// The local port; `None`: selected by the kernel.
    pub(super) port: Option<u16>,
    /// A reused socket, which the poller already watches.
    pub(super) is_reused: bool,
}

impl Connector {
    /// At the maximum rate sockets are reused, and the TTL of replies is not read.
    pub(super) fn new(options: SocketPlan, rate: Rate) -> Self {
        let configured = options.source.as_ref().and_then(|s| s.ports.as_ref());
        let ports = match configured {
            Some(range) => PortRange::from_range(range),
            None => platform::ephemeral_ports().and_then(PortRange::ephemeral),
        };
        let reusable = options.source.is_none() && options.close == CloseMode::Rst;
        Self {
            read_ttl: rate != Rate::Maximum,
            reuse_sockets: rate == Rate::Maximum && reusable && ports.is_some(),
            options,
            ports,
            set_local_port: platform::set_local_port,
            idle_sockets: IdleSockets::default(),
        }
    }

    /// Starts a handshake from the next local port that is not in use.
    pub(super) fn connect(
        &mut self,
        destination: &mut TcpDestination,
    ) -> Result<Connecting, SetupError> {
        let probe_override = destination.probe_override;
        if let Some(port) = probe_override.and_then(|it| it.port) {
            return self.connect_from(destination.address, Some(port), probe_override);
        }
        let mut in_use = SetupError::Socket(io::ErrorKind::AddrInUse.into());
        for _ in 0..self.max_port_tries() {
            let Some(port) = self.next_port(destination) else {
                in_use = SetupError::SelfConnect;
                break;
            };
            match self.connect_from(destination.address, Some(port), probe_override) {
                Err(error) if error.is_port_in_use() => in_use = error,
                result => return result,
            }
        }
        if self.has_configured_ports() {
            return Err(in_use);
        }
        // The kernel finds a free port, if there is one.
        self.connect_from(destination.address, None, probe_override)
    }

    fn max_port_tries(&self) -> usize {
        let ports = self.ports.as_ref().map_or(0, PortRange::len);
        if self.has_configured_ports() {
            ports
        } else {
            ports.min(MAX_PORT_TRIES)
        }
    }

    fn has_configured_ports(&self) -> bool {
        let source = self.options.source.as_ref();
        source.is_some_and(|source| source.ports.is_some())
    }

    fn next_port(&self, destination: &mut TcpDestination) -> Option<u16> {
        let range = self.ports.as_ref()?;
        let target_port = destination.address.port();
        let other = destination.port_cursor.next(range, target_port);
        // A remote target can be probed from its own port, if no other is configured.
        other.or_else(|| Some(target_port).filter(|_| !is_local(destination.address)))
    }

    fn connect_from(
        &mut self,
        address: SocketAddr,
        port: Option<u16>,
        probe_override: Option<ProbeOverride>,
    ) -> Result<Connecting, SetupError> {
        // A reused socket keeps the port range of its last probe, so it is only used with a new one.
        let idle = port.and_then(|_| self.idle_sockets.take(address));
        let is_reused = idle.is_some();
        let socket = idle.map_or_else(|| self.open(address), Ok)?;
        if let Some(probe_override) = probe_override {
            apply_override(&socket, address, probe_override)?;
            // Without it an ICMP error has no receive timestamp but the time of the wake-up.
            let _ = platform::enable_timestamping(&socket, false);
        }
        self.assign_local_port(&socket, address, port, probe_override)?;
        let sent_at = Instant::now();
        match socket.connect(&SockAddr::from(address)) {
            Err(error) if !is_in_progress(&error) => Err(error.into()),
            _ => Ok(Connecting {
                socket,
                sent_at,
                port,
                is_reused,
            }),
        }
    }

    /// Opens a socket and sets all options except the local port.
    fn open(&self, address: SocketAddr) -> io::Result<Socket> {
        let socket = platform::tcp_socket(address)?;
        set_options(&socket, address, &self.options)?;
        if self.read_ttl && address.is_ipv6() {
            // If it fails, the TTL is absent.
            let _ = platform::enable_recvttl(&socket, true);
        }
        Ok(socket)
    }

    /// Disconnects a socket and keeps it for the next probe to the same target. Only after a clean handshake, a FIN or
    /// a RST: nothing is pending that the next probe could take for its own. Returns a socket that is not reused.
    pub(super) fn recycle(&mut self, target: SocketAddr, socket: Socket) -> Result<(), Socket> {
        if self.reuse_sockets && platform::disconnect(&socket).is_ok() {
            self.idle_sockets.put(target, socket);
            return Ok(());
        }
        Err(socket)
    }

    /// Limits connect(2) to one port, which costs less than bind(2). A configured source address needs bind(2), as
    /// does a system without `IP_LOCAL_PORT_RANGE`.
    fn assign_local_port(
        &mut self,
        socket: &Socket,
        address: SocketAddr,
        port: Option<u16>,
        probe_override: Option<ProbeOverride>,
    ) -> Result<(), SetupError> {
        // The port of an override may lie outside the ephemeral range, where only bind(2) can set it.
        let is_ephemeral = probe_override.is_none_or(|it| it.port.is_none());
        match (port, &self.options.source) {
            (None, None) => return Ok(()),
            (Some(port), None) if is_ephemeral && (self.set_local_port)(socket, port).is_ok() => {
                return Ok(());
            }
            _ => {}
        }
        self.reuse_sockets = false;
        let source = self.options.source.as_ref().map(|source| source.address);
        let mut local = port_zero(source, address);
        local.set_port(port.unwrap_or(0));
        bind(socket, local).map_err(SetupError::Bind)
    }
}

/// Whether the target is an address of this machine.
fn is_local(target: SocketAddr) -> bool {
    platform::source_address(target).is_ok_and(|source| source == target.ip())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

    fn listener(v6: bool) -> (TcpListener, TcpDestination) {
        let listener = if v6 {
            TcpListener::bind((Ipv6Addr::LOCALHOST, 0))
        } else {
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        };
        let listener = listener.expect("a listener on the loopback interface");
        let address = listener.local_addr().expect("its address");
        (listener, TcpDestination::new(address))
    }

    /// At the maximum rate.
    fn connector(has_port_option: bool) -> Connector {
        let options = SocketPlan {
            close: CloseMode::Rst,
            ..SocketPlan::default()
        };
        let mut connector = Connector::new(options, Rate::Maximum);
        if !has_port_option {
            connector.set_local_port = |_, _| Err(io::ErrorKind::Unsupported.into());
        }
        connector
    }

    fn local_port(started: &Connecting) -> Option<u16> {
        Some(started.socket.local_addr().ok()?.as_socket()?.port())
    }

    /// The ports that the next handshake tries.
    fn next_ports(connector: &Connector, destination: &TcpDestination) -> Vec<u16> {
        let mut copy = TcpDestination::new(destination.address);
        copy.port_cursor = destination.port_cursor;
        let next = || connector.next_port(&mut copy);
        std::iter::repeat_with(next)
            .take(MAX_PORT_TRIES)
            .flatten()
            .collect()
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_local_port_is_one_of_the_next_with_and_without_ip_local_port_range() {
        for (v6, has_port_option) in [(false, true), (true, true), (false, false), (true, false)] {
            let (_listener, mut destination) = listener(v6);
            let mut connector = connector(has_port_option);
            let expected = next_ports(&connector, &destination);
            let started = connector.connect(&mut destination).expect("a handshake");
            assert!(started.port.is_some());
            let port = local_port(&started).expect("a port");
            assert!(expected.contains(&port), "{port} is none of {expected:?}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_port_in_use_is_skipped() {
        for has_port_option in [true, false] {
            let (_listener, mut destination) = listener(false);
            let mut connector = connector(has_port_option);
            let in_use: Vec<_> = next_ports(&connector, &destination)[..3]
                .iter()
                .map(|port| TcpListener::bind((Ipv4Addr::UNSPECIFIED, *port)))
                .collect();
            let started = connector.connect(&mut destination).expect("a handshake");
            let port = local_port(&started).expect("a port");
            for listener in in_use.into_iter().flatten() {
                assert_ne!(listener.local_addr().expect("its address").port(), port);
            }
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_reused_socket_resets_its_connection_and_gets_another_port() {
        for v6 in [false, true] {
            let (listener, mut destination) = listener(v6);
            let mut connector = connector(true);
            let first = connector.connect(&mut destination).expect("a handshake");
            let (mut accepted, from) = listener.accept().expect("a connection");
            assert!(!first.is_reused);
            assert_eq!(Some(from.port()), local_port(&first));
            let Ok(()) = connector.recycle(destination.address, first.socket) else {
                return; // a kernel without `IP_LOCAL_PORT_RANGE`
            };
            let error = accepted.read(&mut [0]).expect_err("a RST, not a FIN");
            assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
            let second = connector.connect(&mut destination).expect("a handshake");
            let (_, from_again) = listener.accept().expect("a connection");
            assert!(second.is_reused);
            assert_eq!(Some(from_again.port()), local_port(&second));
            assert_ne!(from, from_again);
        }
    }

    #[test]
    fn a_bound_socket_is_not_reused() {
        let (_listener, mut destination) = listener(false);
        let mut connector = connector(false);
        let started = connector.connect(&mut destination).expect("a handshake");
        assert!(
            connector
                .recycle(destination.address, started.socket)
                .is_err()
        );
    }
}
