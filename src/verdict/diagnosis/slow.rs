//! The port works, and slowly.

use std::collections::BTreeMap;
use std::time::Duration;

use super::case::Case;
use super::{Code, Diagnosis, Who, texts};
use crate::path::LossCount;
use crate::text::{Value, mark};

/// A round trip from which on people complain: half around the world takes about that long.
const SLOW_RTT: Duration = Duration::from_millis(200);

/// The same to a neighbour, where a millisecond is usual.
const SLOW_NEIGHBOUR: Duration = Duration::from_millis(50);

/// What this machine may take to hand over an answer.
const SLOW_HERE: Duration = Duration::from_millis(50);

/// A name lookup from which on people complain.
const SLOW_LOOKUP: Duration = Duration::from_secs(1);

/// TCP sends its first SYN again after this (RFC 6298 section 2).
const SYN_TIMER: Duration = Duration::from_secs(1);

/// Handshakes needed more than one SYN.
pub(super) fn lost_syns(case: &Case) -> Option<Diagnosis> {
    let asked = &case.asked;
    let resent = asked.resent();
    if resent == 0 {
        return None;
    }
    let later = case.surveyed().filter(|it| it.lost == 0);
    if let Some(later) = later.filter(|_| resent == asked.total()) {
        return Some(for_a_while(case, later));
    }
    let (first, often) = match case.tried.and_then(|it| it.median_connect) {
        _ if resent < asked.total() => ("", "now and then"),
        Some(took) if asked.answer_lost == resent => return Some(slower_than_timer(case, took)),
        _ => ("all ", "always"),
    };
    let verdict = format!(
        "Connections to {} are slow, {often}: {first}{resent} of {} handshakes needed more than one SYN, which costs a \
         second or more each.",
        case.who(),
        asked.total()
    );
    let found = Diagnosis::new(Code::SynLoss, verdict)
        .not("A closed port and a filter for all: every handshake completes.");
    let found = which_way(case, found);
    let found = if asked.answer_lost < resent {
        found.next(
            case.admin(),
            "do these grow while it runs again? nstat -az TcpExtListenOverflows TcpExtListenDrops",
        )
    } else {
        found
    };
    Some(if case.is_own() {
        found
    } else {
        found.next(
            Who::Network,
            format!(
                "which packet is missing at the other end? {}",
                texts::capture(case)
            ),
        )
    })
}

/// All probes were lost at first, and none of what was sent later: the first ones left within a second.
pub(super) fn for_a_while(case: &Case, later: LossCount) -> Diagnosis {
    let asked = &case.asked;
    let first = if asked.worked() > 0 {
        "the first SYNs of "
    } else {
        ""
    };
    let verdict = format!(
        "{} gave no answer for a while: {first}{}, sent within a second, had none; {} that were sent later were all answered.",
        case.who(),
        texts::probes(asked.total()),
        texts::probes(later.sent)
    );
    Diagnosis::new(Code::Intermittent, verdict)
        .not("A closed port and a filter for all: probes get through.")
        .unknown("How often that happens: it was seen once.")
        .unknown(texts::WHICH_WAY)
        .next(
            Who::You,
            format!("watch it: synack -t {}", case.argument()),
        )
        .next(
            Who::Network,
            "what happened at that time? A link that came up, a route that changed, a queue that was full",
        )
}

/// What TCP's time stamps tell of the first SYNs, and what they do not.
fn which_way(case: &Case, found: Diagnosis) -> Diagnosis {
    let (asked, own) = (&case.asked, case.is_own());
    let some = |count: u64, what: &str| {
        (count > 0).then(|| format!("{count} of the first SYNs {what} (TCP time stamps)."))
    };
    let found = found
        .seen_if(some(
            asked.syn_lost,
            "never got there, or were dropped there",
        ))
        .seen_if(some(
            asked.answer_lost,
            "got there, and the answer was lost or late",
        ));
    let found = if asked.answer_lost == asked.resent() {
        found.not("A full accept queue: the first SYNs were answered.")
    } else if own {
        found.unknown("Whether a full accept queue dropped them, or a rule of this machine.")
    } else {
        found.unknown("Whether the SYNs were lost on the way, or dropped by a full accept queue of the target.")
    };
    if asked.either_lost > 0 && !own {
        found.unknown(texts::WHICH_WAY)
    } else {
        found
    }
}

/// Every first SYN was answered, and every answer came after the second one had been sent.
fn slower_than_timer(case: &Case, took: Duration) -> Diagnosis {
    let verdict = format!(
        "The way to {} is slow: every answer took more than {}, so that SYNs were sent again; connecting takes {}.",
        case.who(),
        texts::time(SYN_TIMER),
        texts::time(took)
    );
    Diagnosis::new(Code::SlowPath, verdict)
        .seen("The first SYN was answered each time, too late for its timer (TCP time stamps).")
        .not("A full accept queue, and SYNs that are lost: the first ones were answered.")
        .unknown("Whether each first answer came late, or got lost on the way back.")
        .next(
            Who::Network,
            "is this the distance, or is a link full or a way longer than it should be?",
        )
}

/// The application waited much longer than the packets took.
pub(super) fn here(case: &Case) -> Option<Diagnosis> {
    let (connect, rtt) = case
        .tried
        .and_then(|it| it.median_connect.zip(it.median_rtt))?;
    let late = connect.checked_sub(rtt)?;
    if case.asked.resent() > 0 || late < SLOW_HERE || connect < rtt * 3 {
        return None;
    }
    let verdict = format!(
        "This machine is slow to hand over answers of {}: they were there after {}, and the program had them after {}.",
        case.who(),
        texts::time(rtt),
        texts::time(connect)
    );
    Some(
        Diagnosis::new(Code::SlowHere, verdict)
            .not("The network and the target: the kernel's own clock shows their round trip, and it is much shorter.")
            .unknown("What keeps this machine busy.")
            .next(Who::AdminHere, "load, CPU limits of a container, steal time: uptime; vmstat 1; cat /proc/pressure/cpu"),
    )
}

/// Nothing was answered in time, and some of it later.
pub(super) fn late(case: &Case) -> Option<Diagnosis> {
    let late = case.tried?.late;
    if late == 0 || !case.asked.is_silent() {
        return None;
    }
    let verdict = format!(
        "{} answers too late: no answer came before the timeout of its probe, and {} came after it.",
        case.who(),
        late
    );
    Some(
        Diagnosis::new(Code::SlowPath, verdict)
            .not("A closed or filtered port, and a host that is down: answers came.")
            .unknown("Whether the way is slow or the service is.")
            .next(
                Who::You,
                format!("wait longer: synack -W 30 {}", case.argument()),
            )
            .next(
                case.admin(),
                "what takes the service so long? Its log, its load",
            ),
    )
}

/// The round trip itself is long.
pub(super) fn path(case: &Case) -> Option<Diagnosis> {
    let tried = case.tried?;
    let rtt = tried.median_rtt.or(tried.median_connect)?;
    let limit = if case.is_neighbour() {
        SLOW_NEIGHBOUR
    } else {
        SLOW_RTT
    };
    if rtt < limit || case.asked.resent() > 0 {
        return None;
    }
    let growth = growth(case).filter(|growth| growth.by() >= rtt / 2);
    let place = growth.as_ref().map(|it| {
        let (hop, before, after) = (
            case.hop_text(it.ttl),
            texts::time(it.before),
            texts::time(it.after),
        );
        (
            format!("at {hop}"),
            format!("from {before} to {after} at {hop}"),
        )
    });
    let most = place
        .as_ref()
        .map(|(at, _)| format!("; most of it is added {at}"));
    let verdict = format!(
        "The way to {} is slow: a round trip takes {}{}.",
        case.who(),
        texts::time(rtt),
        most.unwrap_or_default()
    );
    let found = Diagnosis::new(Code::SlowPath, verdict)
        .seen_if(place.as_ref().map(|(_, it)| format!("The shortest times of the hops grow {it}, and stay there.")))
        .unknown("Whether it is distance or queues: light in fibre takes about 1 ms for 100 km there and back.");
    let found = if case.is_tcp() {
        found.not("Lost SYNs: no handshake needed a second one.")
    } else {
        found
    };
    let found = if growth.is_some() {
        found.unknown(
            "Whether the way back from there is another one: only the sum of both ways shows.",
        )
    } else {
        found.unknown("Where on the way the time is spent.")
    };
    Some(found.next(
        Who::Network,
        "is this the distance, or is a link full or a way longer than it should be?",
    ))
}

/// Where the times of hops grow.
struct Growth {
    ttl: u8,
    before: Duration,
    after: Duration,
}

impl Growth {
    fn by(&self) -> Duration {
        self.after.saturating_sub(self.before)
    }
}

/// The hop from which on all are so much slower. A router that is slow to say so itself is none, so each hop counts
/// with the shortest time of all from there on.
fn growth(case: &Case) -> Option<Growth> {
    let mut best: BTreeMap<u8, Duration> = BTreeMap::new();
    for hop in case.hops() {
        let times = hop.replies.iter().filter_map(|heard| heard.min_rtt);
        let (Some(ttl), Some(time)) = (hop.ttl, times.min()) else {
            continue;
        };
        let known = best.entry(ttl).or_insert(time);
        *known = time.min(*known);
    }
    let mut floor = Duration::MAX;
    let mut floors = Vec::new();
    for (ttl, time) in best.into_iter().rev() {
        floor = floor.min(time);
        floors.push((ttl, floor));
    }
    floors.reverse();
    let mut before = Duration::ZERO;
    let steps = floors.into_iter().map(|(ttl, after)| {
        let step = Growth { ttl, before, after };
        before = after;
        step
    });
    steps.max_by_key(Growth::by)
}

/// The name lookup alone is slow.
pub(super) fn lookup(case: &Case) -> Option<Diagnosis> {
    let name = &case.found.name;
    let (text, took) = name.name.as_deref().zip(name.took)?;
    let text = mark(Value::Host(text.into()));
    if took < SLOW_LOOKUP || case.asked.worked() == 0 {
        return None;
    }
    let verdict = format!(
        "{} works, and looking its name up took {}: programs wait for that first.",
        case.who(),
        texts::time(took)
    );
    Some(
        Diagnosis::new(Code::SlowNameLookup, verdict)
            .not("The network to the target and the port: probes are answered.")
            .unknown("Whether every lookup is as slow: it was one.")
            .next(
                Who::AdminHere,
                format!("does the first name server answer? cat /etc/resolv.conf; resolvectl statistics; time getent ahosts {text}"),
            ),
    )
}
