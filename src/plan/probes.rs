//! What a network of probes needs to know.

use super::{PayloadPlan, Rate, SocketPlan};

/// Sockets, payloads, and how sockets are used.
#[derive(Clone, Debug)]
pub struct ProbePlan {
    /// Socket options.
    pub sockets: SocketPlan,
    /// What datagrams carry.
    pub payload: PayloadPlan,
    /// How fast probes follow one another.
    pub rate: Rate,
    /// Keep established connections open and watch them until the hold time is over.
    pub hold: bool,
    /// Read the local address of every TCP probe, which is a system call.
    pub report_local: bool,
}

impl ProbePlan {
    /// Probes at an ordinary rate, closed as soon as they are connected.
    pub fn new(sockets: SocketPlan, payload: PayloadPlan) -> Self {
        Self {
            sockets,
            payload,
            rate: Rate::Ordinary,
            hold: false,
            report_local: true,
        }
    }
}
