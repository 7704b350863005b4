//! The stories of the modes beside the ping: each from a plan to its report.

pub mod diagnose;
pub mod trace;
