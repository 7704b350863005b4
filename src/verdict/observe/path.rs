//! The path: how far away the reply comes from, where probes end, and where packets leak to.

use std::net::IpAddr;

use crate::path::{FinalReply, Hop, Path, PathAnalysis, PathEnd, PathNote, Responder};
use crate::verdict::observation::{
    Leak, Observations, PathEnd as End, PathShape, Place, RstFrom, SynackFrom,
};

/// A path with its analysis.
pub type Traced<'a> = (&'a Path, &'a PathAnalysis);

/// Adds what a traced path shows.
pub fn observe(seen: &mut Observations, traced: Traced, target: IpAddr) {
    let (path, analysis) = traced;
    if matches!(analysis.end, PathEnd::Loop(_)) {
        seen.set(PathShape::Loop);
    } else if path.hops.iter().any(|hop| hop.router().is_some()) {
        seen.set(PathShape::Straight);
    }
    distance(seen, traced);
    if let Some(end) = end(path, &analysis.end) {
        seen.set(end);
    }
    if let Some(leak) = leak(path, target) {
        seen.set(leak);
    }
}

/// How far away the reply comes from beside the host's own distance.
fn distance(seen: &mut Observations, (path, analysis): Traced) {
    let PathEnd::FinalReply {
        ttl: Some(ttl),
        reply,
    } = analysis.end
    else {
        return;
    };
    let nearer = match analysis.responder {
        Some(Responder::Host(_)) => 0,
        Some(Responder::OneHopNearer(_)) => 1,
        Some(Responder::Nearer(_)) => 2,
        None if passed_by(path, ttl) => 2,
        Some(Responder::Farther(_)) | None => return,
    };
    match (reply, nearer) {
        (FinalReply::Rst, 0) => seen.set(RstFrom::Host),
        (FinalReply::Rst, 1) => seen.set(RstFrom::OneNearer),
        (FinalReply::Rst, _) => seen.set(RstFrom::Nearer),
        (FinalReply::SynAck, 0) if ttl == 1 && is_routed(seen) => {
            seen.set(SynackFrom::Host);
            seen.set(Place::AtGateway);
        }
        (FinalReply::SynAck, 0) => seen.set(SynackFrom::Host),
        (FinalReply::SynAck, _) if ttl == 1 && is_routed(seen) => seen.set(SynackFrom::FirstHop),
        (FinalReply::SynAck, 1) => seen.set(SynackFrom::OneNearer),
        (FinalReply::SynAck, _) => seen.set(SynackFrom::Nearer),
        _ => {}
    }
}

fn is_routed(seen: &Observations) -> bool {
    seen.get::<Place>() == Some(Place::Routed)
}

/// Whether echoes to the host travel on behind what replies to these probes, though the host answers none: then it is at
/// least two hops further away.
fn passed_by(path: &Path, ttl: u8) -> bool {
    let mut routers = path.host_hops.iter().filter(|hop| hop.router().is_some());
    path.host_distance.is_none() && routers.any(|hop| hop.ttl.is_some_and(|hop| hop > ttl))
}

/// Where probes of the port end, beside another sweep that gets further.
fn end(path: &Path, end: &PathEnd) -> Option<End> {
    let PathEnd::NoReply { after } = end else {
        return None;
    };
    let after = after.unwrap_or(0);
    let host = path.host_distance.map(|host| host.ttl);
    let mut further = path.host_hops.iter().filter(|hop| !hop.is_unanswered());
    let gets_further = further.any(|hop| hop.ttl.is_some_and(|hop| hop > after))
        || host.is_some_and(|host| host > after);
    match after {
        _ if host == Some(after + 1) && after > 0 => Some(End::Front),
        _ if !gets_further => None,
        0 => Some(End::None),
        1 => Some(End::Gateway),
        _ => Some(End::Early),
    }
}

/// Whether public routers are on the path to a private address.
fn leak(path: &Path, target: IpAddr) -> Option<Leak> {
    let mut routers = path.hops.iter().filter_map(Hop::router).peekable();
    routers.peek()?;
    let is_leak = is_private(target) && routers.any(is_public);
    is_private(target).then_some(if is_leak { Leak::Yes } else { Leak::No })
}

/// Whether a public router rejects packets to a private address.
pub fn leak_by_sender((target, sender): (IpAddr, IpAddr)) -> Option<Leak> {
    is_private(target).then(|| {
        if is_public(sender) {
            Leak::Yes
        } else {
            Leak::No
        }
    })
}

/// RFC 1918, RFC 4193.
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private(),
        IpAddr::V6(v6) => v6.is_unique_local(),
    }
}

/// Neither private, shared (RFC 6598), link-local, for documentation (RFC 5737, RFC 3849) nor for benchmarks (RFC 2544).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let is_shared = a == 100 && (64..128).contains(&b);
            let is_benchmark = a == 198 && (b == 18 || b == 19);
            let is_special = v4.is_private() || v4.is_link_local() || v4.is_loopback();
            !(is_shared || is_benchmark || is_special || v4.is_documentation())
        }
        IpAddr::V6(v6) => {
            v6.segments()[0] & 0xe000 == 0x2000 && v6.segments()[..2] != [0x2001, 0xdb8]
        }
    }
}

/// The hop that a verdict points to: the one that replies on behalf of the host, rejects, or is the last to forward.
pub fn hop((path, analysis): Traced) -> Option<(u8, Option<IpAddr>)> {
    let ttl = match &analysis.end {
        PathEnd::FinalReply { ttl, .. } => (*ttl)?,
        PathEnd::Rejected {
            sender_hop, ttl, ..
        } => sender_hop.or(*ttl)?,
        PathEnd::NoReply { after } => (*after)?,
        PathEnd::Loop(_) | PathEnd::Local(_) | PathEnd::Unknown => return None,
    };
    let mut hops = path.hops.iter().filter(|hop| hop.ttl == Some(ttl));
    Some((ttl, hops.find_map(Hop::router)))
}

/// Source ports that never get a reply while others do.
pub fn dead_flows(analysis: &PathAnalysis) -> Option<&[u16]> {
    analysis.notes.iter().find_map(|note| match note {
        PathNote::DeadFlows(ports) => Some(ports.as_slice()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::analyze;
    use crate::path::fixture::PathFixture;

    fn observed(fixture: &PathFixture) -> Observations {
        let mut seen = Observations::default();
        seen.set(Place::Routed);
        let analysis = analyze(&fixture.path);
        observe(&mut seen, (&fixture.path, &analysis), [10, 20, 0, 7].into());
        seen
    }

    #[test]
    fn distance_of_the_rst() {
        for (rounds, host, expected) in [
            ("1 2 R", 3, Some(RstFrom::Host)),
            ("1 2 R", 4, Some(RstFrom::OneNearer)),
            ("1 2 R", 5, Some(RstFrom::Nearer)),
            ("1 2 S", 5, None),
        ] {
            let seen = observed(&PathFixture::of(rounds).host(host));
            assert_eq!(seen.get::<RstFrom>(), expected, "{rounds} {host}");
        }
    }

    #[test]
    fn distance_of_the_syn_ack() {
        for (rounds, host, expected) in [
            ("1 2 S", 3, SynackFrom::Host),
            ("1 2 S", 4, SynackFrom::OneNearer),
            ("1 2 S", 5, SynackFrom::Nearer),
            ("S", 5, SynackFrom::FirstHop),
        ] {
            let seen = observed(&PathFixture::of(rounds).host(host));
            assert_eq!(seen.get::<SynackFrom>(), Some(expected), "{rounds} {host}");
        }
        let own = observed(&PathFixture::of("S").host(1));
        assert_eq!(own.get::<Place>(), Some(Place::AtGateway));
    }

    #[test]
    fn the_end_of_silent_probes_beside_the_host() {
        for (rounds, host, expected) in [
            ("1 2 3 * *", 4, Some(End::Front)),
            ("1 2 * * *", 4, Some(End::Early)),
            ("1 * * * *", 4, Some(End::Gateway)),
        ] {
            let seen = observed(&PathFixture::of(rounds).host(host));
            assert_eq!(seen.get::<End>(), expected, "{rounds} {host}");
        }
        let silent = PathFixture::of("1 2").host(4).path;
        let none = end(&silent, &PathEnd::NoReply { after: None });
        assert_eq!(none, Some(End::None));
        // Nothing gets further.
        let seen = observed(&PathFixture::of("1 2 * * *"));
        assert_eq!(seen.get::<End>(), None);
    }

    #[test]
    fn a_loop_is_seen() {
        let seen = observed(&PathFixture::of("1 2 3 4 3 4 3 4"));
        assert_eq!(seen.get::<PathShape>(), Some(PathShape::Loop));
        let seen = observed(&PathFixture::of("1 2 S"));
        assert_eq!(seen.get::<PathShape>(), Some(PathShape::Straight));
    }

    #[test]
    fn private_and_public_addresses() {
        let public = |text: &str| is_public(text.parse().expect(text));
        for address in [
            "10.0.0.1",
            "100.64.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "fd00::1",
            "fe80::1",
            "2001:db8::1",
        ] {
            assert!(!public(address), "{address}");
        }
        for address in ["8.8.8.8", "100.63.0.1", "2606:4700::1"] {
            assert!(public(address), "{address}");
        }
    }
}
