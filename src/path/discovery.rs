//! The first look: every TTL at once, until the end of the way is known.

use std::ops::RangeInclusive;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::analysis::find_loop;
use super::loss::LossCount;
use super::ttl_sweep::{TtlLimit, TtlSeries};
use super::{Distance, DistanceBy, Hop, ProbePurpose, TraceObserver, TraceProbe};
use crate::engine::{RunControl, SampleSink};
use crate::hosts::Target;
use crate::outcome::{Outcome, Sample, TargetId};

/// The shortest wait for the answer of a hop, once it is known how slow the others are.
const WAIT_AT_LEAST: Duration = Duration::from_millis(250);

/// What is added to that for a router that takes its time to make an ICMP error.
const SLACK: Duration = Duration::from_millis(100);

/// Hops that have answered before a loop is taken for one: later answers may still show that it was none.
const ENOUGH_FOR_A_LOOP: usize = 6;

/// How far away somebody is, and whom it leads by.
pub(super) struct Sweep {
    pub(super) purpose: ProbePurpose,
    pub(super) target: Target,
    pub(super) hops: Vec<Hop>,
    pub(super) bound: Rc<TtlLimit>,
    /// How a probe with the usual TTL ended.
    pub(super) whole: Option<Outcome>,
}

impl Sweep {
    pub(super) fn new(purpose: ProbePurpose, target: Target, hops: u8) -> Self {
        Self {
            purpose,
            target,
            hops: Hop::up_to(hops),
            bound: Rc::new(TtlLimit::none()),
            whole: None,
        }
    }

    fn record(&mut self, ttl: Option<u8>, sample: &Sample) {
        let Some(ttl) = ttl else {
            self.whole = Some(sample.result.outcome);
            return;
        };
        let Some(hop) = self.hops.get_mut(usize::from(ttl).saturating_sub(1)) else {
            return;
        };
        hop.record(&self.target, sample);
        // Some of a host's echoes may be rejected on one of several links: the others still tell how far away it is.
        let ends = match self.purpose {
            ProbePurpose::Distance(_) => hop.final_reply().is_some(),
            ProbePurpose::Discovery | ProbePurpose::Round { .. } => hop.is_path_end(),
        };
        if ends {
            self.bound.lower(ttl);
        }
    }

    /// Whether packets go round: then there is no end to wait for.
    fn goes_round(&self) -> bool {
        let answered = self.hops.iter().filter(|hop| !hop.is_unanswered()).count();
        answered > ENOUGH_FOR_A_LOOP && find_loop(&self.hops).is_some()
    }

    /// Whether everything up to the end of the way has answered.
    fn is_complete(&self) -> bool {
        let up_to_end = |end: u8| self.hops.iter().take(usize::from(end));
        let end = self.bound.get();
        end.is_some_and(|end| up_to_end(end).all(|hop| !hop.is_unanswered()))
    }

    /// How far away the target is.
    pub(super) fn distance(&self) -> Option<Distance> {
        let ProbePurpose::Distance(by) = self.purpose else {
            return None;
        };
        let ttl = self.reached()?;
        let least = least(&self.hops, ttl, by);
        Some(Distance {
            ttl,
            min_ttl: least,
            by,
        })
    }

    /// The smallest TTL that the target itself answers.
    pub(super) fn reached(&self) -> Option<u8> {
        self.hops
            .iter()
            .find(|hop| hop.final_reply().is_some())?
            .ttl
    }
}

/// Of how many hosts it may be said wrongly that they are further away than they are.
const DOUBT: f64 = 0.001;

/// TTLs that systems begin with.
const INITIAL_TTLS: [u8; 3] = [64, 128, 255];

/// How near the host of these hops, which answers a TTL of `ttl`, may be: behind the last router that answered, unless so
/// many probes with TTLs in between were silent that loss does not explain it, and the TTL that is left of its answers
/// says so as well. Else a rule may drop small TTLs; but hardly those to another TCP port and not to the asked one.
pub(super) fn least(hops: &[Hop], ttl: u8, by: DistanceBy) -> u8 {
    let (before, host) = hops.split_at(usize::from(ttl.saturating_sub(1)).min(hops.len()));
    let router = before.iter().rposition(|hop| hop.router().is_some());
    let behind = router.map_or(0, |index| index + 1);
    let silent: u64 = before[behind..].iter().map(|hop| hop.sent).sum();
    let loss = host
        .iter()
        .map(LossCount::of)
        .fold(LossCount::default(), LossCount::and)
        .likely_rate();
    let least = u8::try_from(behind + 1).unwrap_or(ttl).min(ttl);
    let left = host.iter().filter_map(|hop| hop.reply_ttl).max();
    let is_other_port = matches!(by, DistanceBy::TcpPort(_));
    let far = left.map(way_back).or(is_other_port.then_some(ttl));
    match far {
        Some(far) if loss.powf(silent as f64) < DOUBT => far.clamp(least, ttl),
        _ => least,
    }
}

/// Hops that an answer has come, the first one included, by the TTL that is left of it.
fn way_back(left: u8) -> u8 {
    let initial = INITIAL_TTLS.into_iter().find(|initial| left <= *initial);
    initial
        .map_or(1, |initial| initial - left)
        .saturating_add(1)
}

/// The longest wait for a hop's answer, where the slowest so far took so long.
pub(super) fn settle(slowest: Option<Duration>, timeout: Duration) -> Duration {
    let wait = slowest.map_or(timeout, |slowest| slowest * 3 + SLACK);
    wait.clamp(WAIT_AT_LEAST.min(timeout), timeout)
}

/// The slowest answer of these hops.
pub(super) fn slowest<'a>(hops: impl IntoIterator<Item = &'a Hop>) -> Option<Duration> {
    let figures = hops.into_iter().filter_map(|hop| hop.rtts.figures());
    let slowest = figures.map(|figures| figures.max).max_by(f64::total_cmp);
    slowest.map(|us| Duration::from_secs_f64(us / 1e6))
}

/// Takes in the answers of a look.
pub(super) struct Discovery<'a> {
    pub(super) all_series: &'a [TtlSeries],
    /// The first one is the one that it is about.
    pub(super) sweeps: &'a mut [Sweep],
    pub(super) timeout: Duration,
    /// When an end of the way became known.
    pub(super) ended_at: Option<Instant>,
    pub(super) watcher: &'a mut dyn TraceObserver,
}

impl SampleSink for Discovery<'_> {
    fn sample(&mut self, sample: &Sample) {
        if sample.result.outcome == Outcome::Unfinished {
            return;
        }
        let series = &self.all_series[sample.target.index()];
        let (purpose, ttl) = (series.purpose, series.ttl(sample.seq));
        let mut sweeps = self.sweeps.iter_mut();
        if let Some(sweep) = sweeps.find(|sweep| sweep.purpose == purpose) {
            sweep.record(ttl, sample);
        }
        let first = &self.sweeps[0];
        if first.bound.get().is_some() || first.goes_round() {
            self.ended_at.get_or_insert_with(Instant::now);
        }
        self.watcher.probe_ended(&TraceProbe {
            purpose,
            ttl,
            sample,
        });
    }
}

impl RunControl for Discovery<'_> {
    /// Once the end is known, slower hops are waited for as long as they can be expected to take.
    fn is_done(&self) -> bool {
        let Some(ended_at) = self.ended_at else {
            return false;
        };
        let slowest = slowest(self.sweeps.iter().flat_map(|sweep| &sweep.hops));
        self.sweeps.iter().all(Sweep::is_complete)
            || ended_at.elapsed() >= settle(slowest, self.timeout)
    }
}

/// How often each TTL is tried again: one probe of several may take a link that loses it.
const TRIES_AGAIN: usize = 4;

/// Courses of a second look at some TTLs, several for each.
pub(super) fn again(purpose: (TargetId, ProbePurpose), ttls: RangeInclusive<u8>) -> Vec<TtlSeries> {
    let each = ttls.flat_map(|ttl| [ttl; TRIES_AGAIN]);
    each.map(|ttl| series(purpose, Some(ttl))).collect()
}

fn series((target, purpose): (TargetId, ProbePurpose), ttl: Option<u8>) -> TtlSeries {
    TtlSeries {
        target,
        port: None,
        ttls: vec![ttl],
        purpose,
    }
}

/// Courses of one probe each for every TTL up to `most`: those of all purposes in turn, after one with the usual TTL
/// for the first.
pub(super) fn all_series(most: u8, purposes: &[(TargetId, ProbePurpose)]) -> Vec<TtlSeries> {
    let whole = purposes.first().map(|first| series(*first, None));
    let sweep = (1..=most).flat_map(|ttl| purposes.iter().map(move |it| series(*it, Some(ttl))));
    whole.into_iter().chain(sweep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::fixture::PathFixture;

    #[test]
    fn lost_answers_do_not_make_a_host_distant() {
        for (walks, ttl, left, expected) in [
            ("1 2 S", 3, None, 3),
            ("S", 1, None, 1),
            // One silent hop before the host proves nothing, nor do a few while the host loses some, too.
            ("1 * S", 3, Some(62), 2),
            ("1 2 * * * S", 6, Some(59), 3),
            (
                "1 2 * * S|1 2 * * *|1 2 * * *|1 2 * * *|1 2 * * S",
                5,
                Some(60),
                3,
            ),
            // Again and again, and the host never loses any.
            ("1 * S|1 * S|1 * S|1 * S|1 * S", 3, Some(62), 3),
            ("1 * S|1 * S|1 * S|1 * S|1 * S", 3, Some(253), 3),
            // But its answers have not come that far, or do not tell: a rule may drop small TTLs.
            ("1 * * S|1 * * S|1 * * S|1 * * S|1 * * S", 4, Some(63), 2),
            ("1 * * S|1 * * S|1 * * S|1 * * S|1 * * S", 4, None, 2),
            // A router behind the silent ones tells.
            ("1 * * 4 S", 5, None, 5),
        ] {
            let mut hops = PathFixture::of(walks).path.hops;
            for hop in &mut hops {
                hop.reply_ttl = left;
            }
            let found = least(&hops, ttl, DistanceBy::Echo);
            assert_eq!(found, expected, "{walks}, {left:?}");
        }
        // No rule drops small TTLs to one port alone.
        let hops = PathFixture::of("1 * * S|1 * * S|1 * * S|1 * * S|1 * * S")
            .path
            .hops;
        assert_eq!(least(&hops, 4, DistanceBy::TcpPort(80)), 4);
    }
}
