//! What a path's hops say together. Pure.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::loss::{LossCount, LossOnset, begins, limited, to_the_end};
use super::{Distance, DistanceBy, FinalReply, Flow, Hop, Path, ReplyKind};
use crate::outcome::{IcmpError, LocalCause, Outcome, Refusal};

/// What was found on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct PathAnalysis {
    /// Where it ends.
    pub end: PathEnd,
    /// Who it is that answers, by how far away he is.
    pub responder: Option<Responder>,
    /// What else shows.
    pub notes: Vec<PathNote>,
}

impl PathAnalysis {
    /// Hops that answer less than they pass on.
    pub fn rate_limited(&self) -> &[u8] {
        let limited = self.notes.iter().find_map(|note| match note {
            PathNote::RateLimited(ttls) => Some(ttls.as_slice()),
            _ => None,
        });
        limited.unwrap_or_default()
    }
}

/// Where a path ends.
#[derive(Clone, Debug, PartialEq)]
pub enum PathEnd {
    /// The target, or who speaks for it, answers.
    FinalReply {
        /// The smallest TTL that it answers; absent where only probes with the usual one were answered.
        ttl: Option<u8>,
        /// How.
        reply: FinalReply,
    },
    /// An ICMP error says no.
    Rejected {
        /// The smallest TTL that brings it.
        ttl: Option<u8>,
        /// What it says.
        icmp: IcmpError,
        /// The hop at which its sender also is a router whose TTL ran out.
        sender_hop: Option<u8>,
        /// The last hop before that TTL that answered. Routers limit their errors, so those behind it may be silent and
        /// one of them may be the sender.
        after: Option<u8>,
    },
    /// Nothing comes from beyond this hop; absent where no hop answered at all.
    NoReply {
        /// The last hop that answered.
        after: Option<u8>,
    },
    /// Packets go round until their TTL runs out.
    Loop(RoutingLoop),
    /// No probe left this machine.
    Local(LocalCause),
    /// Nothing was sent, or this system does not say what came of it.
    Unknown,
}

/// Where the sender of a rejection is, which a TTL of `ttl` is the smallest to bring, and `after` the last hop before it
/// that answered: `hop 1`, `hop 4 or the one before`, `one of hops 2 to 6`. A router counts a packet's hop before its
/// rules see it, so the first TTL that is rejected may be the next hop's.
pub fn describe_rejecting_hop(ttl: u8, after: Option<u8>) -> String {
    match after.unwrap_or(1) {
        _ if ttl <= 1 => "hop 1".to_owned(),
        after if after + 1 == ttl => format!("hop {ttl} or the one before"),
        after => format!("one of hops {after} to {ttl}"),
    }
}

/// Hops between which packets go round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoutingLoop {
    /// The first one.
    pub first: u8,
    /// The last one, from which the first comes again.
    pub last: u8,
}

/// Who answers for the target, by his distance and that of the host itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Responder {
    /// As far away as the host.
    Host(Distance),
    /// One hop nearer than the host: something right in front of it, or a way that is shorter for these packets.
    OneHopNearer(Distance),
    /// Much nearer than the host: somebody answers in its name, unless the way is much shorter for these packets.
    Nearer(Distance),
    /// Further away than the host is for other packets: they do not take the same way.
    Farther(Distance),
}

/// What else shows on a path.
#[derive(Clone, Debug, PartialEq)]
pub enum PathNote {
    /// These hops left probes unanswered that got further all the same: they limit how many ICMP errors they send.
    RateLimited(Vec<u8>),
    /// Probes get lost.
    Loss {
        /// Where that begins; absent where it cannot be told.
        onset: Option<LossOnset>,
        /// Tries that got no answer from the end of the way.
        lost: u64,
        /// All tries.
        sent: u64,
    },
    /// Some tries got no answer from the end of the way, which answers with ICMP errors: hosts and routers limit these.
    RateLimitedEnd {
        /// Tries without an answer.
        lost: u64,
        /// All tries.
        sent: u64,
    },
    /// Flows take different ways behind this hop (0: from the start).
    Divergence {
        /// The last hop that they have in common.
        after: u8,
    },
    /// Some source ports never get an answer from the end of the way, though others do.
    DeadFlows(Vec<u16>),
    /// The look, which has a port for every probe, met other routers than the flows.
    OtherRouters,
    /// At this hop a TTL ran out that answers with the target's own address: it sends these probes on, to another
    /// machine or into a container.
    Dnat(u8),
}

/// The loss of the ports that get through up to which others that never do are told apart: what drops every third packet may
/// hit one port again and again.
const MOST_LOSS: f64 = 0.2;

/// How likely it may be that the ports that never got through had bad luck before they are not told apart from the others.
const BAD_LUCK: f64 = 0.01;

/// Tries after which a flow that never got through is called dead: one may be a lost packet.
const TRIES: u64 = 2;

/// Draws the conclusion from what was found.
pub fn analyze(path: &Path) -> PathAnalysis {
    let hops = merged_hops(path);
    let end = end(path, &hops);
    PathAnalysis {
        responder: speaker(path, &end),
        notes: notes(path, &hops, &end),
        end,
    }
}

/// What was found for each TTL: by the flows, and where they heard nothing, by the survey or the first look.
pub fn merged_hops(path: &Path) -> Vec<Hop> {
    let survey: &[Hop] = path.survey.as_ref().map_or(&[], |flow| &flow.hops);
    let all = path.discovery_hops.iter().chain(&path.hops).chain(survey);
    // Behind the end the look tried hops that say nothing new.
    let ends = all
        .filter(|hop| hop.is_path_end())
        .filter_map(|hop| hop.ttl);
    let end = ends.min().map_or(path.discovery_hops.len(), usize::from);
    let most = path.hops.len().max(survey.len()).max(end);
    let hop = |index: usize| {
        let all = [
            path.hops.get(index),
            survey.get(index),
            path.discovery_hops.get(index),
        ];
        let all = all.into_iter().flatten().cloned();
        all.reduce(|known, more| {
            if known.is_unanswered() {
                known.with(&more)
            } else {
                known
            }
        })
    };
    (0..most).filter_map(hop).collect()
}

fn end(path: &Path, hops: &[Hop]) -> PathEnd {
    let flows = path.flows.iter().chain(&path.survey);
    let wholes = flows.map(|flow| &flow.full_ttl);
    let smallest =
        |is: &dyn Fn(&Hop) -> bool| hops.iter().find(|hop| is(hop)).and_then(|it| it.ttl);
    let first_reached = hops.iter().chain(wholes.clone()).find_map(Hop::final_reply);
    let reached = first_reached.or_else(|| path.full_ttl_outcome.and_then(reached_by));
    if let Some(how) = reached {
        let ttl = smallest(&|hop| hop.final_reply().is_some());
        return PathEnd::FinalReply { ttl, reply: how };
    }
    let first_rejected = hops.iter().chain(wholes).find_map(Hop::rejection);
    if let Some(icmp) = first_rejected {
        let ttl = smallest(&|hop| hop.rejection().is_some());
        // Probes of another kind meet it, too.
        let mut all = hops.iter().chain(&path.host_hops);
        let at = all.find(|hop| icmp.from.is_some() && hop.router() == icmp.from);
        let mut before = hops.iter().rev().filter(|hop| hop.ttl < ttl);
        let after = before.find(|hop| !hop.is_unanswered());
        return PathEnd::Rejected {
            ttl,
            icmp,
            sender_hop: at.and_then(|hop| hop.ttl),
            after: after.and_then(|hop| hop.ttl),
        };
    }
    if let Some(found) = path.flows.iter().find_map(|flow| find_loop(&flow.hops)) {
        return PathEnd::Loop(found);
    }
    if let Some(found) = find_loop(&path.discovery_hops) {
        return PathEnd::Loop(found);
    }
    quiet_end(path, hops)
}

/// Where nothing came from the end of the way.
fn quiet_end(path: &Path, hops: &[Hop]) -> PathEnd {
    let answered = hops.iter().rev().find(|hop| !hop.is_unanswered());
    if let Some(hop) = answered {
        return PathEnd::NoReply { after: hop.ttl };
    }
    let sent = hops.iter().any(|hop| hop.sent > 0);
    if let Some(cause) = hops
        .iter()
        .filter(|_| !sent)
        .find_map(|hop| hop.local_cause)
    {
        return PathEnd::Local(cause);
    }
    match path.full_ttl_outcome {
        Some(Outcome::NoReply) => PathEnd::NoReply { after: None },
        Some(Outcome::Local(_)) if sent => PathEnd::NoReply { after: None },
        Some(Outcome::Local(cause)) => PathEnd::Local(cause),
        _ => PathEnd::Unknown,
    }
}

fn reached_by(outcome: Outcome) -> Option<FinalReply> {
    match outcome {
        Outcome::Connected(_) | Outcome::ClosedAfterConnect | Outcome::ResetAfterConnect => {
            Some(FinalReply::SynAck)
        }
        Outcome::Refused(Refusal::Rst) => Some(FinalReply::Rst),
        Outcome::Reply => Some(FinalReply::Reply),
        _ => None,
    }
}

/// Routers that come again with a period of two hops or more, to the end of what answered: packets go round between
/// them. A router that answers for two TTLs in a row is none: some do not count their own hop.
pub(super) fn find_loop(hops: &[Hop]) -> Option<RoutingLoop> {
    if hops.iter().any(Hop::is_path_end) {
        return None;
    }
    let routers: Vec<Option<IpAddr>> = hops.iter().map(Hop::router).collect();
    // The shortest round: what a limit leaves of a path may fit a longer one, too.
    (2..routers.len().saturating_sub(1)).find_map(|period| {
        let most = routers.len() - period - 2;
        let first = (0..=most).find(|first| repeats(&routers[*first..], period))?;
        let ttl = |index: usize| u8::try_from(index + 1).ok();
        Some(RoutingLoop {
            first: ttl(first)?,
            last: ttl(first + period - 1)?,
        })
    })
}

/// Whether what is known of every `period`-th hop is one router, and at least two routers are met again, the first one
/// among them.
fn repeats(routers: &[Option<IpAddr>], period: usize) -> bool {
    let mut again: BTreeSet<&IpAddr> = BTreeSet::new();
    let first = routers.first().copied().flatten();
    for first in 0..period {
        let same = routers.iter().skip(first).step_by(period).flatten();
        let known: Vec<_> = same.collect();
        if known.iter().any(|router| *router != known[0]) {
            return false;
        }
        again.extend(known.get(1).copied());
    }
    again.len() > 1 && first.is_some_and(|first| again.contains(&first))
}

/// Compares how far away the answer and the host are.
fn speaker(path: &Path, end: &PathEnd) -> Option<Responder> {
    let PathEnd::FinalReply {
        ttl: Some(ttl),
        reply: how,
    } = end
    else {
        return None;
    };
    let host = path
        .host_distance
        .filter(|_| *how != FinalReply::PortUnreachable)?;
    if matches!(host.by, DistanceBy::TcpPort(_)) && host.ttl <= *ttl {
        // Who answers there may be somebody else as well.
        return None;
    }
    let nearer = |host: u8| i16::from(host) - i16::from(*ttl);
    match (nearer(host.min_ttl), nearer(host.ttl)) {
        (2.., _) => Some(Responder::Nearer(host)),
        (1, _) => Some(Responder::OneHopNearer(host)),
        (_, 0) => Some(Responder::Host(host)),
        (_, ..0) => Some(Responder::Farther(host)),
        // Perhaps nearer: answers of the host may have been lost.
        _ => None,
    }
}

/// Whether it is an ICMP error that tells where the way ends.
fn is_an_error(end: &PathEnd) -> bool {
    use FinalReply::PortUnreachable;
    matches!(
        end,
        PathEnd::Rejected { .. }
            | PathEnd::FinalReply {
                reply: PortUnreachable,
                ..
            }
    )
}

fn notes(path: &Path, hops: &[Hop], end: &PathEnd) -> Vec<PathNote> {
    let to_the_end = to_the_end(path);
    let mut notes = Vec::new();
    let limited = limited(path, to_the_end);
    let begins = begins(path, &limited);
    if !limited.is_empty() {
        notes.push(PathNote::RateLimited(limited));
    }
    let dead = if is_an_error(end) {
        Vec::new()
    } else {
        dead(&path.flows)
    };
    let LossCount { lost, sent: of } = to_the_end;
    let goes_round = matches!(end, PathEnd::Loop(_));
    // Perhaps only the first look was answered.
    let answers = matches!(end, PathEnd::FinalReply { .. } | PathEnd::Rejected { .. });
    if lost > 0 && (lost < of || answers) && dead.is_empty() && !goes_round {
        notes.push(if is_an_error(end) {
            PathNote::RateLimitedEnd { lost, sent: of }
        } else {
            PathNote::Loss {
                onset: begins,
                lost,
                sent: of,
            }
        });
    }
    notes.extend(parting(&path.flows).map(|after| PathNote::Divergence { after }));
    if !dead.is_empty() {
        notes.push(PathNote::DeadFlows(dead));
    }
    if path.flows.len() == 1 && meets_others(path, hops) {
        notes.push(PathNote::OtherRouters);
    }
    let target = Some(path.target.address.ip());
    let translator = hops.iter().find(|hop| hop.router() == target);
    notes.extend(translator.and_then(|hop| hop.ttl).map(PathNote::Dnat));
    notes
}

/// Ports that never got through while others did, unless these lose packets, too, and so many could have had bad luck.
fn dead(flows: &[Flow]) -> Vec<u16> {
    let (live, other): (Vec<_>, Vec<_>) = flows.iter().partition(|flow| flow.answered > 0);
    if live.is_empty() {
        return Vec::new();
    }
    let dead: Vec<_> = other.iter().filter(|flow| flow.attempts >= TRIES).collect();
    let tries = dead.iter().map(|flow| flow.attempts).min().unwrap_or(0);
    let of = |flow: &&Flow| LossCount {
        lost: flow.attempts.saturating_sub(flow.answered),
        sent: flow.attempts,
    };
    let live = live
        .iter()
        .map(of)
        .fold(LossCount::default(), LossCount::and);
    let chance = i32::try_from(tries).map_or(0.0, |tries| live.likely_rate().powi(tries));
    let bad_luck = at_least(dead.len(), flows.len(), chance) > BAD_LUCK;
    if bad_luck || live.rate() > MOST_LOSS {
        return Vec::new();
    }
    dead.iter().map(|flow| flow.port).collect()
}

/// How likely it is that of `all` things so many happen, or more, where each does with this chance: the binomial
/// distribution.
fn at_least(many: usize, all: usize, chance: f64) -> f64 {
    // Term by term: each follows from the one before.
    let mut term = (1.0 - chance).powf(all as f64);
    let mut fewer = 0.0;
    for count in 0..many {
        fewer += term;
        term *= (all - count) as f64 / (count + 1) as f64 * chance / (1.0 - chance);
    }
    1.0 - fewer
}

/// The last hop that all flows have in common before two of them meet different routers.
pub(super) fn parting(flows: &[Flow]) -> Option<u8> {
    let longest = flows.iter().map(|flow| flow.hops.len()).max()?;
    (0..longest).find_map(|index| {
        let routers = flows
            .iter()
            .filter_map(|flow| flow.hops.get(index)?.router());
        let different: BTreeSet<_> = routers.collect();
        (different.len() > 1).then(|| u8::try_from(index).ok())?
    })
}

/// Whether the look met a router at some hop where the flow met another.
fn meets_others(path: &Path, hops: &[Hop]) -> bool {
    let differs = |(look, hop): (&Hop, &Hop)| {
        let heard = |router| hop.replies.iter().any(|it| it.from == Some(router));
        look.router().is_some_and(|router| {
            hop.replies
                .iter()
                .any(|it| it.kind == ReplyKind::TimeExceeded)
                && !heard(router)
        })
    };
    path.discovery_hops.iter().zip(hops).any(differs)
}

#[cfg(test)]
mod tests;
