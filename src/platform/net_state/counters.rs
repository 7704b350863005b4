//! Kernel counters of received and dropped packets.

macro_rules! counters {
    ($($field:ident = $name:literal: $doc:literal,)*) => {
        /// Counters of this network namespace since its creation, by their names in nstat(8). Defined in the kernel's
        /// `Documentation/networking/snmp_counter.rst` and RFC 4293. A counter that this kernel lacks is absent.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Counters {
            $(#[doc = concat!("`", $name, "`: ", $doc)] pub $field: Option<u64>,)*
        }

        impl Counters {
            /// Reads each counter by its name.
            #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
            pub(in crate::platform) fn read(value: impl Fn(&str) -> Option<u64>) -> Self {
                Self { $($field: value($name),)* }
            }

            /// Increase since `earlier`; absent where either value is.
            #[must_use]
            pub fn since(&self, earlier: &Self) -> Self {
                Self { $($field: increase(self.$field, earlier.$field),)* }
            }
        }
    };
}

counters! {
    listen_overflows = "TcpExtListenOverflows":
        "SYNs and final ACKs dropped because a listener's accept queue was full.",
    listen_drops = "TcpExtListenDrops":
        "SYNs and final ACKs dropped by listeners: overflows, no memory, no route.",
    retransmit_failures = "TcpExtTCPRetransFail":
        "TCP retransmissions that failed locally: dropped by the local firewall or a queue.",
    reverse_path_filtered = "TcpExtIPReversePathFilter":
        "IPv4 packets dropped by reverse path filtering (`rp_filter`).",
    received = "IpInReceives":
        "IPv4 packets received.",
    delivered = "IpInDelivers":
        "IPv4 packets delivered locally, after the INPUT rules.",
    forwarded = "IpForwDatagrams":
        "IPv4 packets forwarded.",
    header_errors = "IpInHdrErrors":
        "IPv4 packets dropped for header errors.",
    address_errors = "IpInAddrErrors":
        "IPv4 packets dropped because of their destination address.",
    multicast = "IpExtInMcastPkts":
        "IPv4 multicast packets received for a joined group.",
    unknown_protocols = "IpInUnknownProtos":
        "IPv4 packets of an unknown protocol.",
    reassembly_requests = "IpReasmReqds":
        "IPv4 fragments received.",
    received_v6 = "Ip6InReceives":
        "IPv6 packets received.",
    delivered_v6 = "Ip6InDelivers":
        "IPv6 packets delivered locally, after the INPUT rules.",
    forwarded_v6 = "Ip6OutForwDatagrams":
        "IPv6 packets forwarded.",
    header_errors_v6 = "Ip6InHdrErrors":
        "IPv6 packets dropped for header errors.",
    address_errors_v6 = "Ip6InAddrErrors":
        "IPv6 packets dropped because of their destination address.",
    multicast_v6 = "Ip6InMcastPkts":
        "IPv6 multicast packets received.",
    unknown_protocols_v6 = "Ip6InUnknownProtos":
        "IPv6 packets of an unknown protocol.",
    reassembly_requests_v6 = "Ip6ReasmReqds":
        "IPv6 fragments received.",
    udp_receive_drops = "UdpRcvbufErrors":
        "UDP datagrams over IPv4 dropped because the socket's receive buffer was full.",
    udp_receive_drops_v6 = "Udp6RcvbufErrors":
        "UDP datagrams over IPv6 dropped because the socket's receive buffer was full.",
}

impl Counters {
    /// Lower bound of the packets of one family that were received and dropped without a counter of their own: rules of
    /// INPUT or PREROUTING drop so (`ip_local_deliver` in `net/ipv4/ip_input.c`). Multicast and fragments are left out.
    pub fn dropped_on_arrival(&self, v4: bool) -> Option<u64> {
        let (received, accounted) = if v4 {
            let known = [
                self.delivered,
                self.forwarded,
                self.header_errors,
                self.address_errors,
                self.multicast,
                self.unknown_protocols,
                self.reassembly_requests,
            ];
            (self.received?, known)
        } else {
            let known = [
                self.delivered_v6,
                self.forwarded_v6,
                self.header_errors_v6,
                self.address_errors_v6,
                self.multicast_v6,
                self.unknown_protocols_v6,
                self.reassembly_requests_v6,
            ];
            (self.received_v6?, known)
        };
        let filtered = self.reverse_path_filtered.filter(|_| v4).unwrap_or(0);
        let accounted: Option<Vec<u64>> = accounted.into_iter().collect();
        Some(received.saturating_sub(accounted?.iter().sum::<u64>() + filtered))
    }
}

/// A smaller value is another namespace's.
fn increase(now: Option<u64>, earlier: Option<u64>) -> Option<u64> {
    now?.checked_sub(earlier?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn increase_needs_both_values() {
        let cases = [
            (Some(7), Some(5), Some(2)),
            (Some(5), Some(5), Some(0)),
            (Some(5), Some(7), None),
            (Some(5), None, None),
            (None, Some(5), None),
            (None, None, None),
        ];
        for (now, earlier, expected) in cases {
            let counted = |listen_drops| Counters {
                listen_drops,
                ..Counters::default()
            };
            let increase = counted(now).since(&counted(earlier));
            assert_eq!(increase, counted(expected), "{now:?} {earlier:?}");
        }
    }

    #[test]
    fn uncounted_packets_are_dropped_on_arrival() {
        let found = Counters {
            received: Some(20),
            delivered: Some(7),
            forwarded: Some(1),
            header_errors: Some(0),
            address_errors: Some(2),
            multicast: Some(0),
            unknown_protocols: Some(0),
            reassembly_requests: Some(0),
            ..Counters::default()
        };
        assert_eq!(found.dropped_on_arrival(true), Some(10));
        assert_eq!(found.dropped_on_arrival(false), None);
        let filtered = Counters {
            reverse_path_filtered: Some(10),
            ..found
        };
        assert_eq!(filtered.dropped_on_arrival(true), Some(0));
        let noisy = Counters {
            multicast: Some(4),
            unknown_protocols: Some(3),
            reassembly_requests: Some(2),
            ..found
        };
        assert_eq!(noisy.dropped_on_arrival(true), Some(1));
    }

    #[test]
    fn counter_is_read_by_name() {
        let found = Counters::read(|name| (name == "Udp6RcvbufErrors").then_some(3));
        let expected = Counters {
            udp_receive_drops_v6: Some(3),
            ..Counters::default()
        };
        assert_eq!(found, expected);
    }
}
