//! Runs a few probes to a few targets in parallel.

use std::io;
use std::time::{Duration, Instant};

use super::probe_batch::{ProbeBatch, add_outcome};
use super::timing::BatchTiming;
use crate::engine::{Engine, RunControl, SampleSink};
use crate::hosts::Target;
use crate::outcome::{ExtraReply, Outcome, Sample, TargetId};
use crate::plan::{PayloadPlan, ProbePlan, SocketPlan};
use crate::platform::{Poller, SignalState};
use crate::probe::Probes;

/// Sockets of one check open at once.
const MAX_SOCKETS: usize = 64;

/// Probes all of `targets` in parallel.
pub(super) fn run_batch(
    targets: Vec<Target>,
    sockets: &SocketPlan,
    payload: &PayloadPlan,
    timing: BatchTiming,
    signals: &dyn SignalState,
) -> io::Result<Vec<ProbeBatch>> {
    let plan = ProbePlan {
        hold: timing.hold.is_some(),
        ..ProbePlan::new(sockets.clone(), payload.clone())
    };
    let network = Probes::new(Poller::new()?, &targets, &plan);
    let mut counts = BatchCounts(targets.iter().map(|_| BatchCount::default()).collect());
    let (schedule, clock) = (timing.schedule(), Instant::now);
    let engine = Engine::new(
        network,
        schedule,
        targets.len(),
        MAX_SOCKETS,
        signals,
        &clock,
    );
    engine.run(&mut counts).1?;
    let batches = targets.into_iter().zip(counts.0);
    Ok(batches
        .map(|(target, count)| count.into_batch(target))
        .collect())
}

/// Counts per target.
struct BatchCounts(Vec<BatchCount>);

#[derive(Debug, Default)]
struct BatchCount {
    sent: u64,
    outcomes: Vec<(Outcome, u64)>,
    strays: u64,
    late: u64,
    connects: Vec<Duration>,
    rtts: Vec<Duration>,
}

impl SampleSink for BatchCounts {
    fn sample(&mut self, sample: &Sample) {
        if let Some(count) = self.0.get_mut(sample.target.index()) {
            count.record(sample);
        }
    }

    fn extra_reply(&mut self, target: TargetId, extra: ExtraReply) {
        if let (Some(count), ExtraReply::Stray) = (self.0.get_mut(target.index()), extra) {
            count.strays += 1;
        }
    }
}

impl RunControl for BatchCounts {}

impl BatchCount {
    fn record(&mut self, sample: &Sample) {
        let result = &sample.result;
        if sample.late {
            // The probe is already counted as no reply.
            self.late += u64::from(result.outcome.is_answered());
            return;
        }
        if result.outcome == Outcome::Unfinished {
            return;
        }
        self.sent += 1;
        add_outcome(&mut self.outcomes, result.outcome, 1);
        if result.outcome.is_answered() {
            self.connects.extend(result.connect);
            self.rtts.extend(result.rtt.map(|rtt| rtt.time));
        }
    }

    fn into_batch(self, target: Target) -> ProbeBatch {
        ProbeBatch {
            target,
            sent: self.sent,
            outcomes: self.outcomes,
            strays: self.strays,
            late: self.late,
            median_connect: median(self.connects),
            median_rtt: median(self.rtts),
        }
    }
}

/// The lower median.
fn median(mut times: Vec<Duration>) -> Option<Duration> {
    times.sort_unstable();
    let middle = times.len().checked_sub(1)? / 2;
    times.get(middle).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::Protocol;
    use crate::outcome::OutcomeKind;
    use crate::platform::NoSignals;
    use std::net::{Ipv4Addr, UdpSocket};
    use std::thread;

    const TIMING: BatchTiming = BatchTiming {
        count: 2,
        interval: Duration::from_millis(300),
        timeout: Duration::from_millis(200),
        hold: None,
    };

    /// Replies to the first datagram after the second arrived, and never to the second.
    fn reply_late(service: &UdpSocket) -> io::Result<usize> {
        let mut buffer = [0; 1500];
        let (length, from) = service.recv_from(&mut buffer)?;
        service.recv_from(&mut [0; 1500])?;
        service.send_to(&buffer[..length], from)
    }

    #[test]
    fn late_reply_is_counted_beside_no_reply() {
        let service = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        let address = service.local_addr().expect("an address");
        let server = thread::spawn(move || reply_late(&service));
        let target = Target {
            protocol: Protocol::Udp,
            host: "127.0.0.1".into(),
            address,
            lookup: None,
        };
        let batches = run_batch(
            vec![target],
            &SocketPlan::default(),
            &PayloadPlan::default(),
            TIMING,
            &NoSignals,
        )
        .expect("probes");
        server.join().expect("a thread").expect("a reply");
        let [batch] = batches.as_slice() else {
            panic!("{batches:?}");
        };
        let unanswered = batch.count(OutcomeKind::NoReply);
        assert_eq!((batch.sent, unanswered, batch.late), (2, 2, 1), "{batch:?}");
        assert_eq!(batch.median_connect, None);
    }
}
