//! Parts that the summary of one target and the table of many share.

use std::cmp::Reverse;

use super::numbers::{count, interval, length, ms, percent};
use super::page::wrap;
use super::{Report, TargetReport, words};
use crate::clock::{date_and_time, format_duration};
use crate::hosts::Protocol;
use crate::outcome::{Handshake, Outcome, OutcomeClass, OutcomeKind, Refusal};
use crate::plan::Limit;
use crate::stats::{Distribution, Outage, ReplyTtls};
use crate::term::escape_controls;
use crate::verdict::explain::{self, Case, Verdict, verdict};

/// Outages listed; the others are counted.
const OUTAGES: usize = 5;

/// With fewer probes than this the loss interval is wide enough to need a word.
const FEW: u64 = 30;

/// How a form of output writes what may hold characters that mean something to it.
#[derive(Clone, Copy)]
pub(super) struct Style {
    /// Our own words.
    pub(super) own: fn(&str) -> String,
    /// What a peer or the user said.
    pub(super) foreign: fn(&str) -> String,
}

impl Style {
    /// Nothing means anything but itself.
    const PLAIN: Self = Self {
        own: str::to_owned,
        foreign: str::to_owned,
    };
}

/// One way in which probes ended.
pub(super) struct Row {
    /// The word for the outcome.
    pub(super) word: &'static str,
    /// How many probes ended so.
    pub(super) number: u64,
    /// What was seen.
    pub(super) note: String,
}

/// One kind of time: its name with its unit, the values, and what they are.
pub(super) type Times<'a> = (&'static str, &'a Distribution, &'static str);

/// `--- what, 6 probes in 8.0 s, 2026-11-20 12:00:03Z to 12:00:11Z ---`
pub(super) fn rule(report: &Report, what: &str, sent: u64) -> String {
    format!("--- {} ---\n", headline(report, what, sent))
}

/// `what, 6 probes in 8.0 s, 2026-11-20 12:00:03Z to 12:00:11Z`
pub(super) fn headline(report: &Report, what: &str, sent: u64) -> String {
    let clock = &report.info.clock;
    let (from, to) = (
        clock.at(report.record.started),
        clock.at(report.record.ended),
    );
    let took = report
        .record
        .ended
        .saturating_duration_since(report.record.started);
    let until = match date_and_time(to).split_once(' ') {
        Some((day, time)) if date_and_time(from).starts_with(day) => time.to_owned(),
        _ => date_and_time(to),
    };
    let (probes, stopped) = (count(sent, "probe"), stopped(report));
    let took = length(took);
    format!(
        "{what}, {probes}{stopped} in {took}, {} to {until}",
        date_and_time(from)
    )
}

/// Says that the run was cut short, where it had an end of its own.
fn stopped(report: &Report) -> String {
    match report.info.plan.schedule.limit {
        Limit::Count(each) if report.record.interrupted => {
            let all = each.saturating_mul(report.info.targets.len() as u64);
            format!(" of {all} (stopped)")
        }
        Limit::Duration(_) if report.record.interrupted => " (stopped)".to_owned(),
        _ => String::new(),
    }
}

/// A line for each way in which probes ended.
pub(super) fn outcomes(target: &TargetReport, indent: &str) -> String {
    let line = |row: Row| {
        let share = percent(row.number, target.recorder.sent());
        let (word, number, note) = (row.word, row.number, row.note);
        let line = format!("{indent}{word:<12}{number:>8}  {share:>8}   {note}");
        wrap(&line, indent.len() + 33, target.info.columns) + "\n"
    };
    let rows = outcome_rows(target, Style::PLAIN).into_iter();
    rows.map(line).collect()
}

/// A row for each way in which probes ended.
pub(super) fn outcome_rows(target: &TargetReport, style: Style) -> Vec<Row> {
    let recorder = target.recorder;
    let mut rows = Vec::new();
    let mut row = |word, number, note| {
        if number > 0 {
            rows.push(Row { word, number, note });
        }
    };
    let connected = recorder.count(OutcomeKind::Connected);
    row(
        "connected",
        connected,
        (style.own)(&lossy_handshakes(target)),
    );
    let replies = recorder.count(OutcomeKind::Reply);
    row("reply", replies, said(target, style));
    let mut causes: Vec<_> = recorder.outcome_groups.iter().collect();
    causes.sort_by_key(|cause| (cause.outcome.kind(), Reverse(cause.count)));
    for cause in causes {
        let kind = cause.outcome.kind();
        if kind != OutcomeKind::Connected {
            let note = note(target, &cause.outcome);
            row(words::outcome(kind), cause.count, (style.own)(&note));
        }
    }
    let others = (style.own)("of too many kinds to list");
    row("others", recorder.other_outcomes, others);
    rows
}

/// What the answers said, the frequent first.
fn said(target: &TargetReport, style: Style) -> String {
    let answers = &target.recorder.replies;
    let mut kinds = answers.summaries.clone();
    kinds.sort_by_key(|(_, number)| Reverse(*number));
    if let ([(said, _)], 0) = (kinds.as_slice(), answers.other_summaries) {
        return (style.foreign)(said.as_str());
    }
    let mut notes: Vec<_> = kinds
        .iter()
        .map(|(said, number)| format!("{number} {}", (style.foreign)(said.as_str())))
        .collect();
    if answers.other_summaries > 0 {
        notes.push(format!("{} others", answers.other_summaries));
    }
    notes.join("; ")
}

fn lossy_handshakes(target: &TargetReport) -> String {
    let mut notes = Vec::new();
    for cause in &target.recorder.outcome_groups {
        let why = match cause.outcome {
            Outcome::Connected(Handshake::AfterSynLoss) => {
                "the first lost on its way or dropped there"
            }
            Outcome::Connected(Handshake::AfterSynAckLoss) => {
                "the answer to the first lost or late"
            }
            Outcome::Connected(Handshake::AfterRetransmission) => "why is not known",
            _ => continue,
        };
        notes.push(format!("{} took several SYNs: {why}", cause.count));
    }
    notes.join("; ")
}

fn note(target: &TargetReport, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Refused(Refusal::Rst) => {
            let figures = target.recorder.refused.figures();
            let time = figures.map(|figures| format!(", {} ms on average", ms(figures.mean)));
            format!("RST{}", time.unwrap_or_default())
        }
        Outcome::NoReply => silence(target),
        Outcome::Local(cause) => {
            let words = words::local(target.target.protocol, *cause);
            format!("{}: {words}", cause.reason())
        }
        other => words::detail(target.target.protocol, other, None).unwrap_or_default(),
    }
}

/// That nobody answered, and what that is worth.
pub(super) fn silence(target: &TargetReport) -> String {
    let patience = format_duration(target.info.plan.schedule.timeout);
    let sent = match &target.recorder.syns_without_reply {
        Some(syns) if syns.start() == syns.end() => format!("{} sent, ", words::syns(*syns.end())),
        Some(syns) => format!("{} to {} sent, ", syns.start(), words::syns(*syns.end())),
        None => String::new(),
    };
    let open = match target.target.protocol {
        Protocol::Udp if target.never_answers() => ", as always with this kind of service",
        Protocol::Udp => ": open or filtered",
        _ => "",
    };
    format!("{sent}no answer in {patience}{open}")
}

/// What only some runs have: jitter, late and unfinished probes, outages, a schedule that slipped.
pub(super) fn particulars(report: &Report, target: &TargetReport, indent: &str) -> String {
    let line = |(name, value): (&str, String)| {
        let line = format!("{indent}{name:<12}  {value}");
        wrap(&line, indent.len() + 14, target.info.columns) + "\n"
    };
    let outages = outages(report, target).into_iter().enumerate();
    let outages = outages.map(|(index, outage)| (if index == 0 { "outages" } else { "" }, outage));
    let facts = facts(report, target).into_iter();
    facts.chain(outages).map(line).collect()
}

/// What only some runs have, outages apart: a name and our own words.
pub(super) fn facts(report: &Report, target: &TargetReport) -> Vec<(&'static str, String)> {
    let recorder = target.recorder;
    let mut facts = Vec::new();
    if let Some(jitter) = recorder.jitter.mean_us() {
        let jitter = ms(jitter);
        facts.push((
            "jitter ms",
            format!("{jitter}, mean absolute difference of successive answers"),
        ));
    }
    facts.extend(answers(report, target));
    if recorder.late > 0 {
        let late = count(recorder.late, "answer");
        let timeout = format_duration(target.info.plan.schedule.timeout);
        facts.push((
            "late",
            format!("{late} came after the {timeout} timeout, counted above as no reply"),
        ));
    }
    let unfinished = recorder.count(OutcomeKind::Unfinished);
    if unfinished > 0 {
        let probes = count(unfinished, "probe");
        facts.push((
            "unfinished",
            format!("{probes} still waited for an answer when the run was stopped; not counted"),
        ));
    }
    facts
}

/// A target whose counts and times alone do not tell everything.
pub(super) fn is_troubled(target: &TargetReport) -> bool {
    let recorder = target.recorder;
    let answers = &recorder.replies;
    let odd = answers.duplicates + answers.strays + answers.reordered + answers.ttl.total;
    let unfinished = recorder.count(OutcomeKind::Unfinished);
    !recorder.outcome_groups.is_empty() || recorder.late + odd + unfinished > 0
}

/// The share of failed probes: as a figure, and how sure it is.
pub(super) fn loss(target: &TargetReport) -> Option<(String, String)> {
    let loss = target.loss()?;
    let failed = target.recorder.count_class(OutcomeClass::Failed);
    let counted = failed + target.recorder.count_class(OutcomeClass::Succeeded);
    let share = percent(failed, counted);
    if failed == counted {
        return Some((
            share,
            format!("none of {} succeeded", count(counted, "probe")),
        ));
    }
    let interval = interval(loss.low, loss.high);
    let few = if counted < FEW {
        format!("; a sample of {counted} is small")
    } else {
        String::new()
    };
    Some((share, format!("95 % interval {interval} %{few}")))
}

/// The distributions of a target, those without values among them.
pub(super) fn times<'a>(target: &TargetReport<'a>) -> [Times<'a>; 3] {
    let recorder = target.recorder;
    let (name, rtt) = match target.target.protocol {
        Protocol::Tcp => ("connect ms", "kernel: SYN to SYN-ACK"),
        _ if recorder.has_user_rtt => ("reply ms", "own clock to kernel's arrival"),
        _ => ("reply ms", "kernel: datagram to answer"),
    };
    [
        (name, &recorder.connect, "what an application waits"),
        ("path rtt ms", &recorder.rtt, rtt),
        ("refused ms", &recorder.refused, "first SYN to RST"),
    ]
}

/// What is worth a line about the answers to datagrams.
fn answers(report: &Report, target: &TargetReport) -> Vec<(&'static str, String)> {
    let answers = &target.recorder.replies;
    let mut lines = Vec::new();
    lines.extend(ttl(report, &answers.ttl).map(|ttl| ("answer ttl", ttl)));
    if answers.duplicates > 0 {
        let number = count(answers.duplicates, "further answer");
        lines.push((
            "duplicates",
            format!("{number} to a probe that had one already"),
        ));
    }
    if answers.reordered > 0 {
        let number = count(answers.reordered, "answer");
        lines.push((
            "reordered",
            format!("{number} came after that to a later probe"),
        ));
    }
    if answers.strays > 0 {
        let number = count(answers.strays, "datagram");
        let what = format!("{number} came from the target and answered no probe; not counted");
        lines.push(("strays", what));
    }
    lines
}

/// `64`, or what it was and since when it is something else.
fn ttl(report: &Report, ttls: &ReplyTtls) -> Option<String> {
    let ((_, first), others) = ttls.changes.split_first()?;
    let mut text = first.to_string();
    for (since, ttl) in others {
        let since = report.info.clock.time_label(*since);
        text += &format!(", then {ttl} from {since}");
    }
    if ttls.total > others.len() as u64 {
        text += &format!(", {} changes in all", ttls.total);
    }
    if ttls.total > 0 {
        text += ": the path changed, or somebody else answers";
    }
    Some(text)
}

/// The first outages and the last one, which answers "since when not?".
pub(super) fn outages(report: &Report, target: &TargetReport) -> Vec<String> {
    if target.never_answers() {
        return Vec::new();
    }
    let outages = &target.recorder.outages;
    let known = outages.list();
    let first = known.iter().take(OUTAGES - 1);
    let mut lines: Vec<_> = first.map(|each| outage(report, each)).collect();
    let latest = known.last().filter(|_| known.len() >= OUTAGES);
    let between = outages.total() - lines.len() as u64 - u64::from(latest.is_some());
    if between > 0 {
        let longest = outages.longest().filter(|longest| longest.probes > 1);
        let longest = longest.map_or_else(String::new, |longest| {
            format!("; the longest of all: {}", outage(report, longest))
        });
        lines.push(format!("and {between} more in between{longest}"));
    }
    lines.extend(latest.map(|latest| outage(report, latest)));
    lines
}

/// The different ways in which its probes failed, in words.
pub(super) fn causes_of(outage: &Outage) -> String {
    let mut causes: Vec<&str> = Vec::new();
    for outcome in &outage.outcomes {
        let word = words::outcome(outcome.kind());
        if !causes.contains(&word) {
            causes.push(word);
        }
    }
    causes.join(", ")
}

fn outage(report: &Report, outage: &Outage) -> String {
    let at = |instant| report.info.clock.time_label(instant);
    let end = if outage.ongoing {
        "to the end"
    } else {
        "then ok"
    };
    let (probes, causes) = (count(outage.probes, "probe"), causes_of(outage));
    format!(
        "{} to {}, {probes}: {causes}; {end}",
        at(outage.from),
        at(outage.to)
    )
}

/// What the tallies of one target mean.
pub(super) fn judged(target: &TargetReport) -> Verdict {
    judged_as(target, &escape_controls(&target.target.label()))
}

/// As [`judged`], with another name for the target.
pub(super) fn judged_as(target: &TargetReport, name: &str) -> Verdict {
    verdict(&case(target, name), target.among)
}

/// What can be said of a target without naming it or its port: equal for targets that show the same.
pub(super) fn judged_unnamed(target: &TargetReport) -> Vec<String> {
    let unnamed = Case {
        port: 0,
        ..case(target, "")
    };
    verdict(&unnamed, target.among).meaning
}

/// What a capture of these probes needs.
pub(super) fn capture_filter(report: &Report) -> Option<String> {
    let targets: Vec<_> = report.targets().collect();
    explain::capture_filter(targets.iter().map(|target| case(target, "")))
}

/// The same for one target.
pub(super) fn capture_filter_of(target: &TargetReport) -> Option<String> {
    explain::capture_filter([case(target, "")].into_iter())
}

fn case<'a>(target: &TargetReport<'a>, name: &'a str) -> Case<'a> {
    let (plan, record) = (&target.info.plan, &target.record);
    let targets = u32::try_from(target.info.targets.len()).unwrap_or(u32::MAX);
    Case {
        protocol: target.target.protocol,
        never_answers: target.never_answers(),
        answers_from_any_port: target.target.protocol == Protocol::Udp
            && plan
                .payload
                .for_port(target.target.address.port())
                .replies_from_any_port(),
        dont_fragment: plan.sockets.dont_fragment,
        target: name,
        name: target.target.name(),
        address: target.target.address,
        port: target.target.address.port(),
        source: target.source(),
        next_hop: target.route.and_then(|route| route.next_hop),
        pace: plan.schedule.interval / targets.max(1),
        timeout: plan.schedule.timeout,
        lasted: record.ended.saturating_duration_since(record.started),
        clock: target.info.clock,
        ttl: plan.sockets.ttl,
        recorder: target.recorder,
    }
}
