//! Which probes are under way, and when patience with each ends. Pure.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::schedule::Slot;
use crate::probe::ProbeId;

/// A probe under way, or one past its deadline that is watched for a late answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flight {
    pub(super) slot: Slot,
    pub(super) sent_at: Instant,
    pub(super) phase: Phase,
}

/// What a flight waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// An answer before the deadline.
    Connecting,
    /// The end of the hold time.
    Holding,
    /// A late answer.
    Overdue,
}

/// A time at which patience with a probe ends, unless the probe has moved on.
type Alarm = (Instant, ProbeId);

/// All flights. Each phase has one duration for all probes, so a plain queue per phase is in order.
#[derive(Debug, Default)]
pub(super) struct Flights {
    places: Vec<(u32, Option<Flight>)>,
    free: Vec<u32>,
    open: [usize; 3],
    alarms: [VecDeque<Alarm>; 3],
}

impl Flights {
    /// A name for the next probe; it is used by `launch`, or given up by `cancel`.
    pub(super) fn reserve(&mut self) -> ProbeId {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.places.push((0, None));
            u32::try_from(self.places.len() - 1).unwrap_or(u32::MAX)
        });
        let generation = self.places[slot as usize].0;
        ProbeId { slot, generation }
    }

    /// Gives a reserved name back.
    pub(super) fn cancel(&mut self, id: ProbeId) {
        self.places[id.slot as usize].0 = id.generation.wrapping_add(1);
        self.free.push(id.slot);
    }

    /// A probe is under way and must answer by `deadline`.
    pub(super) fn launch(&mut self, id: ProbeId, flight: Flight, deadline: Instant) {
        self.places[id.slot as usize].1 = Some(flight);
        self.open[flight.phase as usize] += 1;
        self.set_alarm(flight.phase, deadline, id);
    }

    /// The flight of that name, if it is still open.
    pub(super) fn get(&self, id: ProbeId) -> Option<&Flight> {
        let (generation, flight) = self.places.get(id.slot as usize)?;
        flight.as_ref().filter(|_| *generation == id.generation)
    }

    /// Moves a flight to its next phase, which lasts until `until`.
    pub(super) fn enter(&mut self, id: ProbeId, phase: Phase, until: Instant) {
        let Some(flight) = self.places[id.slot as usize].1.as_mut() else {
            return;
        };
        self.open[flight.phase as usize] -= 1;
        flight.phase = phase;
        self.open[phase as usize] += 1;
        self.set_alarm(phase, until, id);
    }

    /// Ends a flight.
    pub(super) fn land(&mut self, id: ProbeId) -> Option<Flight> {
        self.get(id)?;
        let flight = self.places[id.slot as usize].1.take()?;
        self.open[flight.phase as usize] -= 1;
        self.cancel(id);
        Some(flight)
    }

    /// How many flights are in a phase.
    pub(super) fn count(&self, phase: Phase) -> usize {
        self.open[phase as usize]
    }

    /// How many sockets are open.
    pub(super) fn open(&self) -> usize {
        self.open.iter().sum()
    }

    /// Every open flight.
    pub(super) fn ids(&self) -> Vec<ProbeId> {
        let places = self.places.iter().enumerate();
        places
            .filter(|(_, (_, flight))| flight.is_some())
            .filter_map(|(slot, (generation, _))| {
                let slot = u32::try_from(slot).ok()?;
                let generation = *generation;
                Some(ProbeId { slot, generation })
            })
            .collect()
    }

    /// When the next alarm goes off.
    pub(super) fn next_alarm(&mut self) -> Option<Instant> {
        let phases = [Phase::Connecting, Phase::Holding, Phase::Overdue];
        phases
            .iter()
            .filter_map(|&phase| self.front(phase))
            .map(|(at, _)| at)
            .min()
    }

    /// Takes a flight of `phase` whose patience has ended at `now`.
    pub(super) fn expired(&mut self, phase: Phase, now: Instant) -> Option<ProbeId> {
        let (at, id) = self.front(phase)?;
        if at > now {
            return None;
        }
        self.alarms[phase as usize].pop_front();
        Some(id)
    }

    /// The flight that has been in `phase` for longest.
    pub(super) fn oldest(&mut self, phase: Phase) -> Option<ProbeId> {
        self.front(phase).map(|(_, id)| id)
    }

    /// Nothing could be seen for `gap`: all patience lasts that much longer.
    pub(super) fn delay(&mut self, gap: Duration) {
        for (at, _) in self.alarms.iter_mut().flatten() {
            *at += gap;
        }
    }

    /// The next alarm of a phase; those of flights that have moved on are dropped.
    fn front(&mut self, phase: Phase) -> Option<Alarm> {
        while let Some(&(at, id)) = self.alarms[phase as usize].front() {
            if self.is_in(id, phase) {
                return Some((at, id));
            }
            self.alarms[phase as usize].pop_front();
        }
        None
    }

    fn is_in(&self, id: ProbeId, phase: Phase) -> bool {
        self.get(id).is_some_and(|flight| flight.phase == phase)
    }

    /// One silent probe at the front would keep the alarms of thousands behind it that have long
    /// ended: the queue is swept when most of it is stale, so it never outgrows the open flights for long.
    fn set_alarm(&mut self, phase: Phase, at: Instant, id: ProbeId) {
        if self.alarms[phase as usize].len() > 2 * self.open[phase as usize] + 64 {
            let alarms = std::mem::take(&mut self.alarms[phase as usize]);
            let live = alarms.into_iter().filter(|(_, id)| self.is_in(*id, phase));
            self.alarms[phase as usize] = live.collect();
        }
        self.alarms[phase as usize].push_back((at, id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::TargetId;

    const SECOND: Duration = Duration::from_secs(1);

    fn flight(at: Instant) -> Flight {
        Flight {
            slot: Slot {
                due: at,
                target: TargetId(0),
                seq: 1,
                warmup: false,
            },
            sent_at: at,
            phase: Phase::Connecting,
        }
    }

    fn launch(flights: &mut Flights, at: Instant) -> ProbeId {
        let id = flights.reserve();
        flights.launch(id, flight(at), at + SECOND);
        id
    }

    #[test]
    fn a_landed_flight_rings_no_alarm_and_its_name_never_returns() {
        let mut flights = Flights::default();
        let now = Instant::now();
        let first = launch(&mut flights, now);
        assert!(flights.land(first).is_some());
        assert!(flights.land(first).is_none(), "only once");
        let second = launch(&mut flights, now + SECOND);
        assert_eq!(first.slot, second.slot);
        assert!(
            flights.get(first).is_none(),
            "the same place, another probe"
        );
        assert_eq!(flights.expired(Phase::Connecting, now + SECOND), None);
        let later = now + 2 * SECOND;
        assert_eq!(flights.expired(Phase::Connecting, later), Some(second));
    }

    #[test]
    fn phases_have_alarms_of_their_own() {
        let mut flights = Flights::default();
        let now = Instant::now();
        let id = launch(&mut flights, now);
        flights.enter(id, Phase::Overdue, now + 5 * SECOND);
        assert_eq!(flights.count(Phase::Connecting), 0);
        assert_eq!(flights.next_alarm(), Some(now + 5 * SECOND));
        flights.delay(SECOND);
        assert_eq!(flights.next_alarm(), Some(now + 6 * SECOND));
    }

    #[test]
    fn stale_alarms_do_not_pile_up_behind_a_silent_probe() {
        let mut flights = Flights::default();
        let now = Instant::now();
        launch(&mut flights, now);
        for _ in 0..10_000 {
            let id = launch(&mut flights, now);
            flights.land(id);
        }
        assert!(flights.alarms[0].len() < 100);
        assert_eq!(flights.open(), 1);
    }
}
