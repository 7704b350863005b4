//! Plan of probes.

use super::{PayloadPlan, Rate, SocketPlan};

/// Sockets, payload, rate.
#[derive(Clone, Debug)]
pub struct ProbePlan {
    /// Socket options.
    pub sockets: SocketPlan,
    /// Payload.
    pub payload: PayloadPlan,
    /// Probe rate.
    pub rate: Rate,
    /// Keep connections open and watch them until the hold time is over.
    pub hold: bool,
    /// Read the local address of each TCP probe: costs a system call.
    pub report_local: bool,
}

impl ProbePlan {
    /// Probes at an ordinary rate; connections are closed at once.
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
