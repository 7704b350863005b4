//! What a support engineer asks of a machine: the answers, as types. Each system's folder finds them out.

mod counters;

pub use counters::Counters;
