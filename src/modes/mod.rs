//! One module per mode: each takes its plan from start to report.

pub mod demo;
pub mod diagnose;
pub mod ping;
pub mod trace;
