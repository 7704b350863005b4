//! When what happened: a target's probes on a time axis, in memory that does not grow with the length of the run.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::outcome::{OutcomeClass, OutcomeKind, Sample};

/// Probes of a run with few targets that are kept one by one, for all of them together.
const SHARED: usize = 20_000;

/// So many targets are few. Among more, nobody looks at one for long.
const FEW: usize = 32;

/// A target's share is at most this: more than a picture has columns for.
const MOST: usize = 2_000;

/// And this, where targets are many: one and a half KiB.
const LEAST: usize = 32;

/// Buckets begin this narrow, as a power of two in nanoseconds: about a microsecond.
const NARROWEST: u32 = 10;

const KINDS: usize = OutcomeKind::ALL.len();

/// One target's probes in the order of time.
///
/// Each is kept for itself while there are few. Then they are tallied in buckets of equal width, which doubles
/// whenever they no longer fit, so the number of buckets has a bound and each probe costs the same on average.
/// Probes may come in any order. An idle target costs nothing but this structure.
#[derive(Clone, Debug)]
pub struct Timeline {
    capacity: usize,
    /// What offsets count from: the start of the probe that came first.
    origin: Option<Instant>,
    marks: Marks,
}

#[derive(Clone, Debug)]
enum Marks {
    Single(Vec<Mark>),
    Merged(Buckets),
}

/// One probe.
#[derive(Clone, Copy, Debug)]
struct Mark {
    /// Nanoseconds from the origin to its start.
    offset: i64,
    kind: OutcomeKind,
    /// Microseconds; seven digits are enough for any picture. Infinite for a probe that was not answered: an
    /// `Option` would take half as much memory again.
    latency: f32,
}

/// Tallies of stretches of time without a gap, each `1 << width` nanoseconds long.
#[derive(Clone, Debug)]
struct Buckets {
    width: u32,
    /// The number of the first bucket; number 0 begins at the origin, so a pair that merges is the same pair
    /// whatever came first.
    first: i64,
    tallies: VecDeque<Tally>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Tally {
    counts: [u32; KINDS],
    /// The fastest answer, in microseconds; infinite before the first one.
    fastest: f32,
    /// The slowest answer; 0 before the first one.
    slowest: f32,
}

/// What happened in a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeSlice {
    /// Its start; for a single probe the time when that was sent.
    pub from: Instant,
    /// Its end; the same time for a single probe.
    pub to: Instant,
    tally: Tally,
}

impl Default for Timeline {
    /// The timeline of a target that is alone in its run.
    fn default() -> Self {
        Self::for_targets(1)
    }
}

impl Timeline {
    /// The timeline of one of so many targets. The more there are, the sooner probes are merged.
    pub fn for_targets(targets: usize) -> Self {
        Self::with_capacity(match targets {
            0..=FEW => MOST.min(SHARED / targets.max(1)),
            _ => LEAST,
        })
    }

    fn with_capacity(capacity: usize) -> Self {
        Self {
            // Buckets on either side of the origin never merge, however wide they get.
            capacity: capacity.max(2),
            origin: None,
            marks: Marks::Single(Vec::new()),
        }
    }

    /// Takes in one probe.
    pub fn record(&mut self, sample: &Sample) {
        let origin = *self.origin.get_or_insert(sample.sent_at);
        let mark = Mark::of(sample, origin);
        match &mut self.marks {
            Marks::Single(marks) if marks.len() < self.capacity => marks.push(mark),
            Marks::Single(marks) => {
                let mut buckets = Buckets::default();
                for mark in marks.drain(..).chain([mark]) {
                    buckets.add(mark, self.capacity);
                }
                self.marks = Marks::Merged(buckets);
            }
            Marks::Merged(buckets) => buckets.add(mark, self.capacity),
        }
    }

    /// How long the stretches are in which probes are tallied; absent while each is kept for itself.
    pub fn resolution(&self) -> Option<Duration> {
        match &self.marks {
            Marks::Single(_) => None,
            Marks::Merged(buckets) => Some(Duration::from_nanos(1 << buckets.width)),
        }
    }

    /// Every probe, or every stretch of time in which there was one, in the order of time.
    pub fn slices(&self) -> Vec<TimeSlice> {
        let Some(origin) = self.origin else {
            return Vec::new();
        };
        match &self.marks {
            Marks::Single(marks) => singles(marks, origin),
            Marks::Merged(buckets) => buckets.slices(origin),
        }
    }

    /// The run in at most `columns` stretches of equal length, for a line of characters or a small picture: fewer
    /// where time is not known that finely, and nothing in those in which no probe was sent.
    pub fn sparkline(&self, columns: usize) -> Vec<Option<TimeSlice>> {
        let slices = self.slices();
        let columns = columns.min(self.room());
        let (Some(first), Some(last)) = (slices.first(), slices.last()) else {
            return Vec::new();
        };
        let (begin, span) = (first.middle(), last.middle() - first.middle());
        let mut line: Vec<Option<TimeSlice>> = vec![None; columns];
        for slice in slices {
            let place = nearest(slice.middle() - begin, span, columns);
            if let Some(column) = line.get_mut(place) {
                *column = Some(column.map_or(slice, |known| known.joined(&slice)));
            }
        }
        line
    }

    /// How many moments can be told apart.
    fn room(&self) -> usize {
        match &self.marks {
            Marks::Single(marks) => marks.len(),
            Marks::Merged(buckets) => buckets.tallies.len(),
        }
    }
}

/// The nearest of so many points spread evenly over `span`: probes at a steady pace get a column each, though they
/// start a little early or late.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 0 and the number of columns
fn nearest(offset: Duration, span: Duration, columns: usize) -> usize {
    if span.is_zero() {
        return 0;
    }
    let share = offset.as_secs_f64() / span.as_secs_f64();
    (share * columns.saturating_sub(1) as f64).round() as usize
}

impl Mark {
    #[allow(clippy::cast_possible_truncation)] // fewer digits are meant
    fn of(sample: &Sample, origin: Instant) -> Self {
        let outcome = &sample.result.outcome;
        let latency = sample.result.connect.filter(|_| outcome.is_answered());
        Self {
            offset: nanoseconds(origin, sample.sent_at),
            kind: outcome.kind(),
            latency: latency.map_or(f32::INFINITY, |it| (it.as_secs_f64() * 1e6) as f32),
        }
    }
}

/// From `origin` to `instant`, which may be earlier. 292 years fit.
fn nanoseconds(origin: Instant, instant: Instant) -> i64 {
    let whole = |duration: Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
    match instant.checked_duration_since(origin) {
        Some(later) => whole(later),
        None => -whole(origin.saturating_duration_since(instant)),
    }
}

/// The instant so many nanoseconds from `origin`.
fn instant(origin: Instant, nanoseconds: i64) -> Instant {
    let distance = Duration::from_nanos(nanoseconds.unsigned_abs());
    if nanoseconds < 0 {
        // A system's clock may not reach back before its own start.
        origin.checked_sub(distance).unwrap_or(origin)
    } else {
        origin + distance
    }
}

fn singles(marks: &[Mark], origin: Instant) -> Vec<TimeSlice> {
    let mut marks: Vec<_> = marks.iter().collect();
    marks.sort_by_key(|mark| mark.offset);
    let slice = |mark: &Mark| {
        let at = instant(origin, mark.offset);
        let mut tally = Tally::default();
        tally.add(mark);
        TimeSlice {
            from: at,
            to: at,
            tally,
        }
    };
    marks.into_iter().map(slice).collect()
}

impl Default for Buckets {
    fn default() -> Self {
        Self {
            width: NARROWEST,
            first: 0,
            tallies: VecDeque::new(),
        }
    }
}

impl Buckets {
    fn add(&mut self, mark: Mark, capacity: usize) {
        let place = self.make_room(mark.offset, capacity);
        while place < self.first {
            self.tallies.push_front(Tally::default());
            self.first -= 1;
        }
        while self.index(place) >= self.tallies.len() {
            self.tallies.push_back(Tally::default());
        }
        let index = self.index(place);
        self.tallies[index].add(&mark);
    }

    /// The number of the bucket that a probe belongs to, after making buckets wide enough to have it.
    fn make_room(&mut self, offset: i64, capacity: usize) -> i64 {
        let place = offset >> self.width;
        if self.tallies.is_empty() {
            self.first = place;
        }
        let last = self.first + number(self.tallies.len()) - 1;
        let (mut low, mut high) = (self.first.min(place), last.max(place));
        let mut doublings = 0;
        while high - low >= number(capacity) {
            (low, high) = (low >> 1, high >> 1);
            doublings += 1;
        }
        if doublings > 0 {
            self.widen(doublings);
        }
        offset >> self.width
    }

    /// Doubles the width so many times at once, in place: many targets do so at about the same time.
    fn widen(&mut self, doublings: u32) {
        let first = self.first >> doublings;
        let mut merged = 0;
        for (index, place) in (self.first..).enumerate().take(self.tallies.len()) {
            let tally = self.tallies[index];
            if merged > 0 && place >> doublings == first + number(merged) - 1 {
                self.tallies[merged - 1].join(&tally);
            } else {
                self.tallies[merged] = tally;
                merged += 1;
            }
        }
        self.tallies.truncate(merged);
        self.first = first;
        self.width += doublings;
    }

    fn index(&self, place: i64) -> usize {
        usize::try_from(place - self.first).unwrap_or(0)
    }

    fn slices(&self, origin: Instant) -> Vec<TimeSlice> {
        let known = (self.first..).zip(&self.tallies);
        let used = known.filter(|(_, tally)| **tally != Tally::default());
        let begin = |place: i64| instant(origin, place << self.width);
        used.map(|(place, tally)| TimeSlice {
            from: begin(place),
            to: begin(place + 1),
            tally: *tally,
        })
        .collect()
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            counts: [0; KINDS],
            fastest: f32::INFINITY,
            slowest: 0.0,
        }
    }
}

impl Tally {
    fn add(&mut self, mark: &Mark) {
        let count = &mut self.counts[mark.kind as usize];
        *count = count.saturating_add(1);
        if mark.latency.is_finite() {
            self.fastest = self.fastest.min(mark.latency);
            self.slowest = self.slowest.max(mark.latency);
        }
    }

    fn join(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count = count.saturating_add(more);
        }
        self.fastest = self.fastest.min(other.fastest);
        self.slowest = self.slowest.max(other.slowest);
    }
}

impl TimeSlice {
    /// How many probes ended this way.
    pub fn count(&self, kind: OutcomeKind) -> u64 {
        self.tally.counts[kind as usize].into()
    }

    /// How many probes' outcomes mean this.
    pub fn count_class(&self, class: OutcomeClass) -> u64 {
        let of_class = OutcomeKind::ALL
            .into_iter()
            .filter(|kind| kind.class() == class);
        of_class.map(|kind| self.count(kind)).sum()
    }

    /// How many probes there were.
    pub fn probes(&self) -> u64 {
        self.tally.counts.iter().copied().map(u64::from).sum()
    }

    /// The time that the fastest and the slowest answered probe took, in microseconds, if any was answered.
    pub fn latency(&self) -> Option<(f64, f64)> {
        let Tally {
            fastest, slowest, ..
        } = self.tally;
        fastest
            .is_finite()
            .then(|| (fastest.into(), slowest.into()))
    }

    /// The worst that happened: failure, then this machine's own trouble, then a probe that did not end.
    pub fn worst(&self) -> OutcomeClass {
        let seen = OutcomeKind::ALL
            .iter()
            .filter(|kind| self.count(**kind) > 0);
        let classes = seen.map(|kind| kind.class());
        classes
            .max_by_key(|class| gravity(*class))
            .unwrap_or(OutcomeClass::Unfinished)
    }

    /// The time it stands for.
    pub fn middle(&self) -> Instant {
        self.from + (self.to - self.from) / 2
    }

    fn joined(mut self, other: &Self) -> Self {
        self.tally.join(&other.tally);
        self.from = self.from.min(other.from);
        self.to = self.to.max(other.to);
        self
    }
}

/// There are a few thousand buckets at most.
fn number(buckets: usize) -> i64 {
    i64::try_from(buckets).unwrap_or(i64::MAX)
}

fn gravity(class: OutcomeClass) -> u8 {
    match class {
        OutcomeClass::Succeeded => 0,
        OutcomeClass::Unfinished => 1,
        OutcomeClass::Local => 2,
        OutcomeClass::Failed => 3,
    }
}
