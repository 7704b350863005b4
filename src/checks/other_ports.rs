//! Other TCP ports of the host: whether any of them replies.

use std::time::Duration;

use super::ProbeBatch;
use super::context::CheckContext;
use super::targets::same_host;
use super::timing::{AUXILIARY_TIMEOUT, BatchTiming};
use crate::hosts::{Protocol, Target};

/// SSH, HTTP, HTTPS, SMB, RDP, HTTP alternate.
const COMMON_PORTS: [u16; 6] = [22, 80, 443, 445, 3389, 8080];

const TIMING: BatchTiming = BatchTiming {
    count: 1,
    interval: Duration::from_millis(100),
    timeout: AUXILIARY_TIMEOUT,
    hold: None,
};

pub(super) fn check(context: &CheckContext, target: &Target) -> Vec<ProbeBatch> {
    let target_port = target.port().filter(|_| target.protocol == Protocol::Tcp);
    let others = COMMON_PORTS
        .iter()
        .filter(|port| Some(**port) != target_port);
    let targets = others.map(|port| same_host(target, Protocol::Tcp, *port));
    context.probe_all(targets.collect(), TIMING)
}
