//! Comparison of times that two clocks measured.

/// The longest time another clock may measure in place of this one, in microseconds: 1 us for rounding, and 500 ppm, by
/// which adjtimex(2) may slew the clock of the kernel's timestamps.
pub(super) fn upper_bound_us(micros: f64) -> f64 {
    micros * 1.0005 + 1.0
}
