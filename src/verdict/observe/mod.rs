//! Observations from measurements: one function for each, with its thresholds. What is not certain is absent.

pub mod attempts;
pub mod correlation;
pub mod course;
pub mod findings;
pub mod host;
pub mod icmp;
pub mod local;
pub mod path;
pub mod recorder;
pub mod run;
pub mod trace;
