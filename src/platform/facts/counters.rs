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

            /// Every counter with its name.
            pub fn named(&self) -> impl Iterator<Item = (&'static str, Option<u64>)> {
                [$(($name, self.$field),)*].into_iter()
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
    syn_queue_drops = "TcpExtTCPReqQFullDrop":
        "SYNs dropped because a listener's SYN queue was full and cookies were off.",
    syn_queue_cookies = "TcpExtTCPReqQFullDoCookies":
        "SYNs answered with a cookie because a listener's SYN queue was full.",
    retransmit_failures = "TcpExtTCPRetransFail":
        "TCP retransmissions that this machine itself did not send: its firewall or a queue refused them.",
    reverse_path_filtered = "TcpExtIPReversePathFilter":
        "IPv4 packets dropped on arrival because their sender is not reached by that interface (`rp_filter`).",
    out_discards = "IpOutDiscards":
        "IPv4 packets of this machine dropped on their way out; those of TCP are told by `retransmit_failures` alone.",
    out_no_routes = "IpOutNoRoutes":
        "IPv4 packets of this machine without a route.",
    in_discards = "IpInDiscards":
        "IPv4 packets dropped on arrival.",
    fragmentation_failures = "IpFragFails":
        "IPv4 packets too large for the way, that may not be fragmented.",
    out_discards_v6 = "Ip6OutDiscards":
        "IPv6 packets of this machine dropped on their way out, but for those of TCP.",
    out_no_routes_v6 = "Ip6OutNoRoutes":
        "IPv6 packets of this machine without a route.",
    in_discards_v6 = "Ip6InDiscards":
        "IPv6 packets dropped on arrival.",
    udp_no_ports = "UdpNoPorts":
        "UDP datagrams over IPv4 for a port that nobody had bound.",
    udp_receive_drops = "UdpRcvbufErrors":
        "UDP datagrams over IPv4 dropped because the socket's receive buffer was full.",
    udp_send_drops = "UdpSndbufErrors":
        "UDP datagrams over IPv4 that found no room on their way out.",
    udp_no_ports_v6 = "Udp6NoPorts":
        "UDP datagrams over IPv6 for a port that nobody had bound.",
    udp_receive_drops_v6 = "Udp6RcvbufErrors":
        "UDP datagrams over IPv6 dropped because the socket's receive buffer was full.",
    udp_send_drops_v6 = "Udp6SndbufErrors":
        "UDP datagrams over IPv6 that found no room on their way out.",
    icmp_rate_limited = "IcmpOutRateLimitGlobal":
        "ICMP errors not sent because this machine had sent enough of them (`icmp_msgs_per_sec`).",
    icmp_rate_limited_by_host = "IcmpOutRateLimitHost":
        "ICMP errors not sent because their addressee had had enough of them (`icmp_ratelimit`).",
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
    fn each_counter_has_its_own_name() {
        let counters = Counters::read(|name| u64::try_from(name.len()).ok());
        for (name, value) in counters.named() {
            assert_eq!(value, u64::try_from(name.len()).ok(), "{name}");
        }
        let mut names: Vec<_> = counters.named().map(|(name, _)| name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
