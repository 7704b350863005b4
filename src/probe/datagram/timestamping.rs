//! The kernel stamps datagrams for everybody or for nobody, and switches that on a while after the first socket has
//! asked for it (`net_enable_timestamp` in net/core/dev.c leaves it to a work queue).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{SockAddr, Socket};

use crate::platform::{self, RecvBatch};

/// Longer than a work queue waits, but for a machine that is very busy.
const PATIENCE: Duration = Duration::from_millis(50);

/// Between two looks.
const PAUSE: Duration = Duration::from_micros(200);

/// A socket that keeps stamping switched on for as long as it is open; on return it is, where this system does so at
/// all. Without that the first probes of a run had no path rtt.
pub(super) fn on(target: SocketAddr, inbox: &mut RecvBatch) -> Option<Socket> {
    let socket = platform::udp_socket(target).ok()?;
    platform::stamp(&socket, false).ok()?;
    // A machine without loopback has a first probe without a figure, no more.
    let _ = settle(&socket, target.is_ipv4(), inbox);
    Some(socket)
}

/// Sends datagrams to itself until one is stamped.
fn settle(socket: &Socket, v4: bool, inbox: &mut RecvBatch) -> io::Result<()> {
    let own: IpAddr = if v4 {
        Ipv4Addr::LOCALHOST.into()
    } else {
        Ipv6Addr::LOCALHOST.into()
    };
    socket.bind(&SockAddr::from(SocketAddr::new(own, 0)))?;
    socket.connect(&socket.local_addr()?)?;
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        socket.send(&[0])?;
        let came = inbox.receive(socket, 1, false);
        if came.is_ok() && inbox.datagrams().any(|(received, _)| received.at.is_some()) {
            break;
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_first_datagram_after_it_is_stamped() {
        let mut inbox = RecvBatch::default();
        let kept = on(([127, 0, 0, 1], 9).into(), &mut inbox).expect("a socket");
        while inbox.receive(&kept, RecvBatch::ROOM, false).is_ok() {}
        kept.send(&[0]).expect("loopback");
        while inbox.receive(&kept, 1, false).is_err() {
            thread::sleep(PAUSE);
        }
        assert!(inbox.datagrams().all(|(received, _)| received.at.is_some()));
    }
}
