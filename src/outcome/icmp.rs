//! ICMP errors as the kernel hands them over, and their names.

use std::borrow::Cow;
use std::net::IpAddr;

/// One ICMP or `ICMPv6` error that answered a probe, with the device that sent it.
///
/// The kernel keeps it on the socket's error queue (`IP_RECVERR` in ip(7), `IPV6_RECVERR` in ipv6(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpError {
    /// Which ICMP: RFC 792 or RFC 4443.
    pub version: IcmpVersion,
    /// The message type, as on the wire.
    pub kind: u8,
    /// The message code, as on the wire.
    pub code: u8,
    /// Who sent it. Absent where the kernel could not tell.
    pub from: Option<IpAddr>,
    /// The next link's MTU in bytes, where the error is that the packet is too big for it and says so.
    pub mtu: Option<u32>,
}

/// The two ICMP protocols; their types and codes mean different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IcmpVersion {
    /// ICMP for IPv4, RFC 792.
    V4,
    /// ICMP for IPv6, RFC 4443.
    V6,
}

impl IcmpError {
    /// The stable kebab-case name of type and code; `icmp-TYPE-CODE` where the RFCs give none.
    ///
    /// Codes of IPv4: RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1.
    /// Codes of IPv6: RFC 4443 section 3. nftables' names for the last two are used.
    pub fn reason(&self) -> Cow<'static, str> {
        let known = match self.version {
            IcmpVersion::V4 => reason_v4(self.kind, self.code),
            IcmpVersion::V6 => reason_v6(self.kind, self.code),
        };
        known.map_or_else(
            || Cow::Owned(format!("icmp-{}-{}", self.kind, self.code)),
            Cow::Borrowed,
        )
    }

    /// Every name that a reason can have.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let codes = (0..=12).flat_map(|kind| (0..=15).map(move |code| (kind, code)));
        codes.flat_map(|(kind, code)| {
            [reason_v4(kind, code), reason_v6(kind, code)]
                .into_iter()
                .flatten()
        })
    }

    /// Whether this is an error at all. A redirect or a source quench reaches the error queue of a ping socket like
    /// one (`ping_err` in net/ipv4/ping.c), and the packet goes its way all the same (RFC 1122 section 3.2.2).
    pub fn is_error(&self) -> bool {
        match self.version {
            IcmpVersion::V4 => !matches!(self.kind, 4 | 5),
            IcmpVersion::V6 => self.kind < 128,
        }
    }

    /// Whether this says that the packet is too big for the next link (RFC 1191, RFC 8201).
    pub fn is_too_big(&self) -> bool {
        matches!(
            (self.version, self.kind, self.code),
            (IcmpVersion::V4, 3, 4) | (IcmpVersion::V6, 2, _)
        )
    }

    /// Whether this says that the packet's time to live ran out on its way.
    pub fn is_ttl_exceeded(&self) -> bool {
        matches!(
            (self.version, self.kind, self.code),
            (IcmpVersion::V4, 11, 0) | (IcmpVersion::V6, 3, 0)
        )
    }

    /// Whether this says that nothing listens on the port.
    pub fn is_port_unreachable(&self) -> bool {
        matches!(
            (self.version, self.kind, self.code),
            (IcmpVersion::V4, 3, 3) | (IcmpVersion::V6, 1, 4)
        )
    }

    /// Whether this says "no such host here", the error a failed neighbour lookup raises.
    ///
    /// `arp_error_report` (net/ipv4/route.c, `ipv4_link_failure`) sends 3/1 to the machine itself,
    /// `ip6_link_failure` (net/ipv6/route.c) sends 1/3.
    pub fn is_host_unreachable(&self) -> bool {
        matches!(
            (self.version, self.kind, self.code),
            (IcmpVersion::V4, 3, 1) | (IcmpVersion::V6, 1, 3)
        )
    }
}

fn reason_v4(kind: u8, code: u8) -> Option<&'static str> {
    Some(match (kind, code) {
        (3, 0) => "net-unreachable",
        (3, 1) => "host-unreachable",
        (3, 2) => "protocol-unreachable",
        (3, 3) => "port-unreachable",
        (3, 4) => "fragmentation-needed",
        (3, 5) => "source-route-failed",
        (3, 6) => "net-unknown",
        (3, 7) => "host-unknown",
        (3, 8) => "source-host-isolated",
        (3, 9) => "net-prohibited",
        (3, 10) => "host-prohibited",
        (3, 11) => "net-unreachable-for-tos",
        (3, 12) => "host-unreachable-for-tos",
        (3, 13) => "admin-prohibited",
        (3, 14) => "host-precedence-violation",
        (3, 15) => "precedence-cutoff",
        (11, 0) => "ttl-exceeded",
        (11, 1) => "reassembly-timeout",
        (12, 0) => "parameter-problem",
        _ => return None,
    })
}

fn reason_v6(kind: u8, code: u8) -> Option<&'static str> {
    Some(match (kind, code) {
        (1, 0) => "no-route-at-router",
        (1, 1) => "admin-prohibited",
        (1, 2) => "beyond-scope",
        (1, 3) => "host-unreachable",
        (1, 4) => "port-unreachable",
        (1, 5) => "policy-fail",
        (1, 6) => "reject-route",
        (2, 0) => "fragmentation-needed",
        (3, 0) => "ttl-exceeded",
        (3, 1) => "reassembly-timeout",
        (4, 0) => "parameter-problem",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(version: IcmpVersion, kind: u8, code: u8) -> IcmpError {
        IcmpError {
            version,
            kind,
            code,
            from: None,
            mtu: None,
        }
    }

    #[test]
    fn the_same_numbers_mean_different_things_in_each_version() {
        assert_eq!(
            error(IcmpVersion::V4, 3, 0).reason(),
            "net-unreachable",
            "RFC 792"
        );
        assert_eq!(
            error(IcmpVersion::V6, 3, 0).reason(),
            "ttl-exceeded",
            "RFC 4443"
        );
    }

    #[test]
    fn a_redirect_is_no_error() {
        assert!(!error(IcmpVersion::V4, 5, 1).is_error());
        assert!(!error(IcmpVersion::V4, 4, 0).is_error());
        assert!(error(IcmpVersion::V4, 3, 1).is_error());
        assert!(error(IcmpVersion::V6, 4, 0).is_error());
        assert!(!error(IcmpVersion::V6, 137, 0).is_error(), "a redirect");
    }

    #[test]
    fn an_unknown_code_keeps_its_numbers() {
        assert_eq!(error(IcmpVersion::V4, 12, 7).reason(), "icmp-12-7");
        assert_eq!(error(IcmpVersion::V6, 1, 99).reason(), "icmp-1-99");
    }

    #[test]
    fn only_the_codes_of_a_failed_neighbour_lookup_are_host_unreachable() {
        assert!(error(IcmpVersion::V4, 3, 1).is_host_unreachable());
        assert!(error(IcmpVersion::V6, 1, 3).is_host_unreachable());
        assert!(!error(IcmpVersion::V4, 1, 3).is_host_unreachable());
        assert!(!error(IcmpVersion::V6, 3, 1).is_host_unreachable());
    }
}
