//! Host distance: hops to the host, measured with ICMP echo, a closed UDP port, or another TCP port.

use std::io;
use std::ops::RangeInclusive;

use super::Tracer;
use super::ttl_series::TtlSeries;
use super::ttl_sweep::{TtlSweep, sweep_series};
use crate::hosts::Protocol;
use crate::outcome::TargetId;
use crate::path::{
    Distance, DistanceBy, Hop, LossCount, PathEnd, ProbePurpose, TraceObserver, analyze,
};

/// Probes per TTL of the confirmation: ECMP may put one of them on a lossy link.
const CONFIRMATION_PROBES: usize = 4;

/// Highest probability that loss explains the missing replies before a host.
const MAX_CHANCE: f64 = 0.001;

/// Initial TTLs of common systems.
const INITIAL_TTLS: [u8; 3] = [64, 128, 255];

impl Tracer<'_> {
    /// Whether to measure the distance of the host with probes other than those to the port.
    pub(super) fn measures_distance(&self) -> bool {
        self.plan.host_distance && self.path.target.protocol != Protocol::Icmp
    }

    /// Network target and purpose of the probes of a method.
    pub(super) fn distance_purpose(&self, by: DistanceBy) -> Option<(TargetId, ProbePurpose)> {
        let mut methods = (1..).zip(&self.distance_methods);
        let (index, _) = methods.find(|(_, method)| **method == by)?;
        Some((TargetId(index), ProbePurpose::Distance(by)))
    }

    /// Sets distance and hops of the host.
    pub(super) fn set_host_distance(&mut self, sweep: TtlSweep) {
        self.path.host_distance = distance(&sweep);
        self.path.host_hops = sweep.hops;
    }

    /// Measures without ICMP echo: a closed UDP port, or another TCP port.
    pub(super) fn measure_without_echo(
        &mut self,
        observer: &mut dyn TraceObserver,
    ) -> io::Result<()> {
        let methods = self.distance_methods.iter();
        let methods = methods.filter(|method| **method != DistanceBy::Echo);
        let purposes: Vec<_> = methods
            .filter_map(|method| self.distance_purpose(*method))
            .collect();
        let all_series = sweep_series(self.plan.max_hops, &purposes);
        let (sweeps, result) =
            self.run_sweeps(&purposes, &all_series, self.reply_timeout, observer);
        let mut sweeps = sweeps.into_iter();
        let closed_port = sweeps.next().filter(|it| it.final_reply_ttl().is_some());
        // The farthest TCP port counts, if it is farther away than the responder of the target port.
        let mut hops = self.path.discovery_hops.iter();
        let responder = hops.find(|hop| hop.final_reply().is_some());
        let responder_ttl = responder.and_then(|hop| hop.ttl);
        let is_farther = |it: &TtlSweep| it.final_reply_ttl() > responder_ttl;
        let farthest = || {
            sweeps
                .max_by_key(TtlSweep::final_reply_ttl)
                .filter(is_farther)
        };
        if let Some(sweep) = closed_port.or_else(farthest) {
            self.set_host_distance(sweep);
        }
        result
    }

    /// Repeats the measurement where the responder is nearer than the host: one lost reply makes the host seem farther
    /// away.
    pub(super) fn confirm_host_distance(
        &mut self,
        observer: &mut dyn TraceObserver,
    ) -> io::Result<()> {
        let PathEnd::FinalReply { ttl: Some(ttl), .. } = analyze(&self.path).end else {
            return Ok(());
        };
        let host = self.path.host_distance.filter(|host| ttl < host.ttl);
        let Some(host) = host.filter(|_| !self.signals.stop_requested()) else {
            return Ok(());
        };
        let Some(purpose) = self.distance_purpose(host.by) else {
            return Ok(());
        };
        let all_series = confirmation_series(purpose, ttl..=host.ttl);
        let (sweeps, result) =
            self.run_sweeps(&[purpose], &all_series, self.reply_timeout, observer);
        for mut sweep in sweeps {
            for (hop, known) in sweep.hops.iter_mut().zip(&self.path.host_hops) {
                hop.merge(known);
            }
            self.set_host_distance(sweep);
        }
        result
    }
}

fn confirmation_series(
    purpose: (TargetId, ProbePurpose),
    ttls: RangeInclusive<u8>,
) -> Vec<TtlSeries> {
    let probes = ttls.flat_map(|ttl| [ttl; CONFIRMATION_PROBES]);
    probes
        .map(|ttl| TtlSeries::single(purpose, Some(ttl)))
        .collect()
}

/// Distance of the target of a sweep.
fn distance(sweep: &TtlSweep) -> Option<Distance> {
    let ProbePurpose::Distance(by) = sweep.purpose else {
        return None;
    };
    let ttl = sweep.final_reply_ttl()?;
    let min_ttl = min_ttl(&sweep.hops, ttl, by);
    Some(Distance { ttl, min_ttl, by })
}

/// Lower bound for the distance of a host that answers TTL `ttl`: behind the last router that replied. It is higher
/// where loss does not explain the missing replies between, and the remaining TTL of the host's replies confirms it.
/// Otherwise a rule may drop small TTLs; with another TCP port it would also drop them to the target port.
fn min_ttl(hops: &[Hop], ttl: u8, by: DistanceBy) -> u8 {
    let (before, host) = hops.split_at(usize::from(ttl.saturating_sub(1)).min(hops.len()));
    let last_router = before.iter().rposition(|hop| hop.router().is_some());
    let behind_router = last_router.map_or(0, |index| index + 1);
    let bound = u8::try_from(behind_router + 1).unwrap_or(ttl).min(ttl);
    let unanswered: u64 = before[behind_router..].iter().map(|hop| hop.sent).sum();
    let loss: LossCount = host.iter().map(LossCount::of).sum();
    let all_lost = loss.estimated_rate().powf(unanswered as f64);
    let remaining_ttl = host.iter().filter_map(|hop| hop.reply_ttl).max();
    let is_other_port = matches!(by, DistanceBy::TcpPort(_));
    let length = remaining_ttl
        .map(return_path_length)
        .or(is_other_port.then_some(ttl));
    match length {
        Some(length) if all_lost < MAX_CHANCE => length.clamp(bound, ttl),
        _ => bound,
    }
}

/// Hops of the return path, by the remaining TTL; the sender counts as one.
fn return_path_length(remaining_ttl: u8) -> u8 {
    let mut initial_ttls = INITIAL_TTLS.into_iter();
    initial_ttls
        .find(|initial| remaining_ttl <= *initial)
        .map_or(1, |initial| initial - remaining_ttl)
        .saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::fixture::PathFixture;

    fn hops(rounds: &str) -> Vec<Hop> {
        PathFixture::of(rounds).path.hops
    }

    #[test]
    fn lost_replies_do_not_make_a_host_distant() {
        for (rounds, ttl, remaining_ttl, expected) in [
            ("1 2 S", 3, None, 3),
            ("S", 1, None, 1),
            // One missing reply proves nothing, nor do a few while the host loses some too.
            ("1 * S", 3, Some(62), 2),
            ("1 2 * * * S", 6, Some(59), 3),
            (
                "1 2 * * S|1 2 * * *|1 2 * * *|1 2 * * *|1 2 * * S",
                5,
                Some(60),
                3,
            ),
            // Repeatedly missing, while the host loses none.
            ("1 * S|1 * S|1 * S|1 * S|1 * S", 3, Some(62), 3),
            ("1 * S|1 * S|1 * S|1 * S|1 * S", 3, Some(253), 3),
            // The return path is shorter or unknown: a rule may drop small TTLs.
            ("1 * * S|1 * * S|1 * * S|1 * * S|1 * * S", 4, Some(63), 2),
            ("1 * * S|1 * * S|1 * * S|1 * * S|1 * * S", 4, None, 2),
            // A router replied behind the missing hops.
            ("1 * * 4 S", 5, None, 5),
        ] {
            let mut hops = hops(rounds);
            for hop in &mut hops {
                hop.reply_ttl = remaining_ttl;
            }
            let found = min_ttl(&hops, ttl, DistanceBy::Echo);
            assert_eq!(found, expected, "{rounds}, {remaining_ttl:?}");
        }
    }

    #[test]
    fn other_tcp_port_needs_no_remaining_ttl() {
        let hops = hops("1 * * S|1 * * S|1 * * S|1 * * S|1 * * S");
        assert_eq!(min_ttl(&hops, 4, DistanceBy::TcpPort(80)), 4);
    }
}
