//! What a diagnosis is about.

use super::{PayloadPlan, SocketPlan};
use crate::hosts::TargetSpec;
use crate::hosts::resolve::Family;

/// The target of a diagnosis, and how its packets leave.
#[derive(Clone, Debug)]
pub struct CheckPlan {
    /// One host and one port, not yet resolved.
    pub target: TargetSpec,
    /// IPv4, IPv6 or either.
    pub family: Family,
    /// Socket options.
    pub sockets: SocketPlan,
    /// What datagrams carry.
    pub payload: PayloadPlan,
}
