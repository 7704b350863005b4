//! The target port at the name's other addresses.

use std::net::SocketAddr;

use super::ProbeBatch;
use super::context::CheckContext;
use super::timing::BatchTiming;
use crate::hosts::Target;

/// Addresses probed; few names have more.
const MAX_ADDRESSES: usize = 7;

pub(super) fn check(
    context: &CheckContext,
    target: &Target,
    others: &[SocketAddr],
) -> Vec<ProbeBatch> {
    let targets = others.iter().take(MAX_ADDRESSES).map(|address| {
        let mut address = *address;
        address.set_port(target.address.port());
        Target {
            address,
            ..target.clone()
        }
    });
    let targets: Vec<_> = targets.collect();
    if targets.is_empty() {
        return Vec::new();
    }
    let timing = BatchTiming {
        hold: None,
        ..BatchTiming::TARGET
    };
    context.probe_all(targets, timing)
}
