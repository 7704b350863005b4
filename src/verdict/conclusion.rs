//! The conclusion about a target: its state, and for each trouble the causes ranked by evidence.

use super::case::{Case, Depth};
use super::causes::{Cause, Code, Owner};
use super::observation::{self, Echo, IcmpKind, Kind, Leak, LossScope, Observations, Others, Port};
use super::observe::attempts::{Attempts, Trouble, is_noticeable};
use super::observe::host;
use super::observe::icmp::{self, Devices};
use super::observe::{local, path};
use super::ranking::{Certainty, Ranking, rank};
use super::subject::Subject;
use crate::hosts::Protocol;
use crate::outcome::{IcmpError, UnreachableBy};
use crate::stats::Loss;
use crate::text;
use crate::text::Text;

/// Troubles that are ranked; the gravest ones.
const MAX_TROUBLES: usize = 3;

/// How well a target works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// No probe succeeded.
    Fails,
    /// Some probes failed, more than by chance.
    FailsAtTimes,
    /// It works with loss, with connections that are closed at once, or by something else than the target.
    Degraded,
    /// No probe left this machine or ended; or silence proves nothing.
    NotMeasured,
    /// It works.
    Works,
}

/// A trouble with its causes.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The probes concerned; absent where the target works.
    pub trouble: Option<Trouble>,
    /// The causes.
    pub ranking: Ranking,
    /// What the texts are about.
    pub subject: Subject,
    /// The share of the probes, where the others end differently: `3 of 6 probes`.
    pub share: Option<Text>,
}

/// The conclusion.
#[derive(Clone, Debug)]
pub struct Conclusion {
    /// How well it works.
    pub state: State,
    /// What is wrong, the gravest first; at least one, which may be that it works.
    pub findings: Vec<Finding>,
    /// The verdict.
    pub code: Code,
    /// Probes of the target.
    pub attempts: Attempts,
    /// What was looked at.
    pub depth: Depth,
    /// What these probes could not show.
    pub missed: Vec<Text>,
}

/// Draws the conclusion.
pub fn conclude(case: &Case) -> Conclusion {
    let troubles = troubles(case);
    let mut findings: Vec<_> = troubles
        .iter()
        .take(MAX_TROUBLES)
        .map(|trouble| case.finding(Some(*trouble)))
        .collect();
    if findings.is_empty() {
        findings.push(case.finding(None));
    }
    let state = state(case, &findings[0]);
    Conclusion {
        state,
        code: code(case, state, &findings[0]),
        findings,
        attempts: case.attempts.clone(),
        depth: case.depth,
        missed: missed(case),
    }
}

/// What the probes could not show: between ICMP errors, silence counts as their rate limit.
fn missed(case: &Case) -> Vec<Text> {
    let attempts = &case.attempts;
    let is_limited = attempts.rejected() > 0 && attempts.silent > 0 && attempts.succeeded() == 0;
    let limited =
        "loss: senders limit their ICMP errors, so the probes without a reply count as rejected";
    let slower = (case.depth == Depth::Run).then_some(" (-i 1s)");
    let limited = text![limited, slower.unwrap_or_default()];
    let limited = (is_limited && !attempts.unexplained_silence).then_some(limited);
    limited.into_iter().chain(case.missed.clone()).collect()
}

/// Loss that follows source ports is that, and no loss for all.
fn troubles(case: &Case) -> Vec<Trouble> {
    let mut troubles = case.attempts.troubles();
    if let Some((dead, _)) = case.dead_flows {
        troubles.retain(|it| !matches!(it.port, Port::Lossy | Port::SilentSome | Port::Silent));
        troubles.insert(
            0,
            Trouble {
                port: Port::Flows,
                probes: dead,
            },
        );
    }
    troubles
}

fn state(case: &Case, first: &Finding) -> State {
    let attempts = &case.attempts;
    let (succeeded, failed) = (attempts.succeeded(), attempts.failed());
    let only_silent = failed == attempts.silent;
    if succeeded == 0 {
        let is_open = !case.expects_reply && only_silent;
        // What this machine lacks shows nothing of the target.
        let is_here = first.ranking.works() || first.ranking.owner() == Owner::Here;
        return if is_open || failed == 0 && is_here {
            State::NotMeasured
        } else {
            State::Fails
        };
    }
    let deliberate = attempts.refused + attempts.reset + attempts.rejected();
    let is_outage = case.longest_outage > 1;
    let fails = is_noticeable(failed, failed + succeeded) || is_outage || deliberate > 0;
    if fails || attempts.local_errors() > 0 {
        State::FailsAtTimes
    } else if first.trouble.is_some() || first.is_wrong() {
        State::Degraded
    } else {
        State::Works
    }
}

fn code(case: &Case, state: State, first: &Finding) -> Code {
    let nothing_ended = case.attempts.total() == 0;
    match state {
        State::NotMeasured if nothing_ended && first.trouble.is_none() && first.ranking.works() => {
            Code::NothingMeasured
        }
        State::Works if first.ranking.code() == Code::Works => case.slow.unwrap_or(Code::Works),
        _ => first.ranking.code(),
    }
}

impl Finding {
    /// Whether the target works, and yet not as it should, as far as shows.
    fn is_wrong(&self) -> bool {
        let is_fault = |it: Cause| it != Cause::Works && it.row().owner != Owner::NoOne;
        self.ranking.tied().any(is_fault)
    }
}

impl Case<'_> {
    /// Ranks the causes of a trouble, or of none.
    fn finding(&self, trouble: Option<Trouble>) -> Finding {
        let mut seen = self.seen.clone();
        let mut subject = self.subject.clone();
        self.observe_protocol(&mut seen);
        self.observe_host(&mut seen);
        if let Some(trouble) = trouble {
            seen.set_with(trouble.port, self.figures(trouble));
            self.observe_trouble(&mut seen, trouble.port);
        } else if self.attempts.succeeded() > 0 && !self.may_lose_as_much_as_echoes() {
            seen.set_with(Port::Connects, self.share(self.attempts.succeeded()));
        }
        if self.attempts.replied() + self.attempts.silent > 0
            && seen.get::<Port>() != Some(Port::Local)
            && seen.value(Kind::Sent).is_none()
        {
            local::set_left(&mut seen);
        }
        if matches!(seen.get::<Port>(), Some(Port::Icmp | Port::IcmpSome)) {
            subject.icmp = self.icmp();
        }
        // Silence between ICMP errors is their rate limit.
        let is_some = |it: &Trouble| it.probes < self.attempts.total() && it.port != Port::Icmp;
        let share = trouble.filter(is_some).map(|it| self.figures(it));
        let share = share.filter(|it| !it.is_empty());
        Finding {
            trouble,
            ranking: rank(&seen),
            subject,
            share,
        }
    }

    /// Whether echoes get lost, and so few probes of the port may have been spared by chance.
    fn may_lose_as_much_as_echoes(&self) -> bool {
        let echoes = self.echoes.as_ref();
        let (_, sent) = self.attempts.loss();
        echoes
            .is_some_and(|it| host::echo(it) == Some(Echo::Lossy) && host::may_be_spared(it, sent))
    }

    /// `3 of 6 probes`, `18 of 60 packets` with those of the path.
    fn figures(&self, trouble: Trouble) -> Text {
        let lost_on_path = self.attempts.path.lost > 0;
        if self.depth == Depth::Trace && trouble.port != Port::Flows {
            // Its probes have a figure of their own in the table of hops.
            return Text::default();
        }
        match (trouble.port, self.dead_flows) {
            (Port::Flows, Some((dead, all))) => text![dead, " of ", all, " source ports"],
            (Port::SilentSome, _) if lost_on_path => {
                text![trouble.probes, " of ", self.attempts.loss().1, " packets"]
            }
            _ => self.share(trouble.probes),
        }
    }

    fn observe_protocol(&self, seen: &mut Observations) {
        use observation::Family;
        seen.set(match self.subject.protocol {
            Protocol::Tcp => observation::Protocol::Tcp,
            Protocol::Udp => observation::Protocol::Udp,
            Protocol::Icmp => observation::Protocol::Icmp,
        });
        if let Some(address) = self.subject.address {
            let is_v4 = address.is_ipv4();
            seen.set(if is_v4 { Family::V4 } else { Family::V6 });
            // Only a private address can leave where it does not belong.
            if !path::is_private(address.ip()) {
                seen.set(Leak::No);
            }
        }
    }

    /// Echoes and other ports.
    fn observe_host(&self, seen: &mut Observations) {
        if let Some(echoes) = &self.echoes
            && let Some(echo) = host::echo(echoes)
        {
            let figures = match echo {
                Echo::Ok | Echo::Lossy => share(echoes.succeeded(), echoes.total()),
                Echo::Silent => share(echoes.silent, echoes.total()),
                Echo::Rejected => share(echoes.rejected(), echoes.total()),
            };
            seen.set_with(echo, figures);
        }
        if let Some(others) = self.ports.observe() {
            seen.set_with(others, self.ports.figures());
        }
    }

    /// What belongs to one trouble only.
    fn observe_trouble(&self, seen: &mut Observations, port: Port) {
        if !matches!(port, Port::Rst | Port::RstSome | Port::ResetsAfter) {
            seen.remove(Kind::RstFrom);
        }
        if !matches!(port, Port::Silent | Port::SilentSome) {
            seen.remove(Kind::PathEnd);
        }
        if self.attempts.succeeded() + self.attempts.reset == 0 {
            seen.remove(Kind::SynackFrom);
        }
        match port {
            Port::Local => self.observe_local(seen),
            Port::Icmp | Port::IcmpSome => self.observe_icmp(seen),
            Port::Lossy | Port::SilentSome => self.observe_loss(seen),
            _ => {}
        }
        // The outages of a run show nothing of probes that took longer.
        let is_slow = matches!(port, Port::Lossy | Port::ClosesAfter | Port::Late);
        let is_told = self.depth != Depth::Run || !is_slow;
        if let Some((course, figures)) = self.course.as_ref().filter(|_| is_told) {
            seen.set_with(*course, figures.clone());
        }
    }

    fn observe_local(&self, seen: &mut Observations) {
        let known = seen.value(Kind::LocalNet);
        if let Some(cause) = self.attempts.usual_local_cause() {
            local::set_cause(seen, cause);
        }
        // What was found of the interfaces tells more than the errno.
        if let Some(known) = known.filter(|it| it.name() != "fine") {
            seen.insert(known, Text::default());
        }
    }

    fn observe_icmp(&self, seen: &mut Observations) {
        let Some(error) = self.icmp() else {
            // The system reports an errno alone.
            seen.set(IcmpKind::Other);
            return;
        };
        let devices = Devices {
            target: self.subject.address.map(|it| it.ip()),
            gateway: self.subject.gateway,
            path: self.traced,
        };
        seen.set(icmp::kind(&error));
        if let Some(from) = icmp::from(&error, devices) {
            seen.set(from);
        }
        let target = self.subject.address.map(|it| it.ip());
        if let Some(leak) = target.zip(error.from).and_then(path::leak_by_sender) {
            seen.set(leak);
        }
    }

    fn observe_loss(&self, seen: &mut Observations) {
        if let Some(way) = host::loss_direction(&self.attempts) {
            seen.set(way);
        }
        if self.attempts.path.begins_before_target {
            seen.set(LossScope::All);
        } else if let Some(scope) =
            host::loss_scope(&self.attempts, self.echoes.as_ref(), &self.ports)
        {
            seen.set(scope);
        } else {
            // As few echoes and probes of other ports may have been spared by chance.
            let (echo, others) = (seen.get::<Echo>(), seen.get::<Others>());
            if echo == Some(Echo::Ok) {
                seen.remove(Kind::Echo);
            }
            if others == Some(Others::Answer) {
                seen.remove(Kind::Others);
            }
        }
    }

    /// The ICMP error that rejects the probes most often.
    fn icmp(&self) -> Option<IcmpError> {
        match self.attempts.usual_rejection()? {
            UnreachableBy::Icmp(error) => Some(error),
            UnreachableBy::Errno(_) => None,
        }
    }

    fn share(&self, probes: u64) -> Text {
        share(probes, self.attempts.total())
    }
}

/// `3 of 6 probes`.
fn share(part: u64, all: u64) -> Text {
    let noun = if all == 1 { "probe" } else { "probes" };
    Text::words(format!("{part} of {all} {noun}"))
}

impl Conclusion {
    /// Whether it works, and nothing takes long.
    pub fn is_healthy(&self) -> bool {
        self.state == State::Works && self.code == self.findings[0].ranking.code()
    }

    /// How far the verdict is ahead of others; absent where nothing was ranked.
    pub fn certainty(&self) -> Option<Certainty> {
        let first = &self.findings[0];
        let is_ranked = !first.ranking.works() && first.ranking.code() == self.code;
        is_ranked.then(|| first.ranking.certainty())
    }

    /// Verdicts that are as likely, the first of them the verdict.
    pub fn tied_codes(&self) -> Vec<Code> {
        match self.certainty() {
            Some(Certainty::OneOf) => self.findings[0].ranking.tied_codes(),
            _ => vec![self.code],
        }
    }

    /// Loss in percent that may have gone unnoticed; absent where a trouble was found.
    pub fn undetected_loss(&self) -> Option<f64> {
        let works = matches!(self.state, State::Works | State::Degraded);
        let (lost, sent) = self.attempts.loss();
        let is_loss = |it: Trouble| matches!(it.port, Port::Lossy | Port::SilentSome);
        let is_found = self
            .findings
            .iter()
            .any(|it| it.trouble.is_some_and(is_loss));
        let interval = Loss::of(lost, sent).filter(|_| works && !is_found);
        interval.map(|it| it.high)
    }
}

impl State {
    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fails => "fails",
            Self::FailsAtTimes => "fails-at-times",
            Self::Degraded => "degraded",
            Self::NotMeasured => "nothing-measured",
            Self::Works => "works",
        }
    }

    /// In a verdict: capitals where something is wrong.
    pub fn loud(self) -> &'static str {
        match self {
            Self::Fails => "FAILS",
            Self::FailsAtTimes => "FAILS at times",
            Self::Degraded => "DEGRADED",
            Self::NotMeasured | Self::Works => self.words(),
        }
    }

    /// In a table.
    pub fn words(self) -> &'static str {
        match self {
            Self::Fails => "fails",
            Self::FailsAtTimes => "fails at times",
            Self::Degraded => "degraded",
            Self::NotMeasured => "not measured",
            Self::Works => "works",
        }
    }
}
