//! The kernel's counters of what it dropped, and why.

macro_rules! counters {
    ($($field:ident = $name:literal: $doc:literal,)*) => {
        /// Counters of this network namespace since it began, each by its name in nstat(8); what they count is
        /// told in the kernel's `Documentation/networking/snmp_counter.rst` and RFC 4293. A counter that this kernel
        /// does not have is absent.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Counters {
            $(#[doc = concat!("`", $name, "`: ", $doc)] pub $field: Option<u64>,)*
        }

        impl Counters {
            /// Takes each counter from where `value` finds it by its name.
            #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
            pub(in crate::platform) fn read(value: impl Fn(&str) -> Option<u64>) -> Self {
                Self { $($field: value($name),)* }
            }

            /// How much each has grown since `earlier`; absent where either is.
            #[must_use]
            pub fn since(&self, earlier: &Self) -> Self {
                Self { $($field: growth(self.$field, earlier.$field),)* }
            }
        }
    };
}

counters! {
    listen_overflows = "TcpExtListenOverflows":
        "SYNs and handshakes turned away because a listener's accept queue was full.",
    listen_drops = "TcpExtListenDrops":
        "all that listeners turned away, the overflows and those for want of memory or a route among them.",
    retransmit_failures = "TcpExtTCPRetransFail":
        "TCP retransmissions that this machine itself did not send: its firewall or a queue refused them.",
    reverse_path_filtered = "TcpExtIPReversePathFilter":
        "IPv4 packets dropped on arrival because their sender is not reached by that interface (`rp_filter`).",
    received = "IpInReceives":
        "IPv4 packets that arrived.",
    delivered = "IpInDelivers":
        "IPv4 packets that were for this machine and passed its rules of INPUT.",
    forwarded = "IpForwDatagrams":
        "IPv4 packets that were for others and were sent on.",
    header_errors = "IpInHdrErrors":
        "IPv4 packets dropped on arrival for what is in their header.",
    address_errors = "IpInAddrErrors":
        "IPv4 packets dropped on arrival because they were for nobody here.",
    multicast = "IpExtInMcastPkts":
        "IPv4 multicast packets that arrived and that somebody here listens to.",
    unknown_protocols = "IpInUnknownProtos":
        "IPv4 packets of a protocol that nobody here speaks.",
    reassembly_requests = "IpReasmReqds":
        "IPv4 fragments that arrived.",
    received_v6 = "Ip6InReceives":
        "IPv6 packets that arrived.",
    delivered_v6 = "Ip6InDelivers":
        "IPv6 packets that were for this machine and passed its rules of INPUT.",
    forwarded_v6 = "Ip6OutForwDatagrams":
        "IPv6 packets that were for others and were sent on.",
    header_errors_v6 = "Ip6InHdrErrors":
        "IPv6 packets dropped on arrival for what is in their header.",
    address_errors_v6 = "Ip6InAddrErrors":
        "IPv6 packets dropped on arrival because they were for nobody here.",
    multicast_v6 = "Ip6InMcastPkts":
        "IPv6 multicast packets that arrived.",
    unknown_protocols_v6 = "Ip6InUnknownProtos":
        "IPv6 packets of a protocol that nobody here speaks.",
    reassembly_requests_v6 = "Ip6ReasmReqds":
        "IPv6 fragments that arrived.",
    udp_receive_drops = "UdpRcvbufErrors":
        "UDP datagrams over IPv4 dropped because the socket's receive buffer was full.",
    udp_receive_drops_v6 = "Udp6RcvbufErrors":
        "UDP datagrams over IPv6 dropped because the socket's receive buffer was full.",
}

impl Counters {
    /// Packets of one family that arrived and went nowhere, for no reason that has a counter, at least: rules of INPUT or
    /// PREROUTING drop without one (`ip_local_deliver` in `net/ipv4/ip_input.c`). Of multicast and fragments none counts,
    /// for many of them are nobody's.
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

/// A counter that has shrunk is another namespace's.
fn growth(now: Option<u64>, earlier: Option<u64>) -> Option<u64> {
    now?.checked_sub(earlier?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_needs_both_counts() {
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
            let growth = counted(now).since(&counted(earlier));
            assert_eq!(growth, counted(expected), "{now:?} {earlier:?}");
        }
    }

    #[test]
    fn packets_that_went_nowhere_were_dropped() {
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
    fn each_counter_is_found_by_its_name() {
        let found = Counters::read(|name| (name == "Udp6RcvbufErrors").then_some(3));
        let expected = Counters {
            udp_receive_drops_v6: Some(3),
            ..Counters::default()
        };
        assert_eq!(found, expected);
    }
}
