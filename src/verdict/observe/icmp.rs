//! The ICMP error that rejects probes: its meaning, and where it comes from.

use std::net::IpAddr;

use super::path::Traced;
use crate::outcome::{IcmpError, IcmpVersion};
use crate::path::PathEnd;
use crate::verdict::observation::{IcmpFrom, IcmpKind};

/// Meaning of an error (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1, RFC 4443 section 3).
pub fn kind(error: &IcmpError) -> IcmpKind {
    use IcmpVersion::{V4, V6};
    match (error.version, error.kind, error.code) {
        _ if error.is_ttl_exceeded() => IcmpKind::Ttl,
        (V4, 3, 4) | (V6, 2, _) => IcmpKind::TooBig,
        (V4, 3, 2 | 3) | (V6, 1, 4) => IcmpKind::Port,
        (V4, 3, 9 | 10 | 13 | 14 | 15) | (V6, 1, 1 | 5 | 6) => IcmpKind::Prohibited,
        (V4, 3, 0 | 6 | 11) | (V6, 1, 0) => IcmpKind::Net,
        (V4, 3, 1 | 7 | 12) | (V6, 1, 3) => IcmpKind::Host,
        _ => IcmpKind::Other,
    }
}

/// What is known of the devices on the path.
#[derive(Clone, Copy, Debug, Default)]
pub struct Devices<'a> {
    /// The target's address.
    pub target: Option<IpAddr>,
    /// The gateway, where there is one.
    pub gateway: Option<IpAddr>,
    /// The path, where it was traced.
    pub path: Option<Traced<'a>>,
}

/// Where an error comes from. Without a traced path a device that is neither gateway nor target counts as a router.
pub fn from(error: &IcmpError, devices: Devices) -> Option<IcmpFrom> {
    let sender = error.from?;
    if Some(sender) == devices.target {
        return Some(IcmpFrom::Target);
    }
    let hop = devices.path.and_then(|path| hop_of(path, sender));
    let last = devices.path.and_then(|(path, _)| path.host_distance);
    let is_last = hop.is_some_and(|hop| last.is_some_and(|host| hop + 1 == host.ttl));
    Some(if Some(sender) == devices.gateway {
        IcmpFrom::Gateway
    } else if is_last {
        IcmpFrom::LastRouter
    } else {
        IcmpFrom::Router
    })
}

/// The hop of a router, by its time-exceeded errors or by its rejects.
pub fn hop_of((path, analysis): Traced, router: IpAddr) -> Option<u8> {
    if let PathEnd::Rejected {
        icmp,
        sender_hop: Some(hop),
        ..
    } = analysis.end
        && icmp.from == Some(router)
    {
        return Some(hop);
    }
    let flows = path.flows.iter().flat_map(|flow| &flow.hops);
    let hops = path
        .hops
        .iter()
        .chain(flows)
        .chain(&path.discovery_hops)
        .chain(&path.host_hops);
    let at = hops.filter(|hop| hop.router() == Some(router));
    at.filter_map(|hop| hop.ttl).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(version: IcmpVersion, kind: u8, code: u8) -> IcmpError {
        IcmpError {
            version,
            kind,
            code,
            from: Some([10, 0, 0, 1].into()),
            mtu: None,
        }
    }

    #[test]
    fn the_same_meaning_in_both_versions() {
        use IcmpVersion::{V4, V6};
        for (version, number, code, expected) in [
            (V4, 3, 0, IcmpKind::Net),
            (V6, 1, 0, IcmpKind::Net),
            (V4, 3, 1, IcmpKind::Host),
            (V6, 1, 3, IcmpKind::Host),
            (V4, 3, 3, IcmpKind::Port),
            (V6, 1, 4, IcmpKind::Port),
            (V4, 3, 4, IcmpKind::TooBig),
            (V6, 2, 0, IcmpKind::TooBig),
            (V4, 3, 13, IcmpKind::Prohibited),
            (V6, 1, 1, IcmpKind::Prohibited),
            (V4, 11, 0, IcmpKind::Ttl),
            (V6, 3, 0, IcmpKind::Ttl),
            (V4, 12, 0, IcmpKind::Other),
            (V6, 1, 2, IcmpKind::Other),
        ] {
            let error = error(version, number, code);
            assert_eq!(kind(&error), expected, "{error:?}");
        }
    }

    #[test]
    fn senders_by_what_is_known_of_them() {
        let error = error(IcmpVersion::V4, 3, 13);
        let sender = error.from;
        let with = |target, gateway| {
            from(
                &error,
                Devices {
                    target,
                    gateway,
                    path: None,
                },
            )
        };
        let other = Some([10, 0, 0, 9].into());
        assert_eq!(with(sender, other), Some(IcmpFrom::Target));
        assert_eq!(with(other, sender), Some(IcmpFrom::Gateway));
        assert_eq!(with(other, None), Some(IcmpFrom::Router));
        let unknown = IcmpError {
            from: None,
            ..error
        };
        assert_eq!(from(&unknown, Devices::default()), None);
    }
}
