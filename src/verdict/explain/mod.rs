//! What the result means, and what to check next: one text per cause, chosen by what the run showed.

mod capture_filter;
mod context_texts;
mod correlation;
pub mod path;
mod template;
mod texts;
mod timing;

use std::cmp::Reverse;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::clock::WallClock;
use crate::hosts::Protocol;
use crate::outcome::{Outcome, OutcomeClass, OutcomeKind};
use crate::stats::{OutcomeGroup, Recorder};
use crate::text::{Marked, Text, Value, mark};
pub use capture_filter::capture_filter;
pub use correlation::{Among, Witness};
use template::{fill, plain};
use texts::CodeText;

/// ICMP errors are rate-limited by whoever sends them, by default to about one a second for each
/// destination (icmp(7), `icmp_ratelimit`); faster probes see silence in between.
const ICMP_PACE: Duration = Duration::from_secs(1);

/// Before its first retransmission, a second after the SYN (RFC 6298 section 2), the kernel cannot tell
/// whether the SYN left this machine.
const FIRST_RETRANSMISSION: Duration = Duration::from_secs(1);

/// Causes explained in one verdict; the largest ones.
const EXPLAINED: usize = 3;

/// What one target's probes showed.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// What it was probed with.
    pub protocol: Protocol,
    /// UDP: the service never answers, whatever is said to it.
    pub never_answers: bool,
    /// UDP: answers come from another port than the one asked.
    pub answers_from_any_port: bool,
    /// No router was allowed to fragment.
    pub dont_fragment: bool,
    /// `host:port` as it was typed.
    pub target: Value,
    /// The name that was looked up, where one was.
    pub name: Option<&'a str>,
    /// Where probes went.
    pub address: SocketAddr,
    /// The port as texts name it.
    pub port: u16,
    /// Where probes came from.
    pub source: Option<IpAddr>,
    /// Whom packets to it are handed to first, where that is known: the gateway, or the target itself.
    pub next_hop: Option<IpAddr>,
    /// Time between any two probes of the run, whatever their target; zero for none.
    pub pace: Duration,
    /// How long a probe may take.
    pub timeout: Duration,
    /// How long the run took.
    pub lasted: Duration,
    /// Tells when an instant was.
    pub clock: WallClock,
    /// The time to live the user asked for.
    pub ttl: Option<u8>,
    /// The tallies.
    pub recorder: &'a Recorder,
}

/// A conclusion with its next steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Stable: `works`, `nothing-measured`, or the reason of the worst trouble: what failed comes first, then what is frequent.
    pub code: String,
    /// What it means, a paragraph each.
    pub meaning: Vec<Text>,
    /// What to check, a step each.
    pub next: Vec<Text>,
}

/// Judges a target by its tallies and by what it is among, with no more certainty than they carry.
pub fn verdict(case: &Case, among: &Among) -> Verdict {
    let limited = is_rate_limited(case);
    let mut troubles: Vec<&OutcomeGroup> = case.recorder.outcome_groups.iter().collect();
    // Silence between rejects at speed is no cause of its own.
    troubles.retain(|cause| !(limited && cause.outcome == Outcome::NoReply));
    // What failed comes before what only took longer, and the frequent before the rare.
    troubles.sort_by_key(|cause| (hardship(cause), Reverse(cause.count)));
    let Some(worst) = troubles.first() else {
        return untroubled(case);
    };
    let mut verdict = Verdict {
        code: code(&worst.outcome),
        meaning: Vec::new(),
        next: Vec::new(),
    };
    for cause in troubles.iter().take(EXPLAINED) {
        let alive = among.signs_of_life(case, &cause.outcome);
        let text = explained(case, &cause.outcome, alive.is_some());
        let alive = alive.as_deref().unwrap_or_default();
        let filled = |text: &str| Text::from(Marked(&fill(text, case, &cause.outcome, alive)));
        push_new(&mut verdict.meaning, filled(text.meaning));
        push_new(&mut verdict.next, filled(text.next));
    }
    if troubles.iter().any(|cause| is_on_the_wire(&cause.outcome)) {
        verdict.next.push(CAPTURE.into());
    }
    let remarks = [
        limited.then(|| RATE_LIMIT.to_owned()),
        nothing_learned(case),
        too_early_to_tell(case),
        timing::history(case),
    ];
    let remarks = remarks.into_iter().flatten().chain(among.remarks(case));
    let remarks = remarks.map(|remark| Text::from(Marked(&remark)));
    verdict.meaning.extend(remarks);
    verdict
}

/// Every code with what it means, for people; a paragraph each.
pub fn all() -> String {
    let mut all = String::new();
    for text in texts::TEXTS {
        all += &format!("{}\n  {}\n\n", text.code, plain(text.meaning));
    }
    all
}

/// What a code means for each protocol and what to check next. `None`: there is no such code.
pub fn about(code: &str) -> Option<String> {
    let mut about = String::new();
    let mut told: Vec<&str> = Vec::new();
    for protocol in [Protocol::Tcp, Protocol::Udp, Protocol::Icmp] {
        let text = texts::find(protocol, code)?;
        if told.contains(&text.meaning) {
            continue;
        }
        let only = if told.is_empty() {
            String::new()
        } else {
            format!(", {}", protocol.title())
        };
        let (meaning, next) = (plain(text.meaning), plain(text.next));
        about += &format!("{code}{only}\n  {meaning}\nNext\n  {next}\n\n");
        told.push(text.meaning);
    }
    Some(about)
}

/// Every code that has a text.
pub fn codes() -> impl Iterator<Item = &'static str> {
    texts::TEXTS.iter().map(|text| text.code)
}

/// Whether there is such a reason.
pub fn is_code(code: &str) -> bool {
    texts::find(Protocol::Tcp, code).is_some()
}

/// The text of an outcome: what it means, and what to check. `alive`: something else of that address answered.
fn explained(case: &Case, outcome: &Outcome, alive: bool) -> CodeText {
    let code = code(outcome);
    let by_target = sender(outcome) == Some(case.address.ip());
    let strays = case.recorder.replies.strays > 0;
    match code.as_str() {
        "ttl-exceeded" if case.ttl.is_some() => return context_texts::OWN_TTL,
        "fragmentation-needed" if case.dont_fragment => return context_texts::OWN_DF,
        "fragmentation-needed" if case.protocol != Protocol::Tcp => return context_texts::PATH_MTU,
        "silence" if strays => return context_texts::STRAYS,
        "silence" if case.never_answers => return context_texts::NEVER_ANSWERS,
        "silence" if case.recorder.count_class(OutcomeClass::Succeeded) > 0 => {
            return context_texts::silent_at_times(case.protocol);
        }
        "rst" if case.recorder.count_class(OutcomeClass::Succeeded) > 0 => {
            return context_texts::REFUSED_AT_TIMES;
        }
        "silence" if alive => return context_texts::silent_port(case.protocol),
        "rst" if alive => return context_texts::CLOSED_PORT,
        "port-unreachable" if case.protocol == Protocol::Udp && by_target => {
            return context_texts::CLOSED_UDP;
        }
        _ if by_target => return context_texts::BY_TARGET,
        _ => {}
    }
    // The tests of `texts` prove that there is one.
    texts::find(case.protocol, &code)
        .copied()
        .unwrap_or_default()
}

/// Who sent the ICMP error, where that is known.
fn sender(outcome: &Outcome) -> Option<IpAddr> {
    match outcome {
        Outcome::Unreachable(by) => by.from(),
        _ => None,
    }
}

/// 0 for a probe that failed, here or there; 1 for one that got through with trouble.
fn hardship(cause: &OutcomeGroup) -> u8 {
    u8::from(cause.outcome.kind().class() == OutcomeClass::Succeeded)
}

/// The code of an outcome's text: its reason, or its name where it has none.
fn code(outcome: &Outcome) -> String {
    let reason = outcome.reason().map(std::borrow::Cow::into_owned);
    reason.unwrap_or_else(|| outcome.kind().name().to_owned())
}

fn untroubled(case: &Case) -> Verdict {
    let answered = case.recorder.count_class(OutcomeClass::Succeeded);
    let (code, text) = match case.protocol {
        _ if answered == 0 => (
            "nothing-measured",
            "No probe ended, so nothing can be said about the target.",
        ),
        Protocol::Tcp => (
            "works",
            "Every probe that ended connected: {target} accepts connections from {source}. This proves \
             that something answers in its name, not that the application will.",
        ),
        Protocol::Udp => (
            "works",
            "Every probe that ended was answered: something answers on {service} in the name of {address}.",
        ),
        Protocol::Icmp => (
            "works",
            "Every probe that ended was answered: something answers pings in the name of {address}, and the way \
             there and back is open for them. This says nothing about any port.",
        ),
    };
    let meaning = fill(text, case, &Outcome::Unfinished, "");
    Verdict {
        code: code.to_owned(),
        meaning: vec![Text::from(Marked(&meaning))],
        next: Vec::new(),
    }
}

fn push_new(list: &mut Vec<Text>, text: Text) {
    if !list.contains(&text) {
        list.push(text);
    }
}

/// Whether a capture would show more: packets left this machine, and nobody named himself.
fn is_on_the_wire(outcome: &Outcome) -> bool {
    !matches!(outcome, Outcome::Local(_) | Outcome::Unreachable(_))
}

/// Said where a capture would show more than this machine can.
const CAPTURE: &str =
    "capture at both ends while this runs again, with the tcpdump filter of this report";

const RATE_LIMIT: &str = "ICMP errors are rate-limited by their sender, usually to a burst and then about \
    one a second. At this pace the probes without a reply are most likely rejected ones too, not loss and not a second \
    cause; run again with -i 1s (and one target only) to be sure.";

/// Silence between ICMP errors, at more than one probe a second, is the sender's rate limit.
fn is_rate_limited(case: &Case) -> bool {
    let rejects = case.recorder.count(OutcomeKind::Unreachable);
    // Whoever answers at times does not reject, and its silence has another reason.
    let answered = case.recorder.count_class(OutcomeClass::Succeeded) > 0;
    // About one a second gets through (Linux); far fewer rejects than that leave silence unexplained.
    let enough = rejects as f64 >= case.lasted.as_secs_f64() / 2.0;
    case.pace < ICMP_PACE && rejects > 0 && !answered && enough && takes_turns(case)
}

/// Whether silence and ICMP errors come by turns: no silence before or after them lasts longer than the limit
/// explains.
fn takes_turns(case: &Case) -> bool {
    let span = |kind| {
        let causes = case.recorder.outcome_groups.iter();
        let mut of_kind = causes.filter(move |cause| cause.outcome.kind() == kind);
        let first = of_kind.next()?;
        Some(
            of_kind.fold((first.first, first.last), |(from, to), cause| {
                (from.min(cause.first), to.max(cause.last))
            }),
        )
    };
    let (Some(silent), Some(rejected)) =
        (span(OutcomeKind::NoReply), span(OutcomeKind::Unreachable))
    else {
        return false;
    };
    rejected.0.saturating_duration_since(silent.0) <= 2 * ICMP_PACE
        && silent.1.saturating_duration_since(rejected.1) <= 2 * ICMP_PACE
}

/// This machine's own trouble is no word about the target.
fn nothing_learned(case: &Case) -> Option<String> {
    let of = |class| case.recorder.count_class(class);
    let only_local =
        of(OutcomeClass::Local) > 0 && of(OutcomeClass::Succeeded) + of(OutcomeClass::Failed) == 0;
    only_local.then(|| {
        format!(
            "This says nothing about {} itself: no probe got that far.",
            mark(case.target.clone())
        )
    })
}

/// What a short timeout cannot see.
fn too_early_to_tell(case: &Case) -> Option<String> {
    let silent = case.recorder.count(OutcomeKind::NoReply) > 0;
    (silent && case.protocol == Protocol::Tcp && case.timeout < FIRST_RETRANSMISSION).then(|| {
        "With a timeout under a second it could also be this machine's own firewall that drops the SYN: \
         the kernel's proof is its first retransmission. Run again with -W 2s to rule that out."
            .to_owned()
    })
}

#[cfg(test)]
mod tests;
