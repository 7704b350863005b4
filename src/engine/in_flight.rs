//! Probes in flight and their deadlines. Pure.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use slotmap::SlotMap;

use super::schedule::DueProbe;
use crate::probe::ProbeId;

/// A probe in flight, or one that timed out and is watched for a late reply.
#[derive(Clone, Copy, Debug)]
pub(super) struct InFlightProbe {
    pub(super) due: DueProbe,
    pub(super) sent_at: Instant,
    pub(super) phase: Phase,
}

/// Phases of a probe; each ends at a deadline of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Ends at the timeout.
    AwaitingReply,
    /// Connected; ends with the hold time.
    Holding,
    /// Timed out; ends when a late reply is no longer waited for.
    AwaitingLateReply,
}

/// The end of a probe's phase. Stale if the probe has left that phase.
type Deadline = (Instant, ProbeId);

/// All probes in flight. A phase has the same duration for every probe, so a FIFO queue per phase is sorted.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    /// `None`: the id is reserved.
    probes: SlotMap<ProbeId, Option<InFlightProbe>>,
    counts: [usize; 3],
    deadlines: [VecDeque<Deadline>; 3],
}

impl InFlight {
    /// Allocates the id of the next probe. [`Self::start`] uses it, [`Self::release`] frees it.
    pub(super) fn reserve(&mut self) -> ProbeId {
        self.probes.insert(None)
    }

    /// Frees a reserved id.
    pub(super) fn release(&mut self, id: ProbeId) {
        self.probes.remove(id);
    }

    /// Adds a probe under its reserved id; its first phase ends at `deadline`.
    pub(super) fn start(&mut self, id: ProbeId, probe: InFlightProbe, deadline: Instant) {
        let Some(reserved) = self.probes.get_mut(id) else {
            return;
        };
        *reserved = Some(probe);
        self.counts[probe.phase as usize] += 1;
        self.add_deadline(probe.phase, deadline, id);
    }

    /// The probe, if it is still in flight.
    pub(super) fn get(&self, id: ProbeId) -> Option<&InFlightProbe> {
        self.probes.get(id)?.as_ref()
    }

    /// Moves a probe to a phase that ends at `deadline`.
    pub(super) fn enter_phase(&mut self, id: ProbeId, phase: Phase, deadline: Instant) {
        let Some(Some(probe)) = self.probes.get_mut(id) else {
            return;
        };
        self.counts[probe.phase as usize] -= 1;
        probe.phase = phase;
        self.counts[phase as usize] += 1;
        self.add_deadline(phase, deadline, id);
    }

    /// Removes a probe that has ended.
    pub(super) fn remove(&mut self, id: ProbeId) -> Option<InFlightProbe> {
        let probe = self.probes.remove(id)??;
        self.counts[probe.phase as usize] -= 1;
        Some(probe)
    }

    /// The number of probes in a phase.
    pub(super) fn count(&self, phase: Phase) -> usize {
        self.counts[phase as usize]
    }

    /// The number of probes in any phase.
    pub(super) fn len(&self) -> usize {
        self.counts.iter().sum()
    }

    /// The ids of all probes in flight.
    pub(super) fn ids(&self) -> Vec<ProbeId> {
        self.probes.keys().collect()
    }

    /// The earliest deadline of all phases.
    pub(super) fn next_deadline(&mut self) -> Option<Instant> {
        let phases = [
            Phase::AwaitingReply,
            Phase::Holding,
            Phase::AwaitingLateReply,
        ];
        phases
            .iter()
            .filter_map(|&phase| self.first_deadline(phase))
            .map(|(at, _)| at)
            .min()
    }

    /// Takes a probe whose deadline in `phase` has passed at `now`.
    pub(super) fn take_expired(&mut self, phase: Phase, now: Instant) -> Option<ProbeId> {
        let (at, id) = self.first_deadline(phase)?;
        if at > now {
            return None;
        }
        self.deadlines[phase as usize].pop_front();
        Some(id)
    }

    /// The probe that entered `phase` first.
    pub(super) fn oldest(&mut self, phase: Phase) -> Option<ProbeId> {
        self.first_deadline(phase).map(|(_, id)| id)
    }

    /// Postpones all deadlines by a stall.
    pub(super) fn postpone_deadlines(&mut self, stall: Duration) {
        for (at, _) in self.deadlines.iter_mut().flatten() {
            *at += stall;
        }
    }

    /// The first deadline of a phase; removes stale ones before it.
    fn first_deadline(&mut self, phase: Phase) -> Option<Deadline> {
        while let Some(&(at, id)) = self.deadlines[phase as usize].front() {
            if self.is_in(id, phase) {
                return Some((at, id));
            }
            self.deadlines[phase as usize].pop_front();
        }
        None
    }

    fn is_in(&self, id: ProbeId, phase: Phase) -> bool {
        self.get(id).is_some_and(|probe| probe.phase == phase)
    }

    /// Appends a deadline. One unanswered probe at the front keeps thousands of stale deadlines behind it: the queue
    /// is compacted when most of it is stale, so its length is bounded by the probes in the phase.
    fn add_deadline(&mut self, phase: Phase, at: Instant, id: ProbeId) {
        if self.deadlines[phase as usize].len() > 2 * self.counts[phase as usize] + 64 {
            let deadlines = std::mem::take(&mut self.deadlines[phase as usize]);
            let live = deadlines
                .into_iter()
                .filter(|(_, id)| self.is_in(*id, phase));
            self.deadlines[phase as usize] = live.collect();
        }
        self.deadlines[phase as usize].push_back((at, id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::TargetId;

    const SECOND: Duration = Duration::from_secs(1);

    fn probe(at: Instant) -> InFlightProbe {
        InFlightProbe {
            due: DueProbe {
                due: at,
                target: TargetId(0),
                seq: 1,
                warmup: false,
            },
            sent_at: at,
            phase: Phase::AwaitingReply,
        }
    }

    fn start(in_flight: &mut InFlight, at: Instant) -> ProbeId {
        let id = in_flight.reserve();
        in_flight.start(id, probe(at), at + SECOND);
        id
    }

    #[test]
    fn a_removed_probe_has_no_deadline_and_its_id_is_not_reused() {
        let mut in_flight = InFlight::default();
        let now = Instant::now();
        let first = start(&mut in_flight, now);
        assert!(in_flight.remove(first).is_some());
        assert!(in_flight.remove(first).is_none(), "only once");
        let second = start(&mut in_flight, now + SECOND);
        assert_ne!(first, second);
        assert!(in_flight.get(first).is_none());
        assert_eq!(
            in_flight.take_expired(Phase::AwaitingReply, now + SECOND),
            None
        );
        let later = now + 2 * SECOND;
        assert_eq!(
            in_flight.take_expired(Phase::AwaitingReply, later),
            Some(second)
        );
    }

    #[test]
    fn each_phase_has_its_own_deadline() {
        let mut in_flight = InFlight::default();
        let now = Instant::now();
        let id = start(&mut in_flight, now);
        in_flight.enter_phase(id, Phase::AwaitingLateReply, now + 5 * SECOND);
        assert_eq!(in_flight.count(Phase::AwaitingReply), 0);
        assert_eq!(in_flight.next_deadline(), Some(now + 5 * SECOND));
        in_flight.postpone_deadlines(SECOND);
        assert_eq!(in_flight.next_deadline(), Some(now + 6 * SECOND));
    }

    #[test]
    fn stale_deadlines_behind_an_unanswered_probe_are_removed() {
        let mut in_flight = InFlight::default();
        let now = Instant::now();
        start(&mut in_flight, now);
        for _ in 0..10_000 {
            let id = start(&mut in_flight, now);
            in_flight.remove(id);
        }
        assert!(in_flight.deadlines[0].len() < 100);
        assert_eq!(in_flight.len(), 1);
    }
}
