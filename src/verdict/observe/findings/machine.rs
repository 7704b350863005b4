//! This machine: its connections to itself, and its drop counters.

use super::probed::{address, attempts_of};
use crate::checks::{Findings, ProbeBatch};
use crate::outcome::LocalCause;
use crate::text;
use crate::verdict::observation::{Counters, Kernel, Observations, SelfTest, Sent};

/// A counter counts where it grows so many times faster than while nothing was sent.
const FAR_ABOVE: f64 = 3.0;

pub(super) fn observe(seen: &mut Observations, findings: &Findings) {
    let local = &findings.local;
    if local.loopback.as_ref().is_some_and(is_dead) {
        seen.set(SelfTest::LoopbackFails);
    } else if local.own_address.as_ref().is_some_and(is_dead) {
        seen.set(SelfTest::OwnAddressFails);
    } else if local.loopback.as_ref().is_some_and(|it| it.succeeded() > 0) {
        seen.set(SelfTest::Works);
    }
    observe_counters(seen, findings);
    observe_own_rules(seen, findings);
}

/// This machine's own rules stop other packets to the host.
fn observe_own_rules(seen: &mut Observations, findings: &Findings) {
    let sizes = findings.sizes.iter();
    let sizes = sizes.flat_map(|it| [&it.small_probes, &it.large_probes]);
    let others = findings
        .echo
        .iter()
        .chain(&findings.other_ports)
        .chain(sizes);
    let mut causes = others.filter_map(|it| attempts_of(it).usual_local_cause());
    let is_rule =
        |it: &LocalCause| matches!(it, LocalCause::LocalFirewall | LocalCause::DroppedLocally);
    match causes.find(is_rule) {
        Some(LocalCause::LocalFirewall) => seen.set(Kernel::LocalFirewall),
        Some(_) => seen.set(Sent::DroppedHere),
        None => {}
    }
}

/// Whether no connection came about, for another reason than a lack of ports, files or memory.
fn is_dead(batch: &ProbeBatch) -> bool {
    let attempts = attempts_of(batch);
    let cause = attempts.usual_local_cause();
    let only_lacks = attempts.failed() == 0 && cause.is_none_or(is_lack);
    attempts.total() > 0 && attempts.succeeded() == 0 && !only_lacks
}

/// Whether the machine lacks something for one more socket, which shows nothing about the stack.
fn is_lack(cause: LocalCause) -> bool {
    use LocalCause::{
        OutOfMemory, Permission, PortsExhausted, RouteProhibited, SystemError, TooManyOpenFiles,
    };
    // EACCES is also what a security policy says, and no route forbids this machine itself.
    matches!(
        cause,
        PortsExhausted
            | TooManyOpenFiles
            | OutOfMemory
            | Permission
            | SystemError
            | RouteProhibited
    )
}

fn observe_counters(seen: &mut Observations, findings: &Findings) {
    let Some(counters) = &findings.counters else {
        return;
    };
    let missing = findings
        .target_probes()
        .map_or(0, |it| attempts_of(it).silent);
    let filtered = counters.reverse_path_filtered.unwrap_or(0);
    if missing > 0 && filtered >= missing {
        let figures = text!["TcpExtIPReversePathFilter grew by ", filtered];
        seen.set_with(Counters::RpFilter, figures);
    } else if let Some(dropped) = dropped_on_arrival(findings) {
        let figures = text![dropped, " packets arrived and were not delivered"];
        seen.set_with(Counters::InputDrops, figures);
    } else {
        seen.set(Counters::Quiet);
    }
}

/// Packets that arrived and were not delivered while replies were missing, where they are no noise.
fn dropped_on_arrival(findings: &Findings) -> Option<u64> {
    let is_v4 = address(findings)?.is_ipv4();
    let dropped = findings.dropped_on_arrival()?;
    let baseline = findings.baseline?;
    let noise = baseline.counters.dropped_on_arrival(is_v4)? as f64 / baseline.took.as_secs_f64();
    (dropped as f64 > FAR_ABOVE * noise * findings.took.as_secs_f64()).then_some(dropped)
}
