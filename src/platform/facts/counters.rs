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
    udp_receive_drops = "UdpRcvbufErrors":
        "UDP datagrams over IPv4 dropped because the socket's receive buffer was full.",
    udp_receive_drops_v6 = "Udp6RcvbufErrors":
        "UDP datagrams over IPv6 dropped because the socket's receive buffer was full.",
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
    fn each_counter_is_found_by_its_name() {
        let found = Counters::read(|name| (name == "Udp6RcvbufErrors").then_some(3));
        let expected = Counters {
            udp_receive_drops_v6: Some(3),
            ..Counters::default()
        };
        assert_eq!(found, expected);
    }
}
