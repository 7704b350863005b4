//! Responder: hop distance of the final reply compared with that of the host.

use super::path_end::PathEnd;
use crate::path::{Distance, DistanceBy, FinalReply, Path};

/// Device that sends the final reply, by its hop distance and that of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Responder {
    /// Same distance as the host.
    Host(Distance),
    /// One hop nearer: a device right in front of the host, or a shorter path for these packets.
    OneHopNearer(Distance),
    /// At least two hops nearer: a device answers on behalf of the host, unless the path is much shorter for these
    /// packets.
    Nearer(Distance),
    /// Farther away than the host: these packets take another path.
    Farther(Distance),
}

/// Compares the distances of the final reply and of the host.
pub(super) fn find_responder(path: &Path, end: &PathEnd) -> Option<Responder> {
    let PathEnd::FinalReply {
        ttl: Some(ttl),
        reply,
    } = end
    else {
        return None;
    };
    let host = path
        .host_distance
        .filter(|_| *reply != FinalReply::PortUnreachable)?;
    if matches!(host.by, DistanceBy::TcpPort(_)) && host.ttl <= *ttl {
        // That port's responder need not be the host either.
        return None;
    }
    let hops_behind = |host: u8| i16::from(host) - i16::from(*ttl);
    match (hops_behind(host.min_ttl), hops_behind(host.ttl)) {
        (2.., _) => Some(Responder::Nearer(host)),
        (1, _) => Some(Responder::OneHopNearer(host)),
        (_, 0) => Some(Responder::Host(host)),
        (_, ..0) => Some(Responder::Farther(host)),
        // The bounds do not decide: replies of the host may have been lost.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::Protocol;
    use crate::path::analyze;
    use crate::path::fixture::PathFixture;
    use Responder::{Farther, Host, Nearer, OneHopNearer};

    type Variant = fn(Distance) -> Responder;

    #[test]
    fn responder_by_distance() {
        for (rounds, host, responder) in [
            ("1 2 S", 3, Some(Host as Variant)),
            ("1 2 R", 3, Some(Host)),
            ("1 2 S", 4, Some(OneHopNearer)),
            ("1 R", 4, Some(Nearer)),
            ("S", 30, Some(Nearer)),
            ("1 2 3 S", 3, Some(Farther)),
            ("1 2 S", 1, Some(Farther)),
            // No final reply to a limited TTL.
            ("1 2 * >S", 3, None),
            ("1 2 *", 3, None),
            ("1 2 X2", 3, None),
        ] {
            let fixture = PathFixture::of(rounds).host(host);
            let distance = fixture.path.host_distance.expect("a distance");
            let expected = responder.map(|variant| variant(distance));
            let found = analyze(&fixture.path).responder;
            assert_eq!(found, expected, "{rounds}, {host}");
        }
        assert_eq!(analyze(&PathFixture::of("1 2 S").path).responder, None);
        // Port unreachable comes from the host itself.
        let closed = PathFixture::new(Protocol::Udp).rounds("1 P").host(4);
        assert_eq!(analyze(&closed.path).responder, None);
    }

    /// The host may be nearer than its smallest answered TTL: replies may have been lost.
    #[test]
    fn uncertain_distance_proves_no_other_responder() {
        let cases: [(u8, u8, Option<Variant>); 6] = [
            (10, 3, None),
            (10, 2, None),
            (10, 4, Some(OneHopNearer)),
            (10, 5, Some(Nearer)),
            (3, 2, Some(Host)),
            (2, 1, Some(Farther)),
        ];
        for (ttl, min_ttl, responder) in cases {
            let mut path = PathFixture::of("1 2 S").path;
            let by = DistanceBy::Echo;
            let host = Distance { ttl, min_ttl, by };
            path.host_distance = Some(host);
            let expected = responder.map(|variant| variant(host));
            assert_eq!(analyze(&path).responder, expected, "{min_ttl} to {ttl}");
        }
    }

    #[test]
    fn other_tcp_port_is_evidence_only_if_farther_away() {
        for (ttl, expected) in [(2, false), (3, false), (4, true), (5, true)] {
            let mut path = PathFixture::of("1 2 S").path;
            path.host_distance = Some(Distance {
                ttl,
                min_ttl: ttl,
                by: DistanceBy::TcpPort(443),
            });
            assert_eq!(analyze(&path).responder.is_some(), expected, "{ttl}");
        }
    }
}
