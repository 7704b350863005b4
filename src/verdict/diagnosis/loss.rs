//! Packets get lost: where, and of which kinds.

use super::case::{Case, service_of};
use super::tally::Tally;
use super::{Code, Diagnosis, Who, evidence, texts};
use crate::checks::ProbeBatch;
use crate::hosts::Protocol;
use crate::path::{LossCount, LossOnset, PathNote, loss_per_hop};

/// Loss that the way shows, though all probes of the port itself came through.
pub(super) fn found(case: &Case) -> Option<Diagnosis> {
    let lost = path_loss(case).map_or(0, |(_, lost, _)| lost);
    let (resent, others) = (case.asked.resent(), Others::of(case).lost);
    // A single lost packet among all is no verdict, and first SYNs that are always lost are no bad luck.
    let shown = lost > 1 || resent > 0 && lost + others > 0;
    let later = case.surveyed();
    let all_or_none = later.is_none_or(|it| it.lost == 0 || it.lost == it.sent);
    let at_first = resent == case.asked.total() && all_or_none;
    if !shown || at_first || case.asked.worked() == 0 {
        return None;
    }
    Some(told(case))
}

/// Some packets get lost: those of this port, or of all kinds.
pub(super) fn told(case: &Case) -> Diagnosis {
    match others_all_pass(case) {
        Some(others) => limited(case, &others),
        None => lossy(case),
    }
}

fn path_loss(case: &Case) -> Option<(Option<LossOnset>, u64, u64)> {
    case.notes().iter().find_map(|note| match note {
        PathNote::Loss {
            onset: begins,
            lost,
            sent: of,
        } => Some((*begins, *lost, *of)),
        _ => None,
    })
}

/// What the path shows of loss, hop by hop where that shows where it begins.
pub(super) fn loss_fact(case: &Case) -> Option<String> {
    let (_, lost, of) = path_loss(case)?;
    let whole = || format!("On the path {lost} of {of} probes had no answer.");
    Some(losses_by_hop(case).unwrap_or_else(whole))
}

/// Where loss begins, if that shows.
fn begins(case: &Case) -> Option<LossOnset> {
    path_loss(case).and_then(|(begins, ..)| begins)
}

/// Between whom packets get lost.
fn loss_place(case: &Case) -> Option<String> {
    let begins = begins(case)?;
    Some(begins.describe(|ttl| case.hop_text(ttl)))
}

fn losses_by_hop(case: &Case) -> Option<String> {
    loss_place(case)?;
    let counted = loss_per_hop(case.path()?, case.analysis()?.rate_limited());
    if counted.is_empty() {
        return None;
    }
    let of_hop = counted.iter().map(|(ttl, LossCount { lost, sent })| {
        let end = case.end_ttl();
        let hop = ttl.filter(|_| *ttl != end);
        let hop = hop.map_or_else(|| "the target".to_owned(), |ttl| format!("hop {ttl}"));
        format!("{lost} of {sent} at {hop}")
    });
    let of_hop: Vec<_> = of_hop.collect();
    Some(format!(
        "Probes without an answer, by the hop they were sent to: {}.",
        of_hop.join(", ")
    ))
}

fn lossy(case: &Case) -> Diagnosis {
    let (asked, seen) = (&case.asked, path_loss(case));
    let without = |lost, of| format!("{lost} of {of} probes had no answer");
    let what = match seen {
        // Of one packet each, which is not sent again.
        Some((_, lost, of)) if of > asked.total() || asked.silent == 0 => without(lost, of),
        _ if asked.silent == 0 => {
            let Others { lost, of, .. } = Others::of(case);
            let others = format!("{lost} of {of} other probes had no answer");
            format!(
                "{} of {} handshakes needed more than one SYN, and {others}",
                asked.resent(),
                asked.total()
            )
        }
        _ => without(asked.silent, asked.total()),
    };
    let dropped = evidence::dropped_words(case);
    let place = loss_place(case).filter(|_| dropped.is_none());
    let place = place.map(|place| format!(" {place}"));
    let verdict = format!(
        "Packets to {} get lost{}: {what}.{}",
        case.who(),
        place.unwrap_or_default(),
        dropped.unwrap_or_default()
    );
    let found = Diagnosis::new(Code::PacketLoss, verdict)
        .seen_if(loss_fact(case))
        .not("A host that is down, a closed port, and a filter for all: other probes got through.")
        .unknown(texts::WHICH_WAY);
    look_for_loss(case, found)
}

/// What the network's owner can look at, where the place shows.
pub(super) fn ask(case: &Case) -> Option<String> {
    let (begins, place) = begins(case).zip(loss_place(case))?;
    Some(if begins_before_target(case) {
        format!("errors and drops {place}, these included")
    } else {
        let behind = case.hop_text(begins.after);
        format!("errors and drops behind {behind}, and on the way back")
    })
}

/// Who can find out where packets get lost, as far as that is known.
fn look_for_loss(case: &Case, found: Diagnosis) -> Diagnosis {
    let Some((begins, ask)) = begins(case).zip(ask(case)) else {
        let trace = format!(
            "from which hop on do packets get lost? synack trace -n 30 {}",
            case.argument()
        );
        let found = found
            .next(Who::You, trace)
            .next(Who::Network, "errors and drops on the links of the way");
        return at_the_target(case, found);
    };
    let found = match case.route().and_then(|route| route.interface.as_ref()) {
        Some(interface) if begins.after == 0 => {
            let own = format!("errors and drops here: ip -s -s link show dev {interface}");
            found.next(Who::AdminHere, own)
        }
        _ => found,
    };
    let found = found.next(Who::Network, ask);
    if begins_before_target(case) {
        return found
            .not("The target and its service: probes that end before it get lost as well.")
            .next(
                Who::Network,
                format!(
                    "at which of them do probes arrive, and not leave? {}",
                    texts::capture(case)
                ),
            );
    }
    at_the_target(case, found)
}

/// Nothing says that the target itself does not drop them.
fn at_the_target(case: &Case, found: Diagnosis) -> Diagnosis {
    if Others::of(case).lost > 0 {
        return found
            .unknown("Whether they are lost at the target itself, or before.")
            .next(
                case.admin(),
                format!("do all probes arrive? {}", texts::capture(case)),
            );
    }
    let look = texts::queue(case).look;
    found
        .unknown("Whether they are lost on the way, or dropped by a limit per client or a full queue at the target.")
        .next(case.admin(), format!("{look}; do all probes arrive? {}", texts::capture(case)))
}

/// Probes to that host that are not of the asked service.
pub(super) struct Others {
    pub(super) lost: u64,
    pub(super) of: u64,
    /// What they are: `ICMP echo`, `tcp/22`.
    kinds: Vec<String>,
    /// Those of which some were lost.
    pub(super) lossy: Vec<String>,
    /// Whether some are of the asked protocol.
    of_protocol: bool,
    /// Ports of the asked protocol that do not count, as their one probe got no answer.
    silent: Vec<String>,
    /// The same, as it connected with more than one SYN.
    resent: Vec<String>,
}

impl Others {
    /// What never answers may be filtered, and does not count; large echoes do, for small ones are answered where they are
    /// sent. Nor do ports that had one probe each: a SYN is sent again before it is given up.
    pub(super) fn of(case: &Case) -> Self {
        let counted = |it: &'_ ProbeBatch| (Tally::of(it), it.target.protocol, service_of(it));
        let (single, often): (Vec<_>, Vec<_>) =
            case.others().map(counted).partition(|it| it.0.total() == 1);
        let of_protocol = |it: &&(Tally, Protocol, String)| it.1 == case.found.protocol;
        let such = |is: fn(&Tally) -> bool| -> Vec<String> {
            let such = single.iter().filter(of_protocol).filter(|it| is(&it.0));
            such.map(|it| it.2.clone()).collect()
        };
        let (silent, resent) = (such(|it| it.silent > 0), such(|it| it.resent() > 0));
        let often = often.into_iter().filter(|it| it.0.answers() > 0);
        let all = often.chain(case.sizes().map(counted));
        let none = Self {
            lost: 0,
            of: 0,
            kinds: Vec::new(),
            lossy: Vec::new(),
            of_protocol: false,
            silent,
            resent,
        };
        all.fold(none, |mut others, (tally, protocol, kind)| {
            others.lost += tally.silent;
            others.of += tally.silent + tally.answers();
            others.of_protocol |= protocol == case.found.protocol;
            if tally.silent > 0 && !others.lossy.contains(&kind) {
                others.lossy.push(kind.clone());
            }
            if !others.kinds.contains(&kind) {
                others.kinds.push(kind);
            }
            others
        })
    }

    /// For what packets are dropped, where those that were counted pass.
    fn what_else(&self, case: &Case) -> String {
        let (service, all) = (case.service(), case.found.protocol.title());
        if self.of_protocol {
            service
        } else if !self.resent.is_empty() {
            let resent = texts::list(&self.resent);
            format!("{all} as a whole, as {resent} needed more than one SYN, too")
        } else if self.silent.is_empty() {
            format!("{service} (or for {all} as a whole)")
        } else {
            let silent = texts::list(&self.silent);
            format!("{service} (or for {all} as a whole: no answer from {silent}, either)")
        }
    }
}

/// Probes of other kinds, where all got through that could, and chance does not explain it: if whatever was lost could have
/// been of any kind, that would happen less than once in a hundred times (Fisher's exact test).
fn others_all_pass(case: &Case) -> Option<Others> {
    let others = Others::of(case);
    let asked = &case.asked;
    let (_, lost, of) = path_loss(case).unwrap_or((None, 0, 0));
    let (lost, of) = (asked.silent + lost, asked.total() + of);
    let all = of + others.of;
    let chance: f64 = (0..lost)
        .map(|nth| (of - nth) as f64 / (all - nth) as f64)
        .product();
    (others.lost == 0 && chance < 0.01).then_some(others)
}

/// This port's probes are dropped, now and then, and no others.
fn limited(case: &Case, others: &Others) -> Diagnosis {
    let (service, queue) = (case.service(), texts::queue(case));
    let dropped = evidence::dropped_words(case);
    let place = loss_place(case).filter(|_| dropped.is_none());
    let at = place.clone().map(|place| format!(", {place}"));
    let passed = format!(
        "{} by {}",
        texts::probes(others.of),
        texts::list(&others.kinds)
    );
    let verdict = format!(
        "{} answers only some probes, while {passed} all got through: what is dropped is dropped for {}{}.{}",
        case.who(),
        others.what_else(case),
        at.unwrap_or_else(|| format!(", as by a limit or a full {}", queue.name)),
        dropped.unwrap_or_default()
    );
    let what = if others.of_protocol {
        service.clone()
    } else {
        format!("{service}, or {} as a whole,", case.found.protocol.title())
    };
    let found = Diagnosis::new(Code::Intermittent, verdict)
        .seen_if(loss_fact(case))
        .not(format!(
            "Loss on the way for everybody: {passed} were all answered."
        ))
        .not("A rule that forbids it altogether, and a host that is down: some probes got through.")
        .next(
            Who::Network,
            format!(
                "does a rule {} limit {what} from {} to {}?",
                place
                    .filter(|_| begins_before_target(case))
                    .unwrap_or_else(|| "on the way, there or back,".to_owned()),
                case.source(),
                case.host()
            ),
        );
    let here = begins(case).is_some_and(|it| it.after == 0);
    let found = if here {
        found.next(Who::AdminHere, texts::OUTPUT_RULES)
    } else {
        found
    };
    if !others.resent.is_empty() {
        return found
            .not("This service alone: other ports have the same trouble.")
            .unknown("Whether a rule limits connections, or something on the way or on the host is full (connection tracking, a queue).");
    }
    if begins_before_target(case) {
        return found
            .not("The service: probes that end before it get lost as well.")
            .unknown("Whether a rule limits connections per client or per port.");
    }
    found
        .unknown(format!(
            "Whether a rule limits connections per client or per port, or the service {}.",
            queue.slow
        ))
        .next(
            case.admin(),
            format!(
                "is the {} full? {}; does a rule limit {service}?",
                queue.name, queue.look
            ),
        )
}

/// Whether probes get lost that end before the target.
fn begins_before_target(case: &Case) -> bool {
    begins(case).is_some_and(|begins| begins.from.is_some())
}
