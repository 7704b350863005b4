//! Who on this machine hears a port.

use std::net::IpAddr;

/// A socket that takes connections (TCP), or datagrams from anybody (UDP).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// The address it is bound to: unspecified where any address of the machine will do. An IPv6 socket bound to
    /// a mapped address (RFC 4291 section 2.5.5.2) shows the IPv4 address, for it hears no IPv6.
    pub address: IpAddr,
    /// The interface it is bound to, if it is (`SO_BINDTODEVICE`): it hears nothing from elsewhere.
    pub interface: Option<String>,
    /// Whether an IPv6 listener hears IPv6 alone (`IPV6_V6ONLY`); absent for IPv4, or where the system does not tell.
    pub v6_only: Option<bool>,
    /// Connections that wait for accept(2). Absent for UDP.
    pub accept_queue: Option<u32>,
    /// The backlog of listen(2), as far as the system allowed it. Absent for UDP, or where the system does not tell.
    pub backlog: Option<u32>,
    /// A process that has the socket open: the first one, where several share it. Absent where this user may not
    /// see it.
    pub process: Option<Process>,
    /// The user who opened the socket.
    pub uid: Option<u32>,
}

/// A process, by what everybody calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// Its name, which it can choose freely; Linux keeps 15 bytes of it (`PR_SET_NAME`, prctl(2)).
    pub name: String,
}

impl Listener {
    /// Whether the accept queue is full, so that the kernel ignores SYNs and the last ACK of a handshake. It takes
    /// one connection more than the backlog says (`sk_acceptq_is_full`, `include/net/sock.h`).
    pub fn is_full(&self) -> bool {
        let queue = self.accept_queue.zip(self.backlog);
        queue.is_some_and(|(queued, backlog)| queued > backlog)
    }

    /// Whether packets to this address of the machine are for this socket, if they come by the right interface.
    /// An IPv6 listener of which nothing is known hears IPv4 too, as is the default (ipv6(7)).
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
    fn a_queue_takes_one_more_than_its_room() {
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
    fn an_address_is_heard_by_its_own_listener_and_by_those_on_any() {
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
        for (own, v6_only, address, heard) in cases {
            let listener = listener(own, v6_only);
            let address = address.parse().expect("an address");
            assert_eq!(
                listener.matches(address),
                heard,
                "{address} by {listener:?}"
            );
        }
    }
}
