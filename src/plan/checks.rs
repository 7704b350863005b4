//! Plan of a diagnosis.

use super::{PayloadPlan, SocketPlan};
use crate::hosts::TargetSpec;
use crate::hosts::resolve::Family;

/// Target, socket options and payload of a diagnosis.
#[derive(Clone, Debug)]
pub struct CheckPlan {
    /// One host and port, unresolved.
    pub target: TargetSpec,
    /// IPv4, IPv6 or either.
    pub family: Family,
    /// Socket options.
    pub sockets: SocketPlan,
    /// Payload.
    pub payload: PayloadPlan,
}
