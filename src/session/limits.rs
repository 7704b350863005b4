//! Limits of a run.

/// Maximum number of targets.
pub(super) const MAX_TARGETS: usize = 100_000;

/// Maximum number of probes in flight: no system has descriptors or ports for more.
pub(super) const MAX_IN_FLIGHT: usize = 1_000_000;
