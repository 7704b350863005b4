//! Probes over time, for charts and sparklines, in constant memory.

mod buckets;
mod point;
mod slice;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use buckets::Buckets;
pub use slice::TimeSlice;

use crate::outcome::Sample;
use point::{Point, instant_at};
use slice::Bucket;

/// Probes kept one by one in a run of up to [`FEW_TARGETS`], over all targets.
const TOTAL_POINTS: usize = 20_000;

/// Up to this many targets share [`TOTAL_POINTS`].
const FEW_TARGETS: usize = 32;

/// Upper limit per target: more than a chart has columns.
const MAX_POINTS: usize = 2_000;

/// Limit per target in a run with more than [`FEW_TARGETS`]: 1.5 KiB.
const MIN_POINTS: usize = 32;

/// One target's probes in time order.
///
/// Probes are kept one by one up to a limit, then in buckets of equal width that doubles whenever the buckets exceed
/// the limit: memory is bounded, and the amortised cost per probe is constant. Probes may be recorded in any order. An
/// idle target allocates nothing.
#[derive(Clone, Debug)]
pub struct Timeline {
    capacity: usize,
    /// Offsets count from here: send time of the first recorded probe.
    origin: Option<Instant>,
    points: Points,
}

#[derive(Clone, Debug)]
enum Points {
    Single(Vec<Point>),
    Bucketed(Buckets),
}

impl Default for Timeline {
    /// The timeline of the only target of a run.
    fn default() -> Self {
        Self::for_targets(1)
    }
}

impl Timeline {
    /// The timeline of one of `targets` targets. The more targets, the fewer probes are kept one by one.
    pub fn for_targets(targets: usize) -> Self {
        Self::with_capacity(match targets {
            0..=FEW_TARGETS => MAX_POINTS.min(TOTAL_POINTS / targets.max(1)),
            _ => MIN_POINTS,
        })
    }

    fn with_capacity(capacity: usize) -> Self {
        Self {
            // Buckets before and after the origin never merge, at any width.
            capacity: capacity.max(2),
            origin: None,
            points: Points::Single(Vec::new()),
        }
    }

    /// Records a probe.
    pub fn record(&mut self, sample: &Sample) {
        let origin = *self.origin.get_or_insert(sample.sent_at);
        let point = Point::of(sample, origin);
        match &mut self.points {
            Points::Single(points) if points.len() < self.capacity => points.push(point),
            Points::Single(points) => {
                let mut buckets = Buckets::default();
                for point in points.drain(..).chain([point]) {
                    buckets.add(point, self.capacity);
                }
                self.points = Points::Bucketed(buckets);
            }
            Points::Bucketed(buckets) => buckets.add(point, self.capacity),
        }
    }

    /// Bucket width; absent while each probe is kept.
    pub fn resolution(&self) -> Option<Duration> {
        match &self.points {
            Points::Single(_) => None,
            Points::Bucketed(buckets) => Some(buckets.width()),
        }
    }

    /// Each probe, or each non-empty bucket, in time order.
    pub fn slices(&self) -> Vec<TimeSlice> {
        let Some(origin) = self.origin else {
            return Vec::new();
        };
        match &self.points {
            Points::Single(points) => single_slices(points, origin),
            Points::Bucketed(buckets) => buckets.slices(origin),
        }
    }

    /// The run in at most `columns` slices of equal length; fewer where the resolution is lower. Absent: no probe was
    /// sent in that slice.
    pub fn sparkline(&self, columns: usize) -> Vec<Option<TimeSlice>> {
        let slices = self.slices();
        let columns = columns.min(self.len());
        let (Some(first), Some(last)) = (slices.first(), slices.last()) else {
            return Vec::new();
        };
        let (start, span) = (first.middle(), last.middle() - first.middle());
        let mut line: Vec<Option<TimeSlice>> = vec![None; columns];
        for slice in slices {
            let index = nearest_column(slice.middle() - start, span, columns);
            if let Some(column) = line.get_mut(index) {
                *column = Some(column.map_or(slice, |existing| existing.merged(&slice)));
            }
        }
        line
    }

    fn len(&self) -> usize {
        match &self.points {
            Points::Single(points) => points.len(),
            Points::Bucketed(buckets) => buckets.len(),
        }
    }
}

/// The nearest of `columns` points spaced evenly over `span`. Probes at a fixed interval get a column each, in spite of
/// scheduling jitter.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 0 and the number of columns
fn nearest_column(offset: Duration, span: Duration, columns: usize) -> usize {
    if span.is_zero() {
        return 0;
    }
    let share = offset.as_secs_f64() / span.as_secs_f64();
    (share * columns.saturating_sub(1) as f64).round() as usize
}

fn single_slices(points: &[Point], origin: Instant) -> Vec<TimeSlice> {
    let mut points: Vec<_> = points.iter().collect();
    points.sort_by_key(|point| point.offset_ns);
    let slice = |point: &Point| {
        let at = instant_at(origin, point.offset_ns);
        let mut bucket = Bucket::default();
        bucket.add(point);
        TimeSlice {
            from: at,
            to: at,
            bucket,
        }
    };
    points.into_iter().map(slice).collect()
}
