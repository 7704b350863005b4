//! The sockets of all targets: those that carry a probe, those that could carry the next one, and those
//! that are kept a while to hear a second answer.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::probe_socket::Line;

/// A UDP source port carries new probes for so long: a path that fails for some ports only must show, so at
/// one probe a second each has a port of its own. A fast run spares itself most of the sockets.
const PORT_LIFE: Duration = Duration::from_millis(900);

/// A line that carries no more probes hears second answers for so long.
const LINGER: Duration = Duration::from_secs(3);

/// Lines that may linger at once.
const MOST_LINGERING: usize = 256;

/// What a line is kept for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It carries as many probes as it may; or no further one, until those it has have ended.
    Busy,
    /// It can carry the next probe.
    Open,
    /// Second answers, for a while.
    Lingering,
}

/// Names a line; never used twice, like a probe's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::probe) struct LineId {
    pub(in crate::probe) place: u32,
    pub(in crate::probe) generation: u32,
}

/// All lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    places: Vec<Option<Line>>,
    generations: Vec<u32>,
    free: Vec<u32>,
    /// For each destination, the lines that could carry its next probe; the one used last comes first.
    open: Vec<Vec<LineId>>,
    lingering: VecDeque<(Instant, LineId)>,
}

impl Lines {
    /// A name for the next line; `insert` uses it, or `cancel` gives it up.
    pub(super) fn reserve(&mut self) -> LineId {
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push(None);
            self.generations.push(0);
            u32::try_from(self.places.len() - 1).unwrap_or(u32::MAX)
        });
        let generation = self.generations[place as usize];
        LineId { place, generation }
    }

    /// Gives a reserved name back.
    pub(super) fn cancel(&mut self, id: LineId) {
        let generation = &mut self.generations[id.place as usize];
        *generation = generation.wrapping_add(1);
        self.free.push(id.place);
    }

    /// Puts a line in its reserved place.
    pub(super) fn insert(&mut self, id: LineId, line: Line) {
        self.places[id.place as usize] = Some(line);
    }

    /// The line of that name, if it is still open.
    pub(super) fn get(&mut self, id: LineId) -> Option<&mut Line> {
        let generation = *self.generations.get(id.place as usize)?;
        let line = self.places.get_mut(id.place as usize)?.as_mut();
        line.filter(|_| generation == id.generation)
    }

    /// Takes a line out, to be closed.
    pub(super) fn remove(&mut self, id: LineId) -> Option<Line> {
        self.get(id)?;
        let line = self.places[id.place as usize].take();
        self.cancel(id);
        line
    }

    /// A line that can carry the next probe to a destination, as one of so many `together`. With `lasting`, however
    /// old it is.
    pub(super) fn take_open(
        &mut self,
        destination: usize,
        now: Instant,
        lasting: bool,
        together: usize,
    ) -> Option<LineId> {
        while let Some(id) = self.open.get_mut(destination)?.pop() {
            let Some(line) = self.get(id) else {
                continue;
            };
            line.standing = Standing::Busy;
            let young = lasting || now.saturating_duration_since(line.opened_at) < PORT_LIFE;
            if young && line.has_room(together) {
                return Some(id);
            }
            if line.asked.is_empty() {
                self.linger(id);
            }
        }
        None
    }

    /// Keeps a line, whose probes or whose state may have changed: for the next probe, if that can be one of so many
    /// `together`, or only to hear second answers.
    pub(super) fn park(&mut self, id: LineId, together: usize) {
        let Some(line) = self.get(id) else {
            return;
        };
        let (standing, destination) = (line.standing, line.destination);
        let (is_empty, has_room) = (line.asked.is_empty(), line.has_room(together));
        match standing {
            Standing::Busy if has_room => self.keep_open(id, destination),
            Standing::Busy if is_empty => self.linger(id),
            Standing::Open if !has_room => {
                self.open[destination].retain(|open| *open != id);
                self.set(id, Standing::Busy);
                if is_empty {
                    self.linger(id);
                }
            }
            _ => {}
        }
    }

    fn keep_open(&mut self, id: LineId, destination: usize) {
        if self.open.len() <= destination {
            self.open.resize_with(destination + 1, Vec::new);
        }
        self.open[destination].push(id);
        self.set(id, Standing::Open);
    }

    fn linger(&mut self, id: LineId) {
        self.lingering.push_back((Instant::now(), id));
        self.set(id, Standing::Lingering);
    }

    fn set(&mut self, id: LineId, standing: Standing) {
        if let Some(line) = self.get(id) {
            line.standing = standing;
        }
    }

    /// The lines of a destination, idle or with probes under way, get no further one.
    pub(super) fn retire(&mut self, destination: usize) {
        let lines = self.places.iter_mut().flatten();
        for line in lines.filter(|line| line.destination == destination) {
            line.failed = true;
        }
        let open = self.open.get_mut(destination).map(std::mem::take);
        for id in open.unwrap_or_default() {
            self.set(id, Standing::Busy);
            self.park(id, 1);
        }
    }

    /// A line whose time to linger is over.
    pub(super) fn take_stale(&mut self, now: Instant) -> Option<LineId> {
        while let Some((since, _)) = self.lingering.front() {
            let over = now.saturating_duration_since(*since) >= LINGER;
            if !over && self.lingering.len() <= MOST_LINGERING {
                break;
            }
            let (_, id) = self.lingering.pop_front()?;
            if self.is_lingering(id) {
                return Some(id);
            }
        }
        None
    }

    /// A line whose descriptor, or port, can be given up at once for something better; one to another
    /// destination than `but`.
    pub(super) fn take_spare(&mut self, but: Option<usize>) -> Option<LineId> {
        let lingering = (0..self.lingering.len()).find(|place| {
            let (_, id) = self.lingering[*place];
            self.is_lingering(id) && self.is_spare(id, but)
        });
        if let Some(place) = lingering {
            return self.lingering.remove(place).map(|(_, id)| id);
        }
        (0..self.open.len()).find_map(|destination| {
            let mut places = (0..self.open[destination].len()).rev();
            let place = places.find(|place| self.is_spare(self.open[destination][*place], but))?;
            Some(self.open[destination].remove(place))
        })
    }

    fn is_spare(&mut self, id: LineId, but: Option<usize>) -> bool {
        let idle = self.get(id).filter(|line| line.asked.is_empty());
        idle.is_some_and(|line| Some(line.destination) != but)
    }

    /// Whether a line to a destination has this local port.
    pub(super) fn is_in_use(&self, destination: usize, port: u16) -> bool {
        let lines = self.places.iter().flatten();
        lines
            .filter(|line| line.destination == destination)
            .any(|line| line.local.port() == port)
    }

    /// Probes that must share a line can take one that was lingering.
    fn is_lingering(&mut self, id: LineId) -> bool {
        let line = self.get(id);
        line.is_some_and(|line| line.standing == Standing::Lingering)
    }

    /// A line to a destination that probes must share, because there is no local port for another.
    pub(super) fn any(&mut self, destination: usize) -> Option<LineId> {
        let mut places = (0..).zip(self.places.iter_mut().zip(&self.generations));
        places.find_map(|(place, (line, generation))| {
            let line = line
                .as_mut()
                .filter(|line| line.destination == destination)?;
            line.standing = Standing::Busy;
            let generation = *generation;
            Some(LineId { place, generation })
        })
    }
}
