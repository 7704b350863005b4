//! Buckets of equal width that doubles when their number reaches the limit.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::point::{Point, instant_at};
use super::slice::{Bucket, TimeSlice};

/// Initial bucket width as a power of two in nanoseconds: about 1 us.
const MIN_WIDTH_BITS: u32 = 10;

/// Contiguous buckets, each `1 << width_bits` nanoseconds wide.
#[derive(Clone, Debug)]
pub(super) struct Buckets {
    width_bits: u32,
    /// Number of the first bucket. Bucket 0 begins at the origin: which buckets merge does not depend on which probe
    /// was recorded first.
    first: i64,
    slots: VecDeque<Bucket>,
}

impl Default for Buckets {
    fn default() -> Self {
        Self {
            width_bits: MIN_WIDTH_BITS,
            first: 0,
            slots: VecDeque::new(),
        }
    }
}

impl Buckets {
    /// Adds a probe; the number of buckets stays within `capacity`.
    pub(super) fn add(&mut self, point: Point, capacity: usize) {
        let number = self.make_room(point.offset_ns, capacity);
        while number < self.first {
            self.slots.push_front(Bucket::default());
            self.first -= 1;
        }
        while self.index(number) >= self.slots.len() {
            self.slots.push_back(Bucket::default());
        }
        let index = self.index(number);
        self.slots[index].add(&point);
    }

    /// The number of the bucket for an offset, after doubling the width as often as needed.
    fn make_room(&mut self, offset_ns: i64, capacity: usize) -> i64 {
        let number = offset_ns >> self.width_bits;
        if self.slots.is_empty() {
            self.first = number;
        }
        let last = self.first + signed(self.slots.len()) - 1;
        let (mut low, mut high) = (self.first.min(number), last.max(number));
        let mut doublings = 0;
        while high - low >= signed(capacity) {
            (low, high) = (low >> 1, high >> 1);
            doublings += 1;
        }
        if doublings > 0 {
            self.widen(doublings);
        }
        offset_ns >> self.width_bits
    }

    /// Doubles the width `doublings` times, in place: targets of one run widen at about the same time.
    fn widen(&mut self, doublings: u32) {
        let first = self.first >> doublings;
        let mut merged = 0;
        for (index, number) in (self.first..).enumerate().take(self.slots.len()) {
            let bucket = self.slots[index];
            if merged > 0 && number >> doublings == first + signed(merged) - 1 {
                self.slots[merged - 1].merge(&bucket);
            } else {
                self.slots[merged] = bucket;
                merged += 1;
            }
        }
        self.slots.truncate(merged);
        self.first = first;
        self.width_bits += doublings;
    }

    fn index(&self, number: i64) -> usize {
        usize::try_from(number - self.first).unwrap_or(0)
    }

    /// Number of buckets, empty ones included.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Width of a bucket.
    pub(super) fn width(&self) -> Duration {
        Duration::from_nanos(1 << self.width_bits)
    }

    /// Non-empty buckets in time order.
    pub(super) fn slices(&self, origin: Instant) -> Vec<TimeSlice> {
        let numbered = (self.first..).zip(&self.slots);
        let non_empty = numbered.filter(|(_, bucket)| **bucket != Bucket::default());
        let start = |number: i64| instant_at(origin, number << self.width_bits);
        non_empty
            .map(|(number, bucket)| TimeSlice {
                from: start(number),
                to: start(number + 1),
                bucket: *bucket,
            })
            .collect()
    }
}

/// At most a few thousand buckets exist.
fn signed(buckets: usize) -> i64 {
    i64::try_from(buckets).unwrap_or(i64::MAX)
}
