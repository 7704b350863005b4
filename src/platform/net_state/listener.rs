//! Sockets that receive connections or datagrams on a port.

use std::net::IpAddr;

/// A listening TCP socket, or a UDP socket that is not connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Local address; unspecified: any address of the machine. An IPv6 socket bound to an IPv4-mapped address (RFC 4291
    /// section 2.5.5.2) has the IPv4 address here, because it receives no IPv6.
    pub address: IpAddr,
    /// The interface it is bound to (`SO_BINDTODEVICE`).
    pub interface: Option<String>,
    /// `IPV6_V6ONLY`. Absent for IPv4, or where the system does not report it.
    pub v6_only: Option<bool>,
    /// Length of the accept queue, `Recv-Q` of ss(8). Absent for UDP.
    pub accept_queue: Option<u32>,
    /// The backlog of listen(2) as limited by the system, `Send-Q` of ss(8). Absent for UDP, or where the system does
    /// not report it.
    pub backlog: Option<u32>,
    /// The first process that has the socket open. Absent without permission to see it.
    pub process: Option<Process>,
    /// Owner of the socket.
    pub uid: Option<u32>,
}

/// A process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Process ID.
    pub pid: u32,
    /// Its name, which the process can set; Linux keeps 15 bytes (`PR_SET_NAME`, prctl(2)).
    pub name: String,
}

impl Listener {
    /// Whether the accept queue is full: the kernel drops SYNs and the last ACK of a handshake. The queue holds one
    /// connection more than the backlog (`sk_acceptq_is_full`, `include/net/sock.h`).
    pub fn is_full(&self) -> bool {
        let queue = self.accept_queue.zip(self.backlog);
        queue.is_some_and(|(queued, backlog)| queued > backlog)
    }

    /// Whether packets to this local address reach this socket, apart from the interface it is bound to. An IPv6
    /// listener with unknown `IPV6_V6ONLY` counts as dual-stack, the default (ipv6(7)).
    pub fn matches(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        match self.address {
            IpAddr::V4(own) if own.is_unspecified() => address.is_ipv4(),
            IpAddr::V6(own) if own.is_unspecified() => {
                address.is_ipv6() || self.v6_only != Some(true)
            }
            own => own == address,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listener(address: &str, v6_only: Option<bool>) -> Listener {
        Listener {
            address: address.parse().expect("an address"),
            interface: None,
            v6_only,
            accept_queue: None,
            backlog: None,
            process: None,
            uid: None,
        }
    }

    #[test]
    fn accept_queue_holds_one_more_than_backlog() {
        let cases = [
            (Some(0), Some(0), false),
            (Some(1), Some(0), true),
            (Some(5), Some(5), false),
            (Some(6), Some(5), true),
            (None, Some(5), false),
            (Some(6), None, false),
        ];
        for (accept_queue, backlog, full) in cases {
            let listener = Listener {
                accept_queue,
                backlog,
                ..listener("0.0.0.0", None)
            };
            assert_eq!(listener.is_full(), full, "{accept_queue:?} of {backlog:?}");
        }
    }

    #[test]
    fn specific_and_unspecified_addresses_match() {
        let cases = [
            ("127.0.0.1", None, "127.0.0.1", true),
            ("127.0.0.1", None, "::ffff:127.0.0.1", true),
            ("127.0.0.1", None, "127.0.0.2", false),
            ("127.0.0.1", None, "::1", false),
            ("0.0.0.0", None, "127.0.0.2", true),
            ("0.0.0.0", None, "::1", false),
            ("::", Some(false), "::1", true),
            ("::", Some(false), "127.0.0.1", true),
            ("::", Some(true), "127.0.0.1", false),
            ("::", Some(true), "::ffff:127.0.0.1", false),
            ("::", None, "127.0.0.1", true),
            ("::1", Some(false), "127.0.0.1", false),
        ];
        for (own, v6_only, address, expected) in cases {
            let listener = listener(own, v6_only);
            let address = address.parse().expect("an address");
            assert_eq!(
                listener.matches(address),
                expected,
                "{address} by {listener:?}"
            );
        }
    }
}
