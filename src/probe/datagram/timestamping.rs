//! Enables kernel timestamps before the first probe.
//!
//! Receive timestamps are switched on for the whole system when the first socket requests them, asynchronously by a
//! work queue (`net_enable_timestamp` in net/core/dev.c).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{SockAddr, Socket};

use crate::platform::{self, RecvBatch};

/// Longer than the work queue takes on a machine that is not overloaded.
const MAX_WAIT: Duration = Duration::from_millis(50);

/// Between two tries.
const RETRY_INTERVAL: Duration = Duration::from_micros(200);

/// Opens a socket that keeps timestamps enabled while it is open, and waits until they are, on systems that have
/// them. Without it the first probes of a run have no path rtt.
pub(super) fn enable(target: SocketAddr, recv_batch: &mut RecvBatch) -> Option<Socket> {
    let socket = platform::udp_socket(target).ok()?;
    platform::enable_timestamping(&socket, false).ok()?;
    // Without a loopback interface the first probe has no path rtt, no more.
    let _ = wait_until_enabled(&socket, target.is_ipv4(), recv_batch);
    Some(socket)
}

/// Sends datagrams to itself until one has a timestamp.
fn wait_until_enabled(socket: &Socket, v4: bool, recv_batch: &mut RecvBatch) -> io::Result<()> {
    let loopback: IpAddr = if v4 {
        Ipv4Addr::LOCALHOST.into()
    } else {
        Ipv6Addr::LOCALHOST.into()
    };
    socket.bind(&SockAddr::from(SocketAddr::new(loopback, 0)))?;
    socket.connect(&socket.local_addr()?)?;
    let started = Instant::now();
    while started.elapsed() < MAX_WAIT {
        socket.send(&[0])?;
        let received = recv_batch.receive(socket, 1, false);
        let mut datagrams = recv_batch.datagrams();
        if received.is_ok() && datagrams.any(|(received, _)| received.at.is_some()) {
            break;
        }
        thread::sleep(RETRY_INTERVAL);
    }
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_next_datagram_has_a_timestamp() {
        let mut batch = RecvBatch::default();
        let socket = enable(([127, 0, 0, 1], 9).into(), &mut batch).expect("a socket");
        while batch.receive(&socket, RecvBatch::CAPACITY, false).is_ok() {}
        socket.send(&[0]).expect("loopback");
        while batch.receive(&socket, 1, false).is_err() {
            thread::sleep(RETRY_INTERVAL);
        }
        assert!(batch.datagrams().all(|(received, _)| received.at.is_some()));
    }
}
