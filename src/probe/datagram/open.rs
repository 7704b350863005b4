//! Opening a line: a socket with every option, bound and connected as the plan wants.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use socket2::{SockAddr, Socket};

use super::line::Line;
use super::lines::LineId;
use super::{DatagramProbes, Destination};
use crate::outcome::judge::{self, Judgement};
use crate::outcome::{Errno, Evidence, LocalCause, Outcome};
use crate::platform::{self, EchoSocket, Journey, Poller, errno};
use crate::probe::Watch;
use crate::probe::socket::{any_port, is_out_of_descriptors, prepare};
use crate::target::Protocol;

/// A line that could not be opened: what failed, and whether it was the binding to a local address.
pub(super) struct OpenError {
    error: io::Error,
    binding: bool,
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        let binding = false;
        Self { error, binding }
    }
}

impl DatagramProbes {
    /// A line to carry the next probe to a destination: one that is idle, or a new one.
    pub(super) fn line(
        &mut self,
        poller: &Poller,
        destination: usize,
        now: Instant,
    ) -> Result<LineId, OpenError> {
        // An ICMP identifier is one flow, like ping's. Ports that the user chose are all there are.
        let lasting =
            self.ports.is_some() || self.destinations[destination].protocol == Protocol::Icmp;
        if let Some(line) = self.lines.take_idle(destination, now, lasting) {
            return Ok(line);
        }
        match self.open(poller, destination) {
            Err(failure) if failure.error.kind() == io::ErrorKind::AddrInUse => {
                self.lines.any(destination).ok_or(failure)
            }
            Err(failure) if is_out_of_descriptors(&failure.error) => {
                let spare = self.lines.take_spare().ok_or(failure)?;
                self.close(poller, spare);
                self.open(poller, destination)
            }
            result => result,
        }
    }

    fn open(&mut self, poller: &Poller, destination: usize) -> Result<LineId, OpenError> {
        let (socket, local) = self.connected(destination)?;
        let id = self.lines.reserve();
        if let Err(error) = poller.watch_answers(&socket, Watch::Line(id).token()) {
            self.lines.cancel(id);
            return Err(error.into());
        }
        self.lines.insert(id, Line::new(socket, local, destination));
        Ok(id)
    }

    /// A socket that hears the destination alone, and its own address.
    fn connected(&mut self, destination: usize) -> Result<(Socket, SocketAddr), OpenError> {
        let (socket, kind) = self.socket(destination)?;
        self.bind(&socket, destination)?;
        let Destination {
            address, speech, ..
        } = &self.destinations[destination];
        if !speech.answers_from_any_port() {
            socket.connect(&SockAddr::from(*address))?;
        }
        let local = socket.local_addr()?.as_socket();
        let mut local = local.unwrap_or_else(|| any_port(None, *address));
        if kind == Some(EchoSocket::Raw) {
            local.set_port(self.identifier());
        }
        Ok((socket, local))
    }

    /// An ICMP identifier for a raw socket, which has none of its own: any will do, as long as lines differ.
    #[allow(clippy::cast_possible_truncation)] // it wraps
    fn identifier(&self) -> u16 {
        self.seed.wrapping_add(self.number) as u16
    }

    /// A socket with its options set.
    fn socket(&self, destination: usize) -> io::Result<(Socket, Option<EchoSocket>)> {
        let Destination {
            protocol, address, ..
        } = self.destinations[destination];
        let (socket, kind) = if protocol == Protocol::Icmp {
            let (socket, kind) = platform::echo_socket(address)?;
            (socket, Some(kind))
        } else {
            (platform::udp_socket(address)?, None)
        };
        prepare(&socket, address, &self.options)?;
        platform::hear_ttl(&socket, address.is_ipv6())?;
        platform::stamp(&socket, self.stamp_sending)?;
        platform::fragment(&socket, address.is_ipv6(), !self.options.dont_fragment)?;
        Ok((socket, kind))
    }

    /// Binds to the source address and one of the ports, where these were chosen.
    fn bind(&mut self, socket: &Socket, destination: usize) -> Result<(), OpenError> {
        let place = &mut self.destinations[destination];
        let source = self.options.source.as_ref().map(|source| source.address);
        let source = match source {
            None if place.speech.answers_from_any_port() => {
                // Nothing else would tell the address that the datagram leaves with.
                Some(platform::source_address(place.address)?)
            }
            source => source,
        };
        let ports = self
            .ports
            .as_ref()
            .filter(|_| place.protocol == Protocol::Udp);
        let failed = |error| OpenError {
            error,
            binding: true,
        };
        let (Some(source), Some(ports)) = (source, ports) else {
            return match source {
                Some(_) => socket
                    .bind(&SockAddr::from(any_port(source, place.address)))
                    .map_err(failed),
                None => Ok(()),
            };
        };
        let mut taken = failed(io::ErrorKind::AddrInUse.into());
        for _ in 0..ports.len() {
            let Some(port) = place.walk.next(ports, 0) else {
                break;
            };
            match socket.bind(&SockAddr::from(SocketAddr::new(source, port))) {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => taken = failed(error),
                result => return result.map_err(failed),
            }
        }
        Err(taken)
    }

    /// Judges why a line could not be opened.
    pub(super) fn judge_failure(&self, destination: usize, failure: &OpenError) -> Judgement {
        let errno = errno(&failure.error);
        let local = |cause| (Outcome::Local(cause), Evidence::errno(errno));
        let Destination {
            protocol, address, ..
        } = self.destinations[destination];
        match errno {
            Errno::AddressNotAvailable | Errno::InvalidArgument if failure.binding => {
                local(LocalCause::AddressNotAvailable)
            }
            Errno::AccessDenied if failure.binding => local(LocalCause::Permission),
            // connect(2) to a broadcast address wants SO_BROADCAST (`ip4_datagram_connect` in net/ipv4/datagram.c).
            Errno::AccessDenied if self.is_broadcast(protocol, address) => {
                local(LocalCause::BroadcastTarget)
            }
            Errno::InvalidArgument if is_link_local(address) => local(LocalCause::NoRoute),
            Errno::AddressNotAvailable if platform::source_address(address).is_err() => {
                local(LocalCause::AddressNotAvailable)
            }
            _ => judge::failed_at_once(errno),
        }
    }

    fn is_broadcast(&self, protocol: Protocol, target: SocketAddr) -> bool {
        let local = None;
        self.here.is_broadcast(&Journey {
            protocol,
            target,
            local,
        })
    }
}

fn is_link_local(target: SocketAddr) -> bool {
    matches!(target.ip(), IpAddr::V6(v6) if v6.is_unicast_link_local())
}
