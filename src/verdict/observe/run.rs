//! Observations from a run of probes: one target among others.

use std::net::IpAddr;
use std::time::Duration;

use super::attempts::Attempts;
use super::correlation::{Correlation, Peer};
use super::recorder::{self, Pace};
use crate::clock::WallClock;
use crate::hosts::Protocol;
use crate::outcome::OutcomeKind;
use crate::platform::Route;
use crate::stats::Recorder;
use crate::text::Text;
use crate::verdict::case::{Case, Depth};
use crate::verdict::observation::{Name, Observations, OtherAddress, Place, Resolver, Ttl};
use crate::verdict::subject::Subject;

/// The kernel proves that a SYN left with its first retransmission, after one second (RFC 6298 section 2).
const FIRST_RETRANSMISSION: Duration = Duration::from_secs(1);

/// What a run measured of a target.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    /// What it is about.
    pub subject: Subject,
    /// The route to it.
    pub route: Option<&'a Route>,
    /// Statistics of the target.
    pub recorder: &'a Recorder,
    /// Turns instants into UTC.
    pub clock: WallClock,
    /// Pace of the run.
    pub pace: Pace,
    /// Timeout of a probe.
    pub timeout: Duration,
    /// The TTL was limited by the user.
    pub has_own_ttl: bool,
    /// The service replies to this request.
    pub expects_reply: bool,
    /// The target has no other address: its name has one, or none was looked up.
    pub has_one_address: bool,
}

/// The target as others see it; absent where it has no address.
pub fn peer(run: &Run) -> Option<Peer> {
    peer_with(run, recorder::attempts(run.recorder, run.pace))
}

fn peer_with(run: &Run, mut attempts: Attempts) -> Option<Peer> {
    let subject = &run.subject;
    if !run.expects_reply {
        // Its silence shows nothing.
        attempts.silent = 0;
    }
    Some(Peer {
        name: subject.name.clone(),
        protocol: subject.protocol,
        address: subject.address?,
        gateway: subject.gateway,
        attempts,
    })
}

/// What the run shows of the target, beside the other targets.
pub fn case(run: &Run, others: &Correlation) -> Case<'static> {
    let attempts = recorder::attempts(run.recorder, run.pace);
    let mut seen = Observations::default();
    let peer = peer_with(run, attempts.clone());
    seen.set(Resolver::Ok);
    seen.set(if run.has_own_ttl {
        Ttl::Limited
    } else {
        Ttl::Default
    });
    let address = run.subject.address.map(|it| it.ip());
    if let Some(place) = address.and_then(|it| place(it, run.subject.source, run.route)) {
        seen.set(place);
    }
    if let Some(name) = name(&run.subject) {
        seen.set(name);
    }
    if run.has_one_address {
        seen.set(OtherAddress::Only);
    }
    let mut subject = run.subject.clone();
    if let Some(peer) = &peer {
        others.observe(&mut seen, peer);
        subject.other_address = others.working_address(peer);
    }
    let longest = run.recorder.outages.longest();
    Case {
        course: recorder::course_of(run.recorder, run.clock),
        echoes: peer.as_ref().and_then(|it| others.echoes(it)),
        ports: peer.map(|it| others.ports(&it)).unwrap_or_default(),
        traced: None,
        dead_flows: None,
        expects_reply: run.expects_reply,
        longest_outage: longest.map_or(0, |it| it.probes),
        slow: None,
        depth: Depth::Run,
        missed: missed(run),
        subject,
        attempts,
        seen,
    }
}

/// Where the target is; shared with a traced path.
pub(super) fn place(
    address: IpAddr,
    source: Option<IpAddr>,
    route: Option<&Route>,
) -> Option<Place> {
    if address.is_loopback() || source == Some(address) {
        return Some(Place::Own);
    }
    let route = route?;
    if route.next_hop? != address {
        return Some(Place::Routed);
    }
    Some(if route.is_point_to_point? {
        Place::Tunnel
    } else {
        Place::OnLink
    })
}

/// Where the address comes from, as far as the target shows it.
fn name(subject: &Subject) -> Option<Name> {
    let address = subject.address?.ip();
    match &subject.name {
        _ if address.is_unspecified() => Some(Name::Sinkhole),
        None => Some(Name::Plain),
        Some(name) if &**name == "localhost" => Some(Name::Plain),
        Some(_) => None,
    }
}

/// What the pace and the timeout of the run hide.
fn missed(run: &Run) -> Vec<Text> {
    let is_silent = run.recorder.count(OutcomeKind::NoReply) > 0;
    let is_short = run.subject.protocol == Protocol::Tcp && run.timeout < FIRST_RETRANSMISSION;
    let missed = [
        (is_silent && is_short).then_some(
            "a firewall of this machine that drops SYNs: it shows after 1 s, with the first retransmission (-W 2s)",
        ),
        (is_silent && !run.expects_reply).then_some(
            "whether it works: such a service never replies, so silence is what it shows then, too",
        ),
    ];
    missed.into_iter().flatten().map(Text::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Value;

    fn route(next_hop: &str, is_point_to_point: Option<bool>) -> Route {
        Route {
            next_hop: Some(next_hop.parse().expect("an address")),
            source: None,
            interface: None,
            is_point_to_point,
        }
    }

    #[test]
    fn places_by_route() {
        let target: IpAddr = [10, 20, 0, 7].into();
        let of = |source: Option<IpAddr>, route: Option<&Route>| place(target, source, route);
        assert_eq!(of(None, None), None);
        assert_eq!(of(Some(target), None), Some(Place::Own));
        assert_eq!(place([127, 0, 0, 1].into(), None, None), Some(Place::Own));
        for (next_hop, is_point_to_point, expected) in [
            ("10.20.9.1", None, Some(Place::Routed)),
            ("10.20.0.7", Some(false), Some(Place::OnLink)),
            ("10.20.0.7", Some(true), Some(Place::Tunnel)),
            // Not every system says what kind of link it is.
            ("10.20.0.7", None, None),
        ] {
            let route = route(next_hop, is_point_to_point);
            assert_eq!(of(None, Some(&route)), expected, "{next_hop}");
        }
    }

    #[test]
    fn names_show_where_an_address_comes_from_only_if_that_is_certain() {
        let mut subject = Subject::unknown(Protocol::Tcp, Value::label("db.example:5432"));
        subject.address = Some(([10, 20, 0, 7], 5432).into());
        assert_eq!(name(&subject), Some(Name::Plain));
        subject.name = Some("db.example".into());
        assert_eq!(name(&subject), None);
        subject.address = Some(([0, 0, 0, 0], 5432).into());
        assert_eq!(name(&subject), Some(Name::Sinkhole));
    }
}
