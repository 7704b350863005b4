//! What a support engineer asks of a machine: the answers, as types. Each system's folder finds them out.

mod counters;
mod listener;

pub use counters::Counters;
pub use listener::{Listener, Process};
