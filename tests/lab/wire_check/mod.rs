//! The tool's claims against what the scripted peer really saw. No scenario has to ask for this.

pub(crate) mod trace;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::endpoint::{Place, Protocol};
use crate::expect::{Range, Words, one};
use crate::peer::Wire;
use crate::peer::datagram_responder::Met;
use crate::peer::tcp_responder::Seen;
use crate::tool::Run;

/// Every claim that the wire contradicts. The last line of a probe counts: a late answer gives
/// it a second one.
pub(crate) fn contradictions(run: &Run, wire: &Wire, targets: &[Place]) -> Vec<String> {
    if run.of_type("trace-start").next().is_some() {
        let of_target = |target: &Place| trace::contradictions(run, wire, *target);
        return targets.iter().take(1).flat_map(of_target).collect();
    }
    if let Some(line) = run.of_type("diagnosis").next() {
        return trace::diagnosis(line, wire);
    }
    let mut found = handshakes(run, &wire.connections);
    for target in targets {
        if target.protocol != Protocol::Tcp {
            found.extend(conversation(run, wire, *target));
        }
    }
    found
}

fn handshakes(run: &Run, connections: &HashMap<SocketAddr, Seen>) -> Vec<String> {
    let by_local: HashMap<SocketAddr, &Value> = run
        .of_type("probe")
        .filter(|line| line["protocol"] == "tcp")
        .filter_map(|line| Some((line["local"].as_str()?.parse().ok()?, line)))
        .collect();
    let mut found = Vec::new();
    for (local, line) in by_local {
        let seen = connections.get(&local).copied().unwrap_or_default();
        let contradicted = [
            check_count(line, seen),
            check_handshake_time(line, seen),
            check_order(line),
        ];
        let stories = contradicted.into_iter().flatten();
        found.extend(stories.map(|it| format!("{local}: {it}")));
    }
    found
}

/// A probe that nobody answered stays open after its report, to see a late answer, and the kernel goes on
/// sending SYNs for it: the peer may see more of them than were reported, never fewer.
fn check_count(line: &Value, seen: Seen) -> Option<String> {
    let claimed = line["syn_sent"].as_u64()?;
    let syns = seen.syns;
    let agrees = match line["outcome"].as_str() {
        Some("no-reply") => claimed <= syns,
        _ => claimed == syns,
    };
    (!agrees).then(|| format!("syn_sent is {claimed}, the peer saw {syns}"))
}

/// Only where there was one SYN: with more, the round trip is that of another SYN or comes from
/// coarse time stamps.
fn check_handshake_time(line: &Value, seen: Seen) -> Option<String> {
    check_least_time(line, seen.first_answer.filter(|_| seen.syns == 1)?)
}

/// No answer can be measured faster than the peer wrote it.
fn check_least_time(line: &Value, taken: Duration) -> Option<String> {
    let least = taken.as_secs_f64() * 1e6;
    let times = ["rtt_us", "connect_us"].map(|field| (field, line[field].as_f64()));
    let too_fast = |(_, got): &(_, Option<f64>)| got.is_some_and(|got| slack(got) < least);
    let (field, got) = times.into_iter().find(too_fast)?;
    Some(format!("{field} is {got:?}, the peer took {least:.0}"))
}

/// The kernel's clock starts after ours and stops before it, so it can never show more.
fn check_order(line: &Value) -> Option<String> {
    let (rtt, connect) = (line["rtt_us"].as_f64()?, line["connect_us"].as_f64()?);
    (rtt > slack(connect)).then(|| format!("rtt_us {rtt} is more than connect_us {connect}"))
}

/// A microsecond for rounding, and what two clocks may differ by: the kernel's time stamps are of
/// the one that is adjusted by up to 500 ppm, adjtimex(2).
pub(crate) fn slack(micros: f64) -> f64 {
    micros * 1.0005 + 1.0
}

/// One target's probes are sent in the order of their numbers, so the first request is the first
/// probe's. What ended on this machine never reached the peer.
fn conversation(run: &Run, wire: &Wire, target: Place) -> Vec<String> {
    let requests: Vec<&Met> = wire.of(target).collect();
    let lines: Vec<_> = probes(run, target);
    if lines.len() != requests.len() {
        let (claimed, seen) = (lines.len(), requests.len());
        return vec![format!(
            "{target}: {claimed} probes went out, the peer saw {seen}"
        )];
    }
    let pairs = lines.iter().zip(requests);
    let contradicted = pairs.flat_map(|(line, met)| {
        let taken = met.first_answer;
        [
            check_local(line, met),
            taken.and_then(|taken| check_least_time(line, taken)),
            check_order(line),
        ]
    });
    let stories = contradicted.flatten();
    stories.map(|it| format!("{target}: {it}")).collect()
}

/// Each probe's last line, warm-up first.
fn probes(run: &Run, target: Place) -> Vec<&Value> {
    let mut by_turn = BTreeMap::new();
    for line in run.of_type("probe").filter(|line| target.is_of(line)) {
        by_turn.insert((line["warmup"] != true, line["seq"].as_u64()), line);
    }
    by_turn.retain(|_, line| line["outcome"] != "local");
    by_turn.into_values().collect()
}

fn check_local(line: &Value, met: &Met) -> Option<String> {
    let (claimed, seen) = (&line["local"], met.request.local());
    (*claimed != seen).then(|| format!("local is {claimed}, the peer saw {seen}"))
}

impl Wire {
    fn of(&self, target: Place) -> impl Iterator<Item = &Met> {
        self.requests.iter().filter(move |met| met.place == target)
    }
}

/// What a scenario expects of the tool's own packets.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Requests(Vec<Expectation>);

/// Of every request to one target. What is left out is not looked at.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expectation {
    #[serde(default = "one")]
    target: usize,
    count: Option<Range>,
    ttl: Option<Range>,
    dscp: Option<Range>,
    /// Bytes of payload.
    length: Option<Range>,
    dont_fragment: Option<bool>,
    from: Option<Words>,
}

impl Requests {
    /// Every difference between what the peer saw and what was expected.
    pub(crate) fn differences(&self, wire: &Wire, targets: &[Place]) -> Vec<String> {
        let mut found = Vec::new();
        for expected in &self.0 {
            let target = targets[expected.target - 1];
            let mut wrong = |what: &str, got: &Value, wanted: &dyn fmt::Display| {
                found.push(format!("{target}: {what} is {got}, expected {wanted}"));
            };
            let count = wire.of(target).count();
            check("request count", expected.count.as_ref(), count, &mut wrong);
            wire.of(target)
                .for_each(|met| expected.compare(met, &mut wrong));
        }
        found
    }
}

type Wrong<'a> = dyn FnMut(&str, &Value, &dyn fmt::Display) + 'a;

impl Expectation {
    fn compare(&self, met: &Met, wrong: &mut Wrong) {
        let request = &met.request;
        check("request ttl", self.ttl.as_ref(), request.ttl, wrong);
        check("request dscp", self.dscp.as_ref(), request.dscp, wrong);
        let length = request.payload.len();
        check("request length", self.length.as_ref(), length, wrong);
        let got = request.dont_fragment;
        if let Some(wanted) = self.dont_fragment.filter(|wanted| *wanted != got) {
            wrong("request dont_fragment", &got.into(), &wanted);
        }
        let from = request.from.to_string().into();
        if let Some(wanted) = self.from.as_ref().filter(|it| !it.allow(&from)) {
            wrong("request source", &from, wanted);
        }
    }
}

fn check(what: &str, expected: Option<&Range>, got: impl Into<Value>, wrong: &mut Wrong) {
    let got = got.into();
    if let Some(expected) = expected.filter(|it| !it.allows(&got, 1.0)) {
        wrong(what, &got, expected);
    }
}
