//! ICMP and `ICMPv6` errors: type, code, sender, reason names.

use std::borrow::Cow;
use std::net::IpAddr;

/// ICMP or `ICMPv6` error for a probe.
///
/// From the socket's error queue: `IP_RECVERR` in ip(7), `IPV6_RECVERR` in ipv6(7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IcmpError {
    /// ICMP (RFC 792) or `ICMPv6` (RFC 4443).
    pub version: IcmpVersion,
    /// Type field.
    pub kind: u8,
    /// Code field.
    pub code: u8,
    /// Source address; absent if the kernel gave none.
    pub from: Option<IpAddr>,
    /// Next-hop MTU in bytes, from packet too big or fragmentation needed.
    pub mtu: Option<u32>,
}

/// ICMP version: types and codes differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IcmpVersion {
    /// ICMP for IPv4, RFC 792.
    V4,
    /// ICMP for IPv6, RFC 4443.
    V6,
}

impl IcmpError {
    /// An error of this type and code, without sender and MTU.
    pub fn new(version: IcmpVersion, kind: u8, code: u8) -> Self {
        Self {
            version,
            kind,
            code,
            from: None,
            mtu: None,
        }
    }

    /// Stable kebab-case name of type and code; `icmp-TYPE-CODE` for unassigned ones.
    ///
    /// Codes of IPv4: RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1.
    /// Codes of IPv6: RFC 4443 section 3, names of the last two as in nft(8).
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

    /// Whether the packet was discarded. Redirect and source quench also reach the error queue of a ping socket
    /// (`ping_err` in net/ipv4/ping.c), but the packet is forwarded (RFC 1122 section 3.2.2).
    pub fn is_error(&self) -> bool {
        match self.version {
            IcmpVersion::V4 => !matches!(self.kind, 4 | 5),
            IcmpVersion::V6 => self.kind < 128,
        }
    }

    /// Fragmentation needed or packet too big (RFC 1191, RFC 8201).
    pub fn is_too_big(&self) -> bool {
        matches!(
            (self.version, self.kind, self.code),
            (IcmpVersion::V4, 3, 4) | (IcmpVersion::V6, 2, _)
        )
    }

    /// Time exceeded in transit.
    pub fn is_ttl_exceeded(&self) -> bool {
        matches!(
            (self.version, self.kind, self.code),
            (IcmpVersion::V4, 11, 0) | (IcmpVersion::V6, 3, 0)
        )
    }

    /// Port unreachable.
    pub fn is_port_unreachable(&self) -> bool {
        matches!(
            (self.version, self.kind, self.code),
            (IcmpVersion::V4, 3, 3) | (IcmpVersion::V6, 1, 4)
        )
    }

    /// Host or address unreachable. Failed neighbour resolution raises it locally: 3/1 by `ipv4_link_failure`
    /// (net/ipv4/route.c), 1/3 by `ip6_link_failure` (net/ipv6/route.c).
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
    fn types_differ_between_icmp_and_icmpv6() {
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
    fn redirect_and_source_quench_are_no_errors() {
        assert!(!error(IcmpVersion::V4, 5, 1).is_error());
        assert!(!error(IcmpVersion::V4, 4, 0).is_error());
        assert!(error(IcmpVersion::V4, 3, 1).is_error());
        assert!(error(IcmpVersion::V6, 4, 0).is_error());
        assert!(!error(IcmpVersion::V6, 137, 0).is_error(), "redirect");
    }

    #[test]
    fn an_unassigned_code_is_named_by_its_numbers() {
        assert_eq!(error(IcmpVersion::V4, 12, 7).reason(), "icmp-12-7");
        assert_eq!(error(IcmpVersion::V6, 1, 99).reason(), "icmp-1-99");
    }

    #[test]
    fn host_unreachable_is_3_1_and_1_3() {
        assert!(error(IcmpVersion::V4, 3, 1).is_host_unreachable());
        assert!(error(IcmpVersion::V6, 1, 3).is_host_unreachable());
        assert!(!error(IcmpVersion::V4, 1, 3).is_host_unreachable());
        assert!(!error(IcmpVersion::V6, 3, 1).is_host_unreachable());
    }
}
