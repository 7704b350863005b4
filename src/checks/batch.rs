//! A few probes to a few targets at once, and how they ended.

use std::io;
use std::time::{Duration, Instant};

use super::ProbeBatch;
use super::findings::add_to;
use crate::engine::{Engine, RunControl, SampleSink};
use crate::hosts::Target;
use crate::outcome::{ExtraReply, Outcome, Sample, TargetId};
use crate::plan::{PayloadPlan, ProbePlan, SchedulePlan, SocketPlan};
use crate::platform::{Poller, SignalState};
use crate::probe::Probes;

/// Sockets of one step open at once.
const MAX_SOCKETS: usize = 64;

/// How often it is looked whether the user has had enough.
const GLANCE: Duration = Duration::from_millis(50);

/// How a step probes.
#[derive(Clone, Copy, Debug)]
pub(super) struct BatchTiming {
    /// Probes of each target.
    pub(super) count: u64,
    /// From one to the next.
    pub(super) interval: Duration,
    /// When one is given up.
    pub(super) timeout: Duration,
    /// After connecting: watch this long for a reset or a close.
    pub(super) hold: Option<Duration>,
}

impl BatchTiming {
    fn schedule(self) -> SchedulePlan {
        SchedulePlan {
            hold: self.hold,
            summary_every: Some(GLANCE),
            ..SchedulePlan::probes(self.count, self.interval, self.timeout)
        }
    }
}

/// Probes all of `targets` at once.
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
    Ok(batches.map(|(target, count)| count.of(target)).collect())
}

/// What came of each target's probes.
struct BatchCounts(Vec<BatchCount>);

#[derive(Debug, Default)]
struct BatchCount {
    sent: u64,
    ends: Vec<(Outcome, u64)>,
    strays: u64,
    late: u64,
    connects: Vec<Duration>,
    rtts: Vec<Duration>,
}

impl SampleSink for BatchCounts {
    fn sample(&mut self, sample: &Sample) {
        if let Some(tally) = self.0.get_mut(sample.target.index()) {
            tally.record(sample);
        }
    }

    fn extra_reply(&mut self, target: TargetId, extra: ExtraReply) {
        if let (Some(tally), ExtraReply::Stray) = (self.0.get_mut(target.index()), extra) {
            tally.strays += 1;
        }
    }
}

impl RunControl for BatchCounts {}

impl BatchCount {
    fn record(&mut self, sample: &Sample) {
        let result = &sample.result;
        if sample.late {
            // Its probe has been counted as one without a reply.
            self.late += u64::from(result.outcome.is_answered());
            return;
        }
        if result.outcome == Outcome::Unfinished {
            return;
        }
        self.sent += 1;
        add_to(&mut self.ends, result.outcome, 1);
        if result.outcome.is_answered() {
            self.connects.extend(result.connect);
            self.rtts.extend(result.rtt.map(|rtt| rtt.time));
        }
    }

    fn of(self, target: Target) -> ProbeBatch {
        ProbeBatch {
            target,
            sent: self.sent,
            outcomes: self.ends,
            strays: self.strays,
            late: self.late,
            median_connect: median(self.connects),
            median_rtt: median(self.rtts),
        }
    }
}

/// The middle one; of two the smaller.
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
    use std::net::{Ipv4Addr, UdpSocket};
    use std::thread;

    struct Never;

    impl SignalState for Never {
        fn stop_requested(&self) -> bool {
            false
        }
        fn take_statistics_request(&self) -> bool {
            false
        }
        fn take_continued(&self) -> bool {
            false
        }
    }

    const TIMING: BatchTiming = BatchTiming {
        count: 2,
        interval: Duration::from_millis(300),
        timeout: Duration::from_millis(200),
        hold: None,
    };

    /// Answers the first datagram once the second has come, and that one never.
    fn slow(service: &UdpSocket) -> io::Result<usize> {
        let mut buffer = [0; 1500];
        let (length, from) = service.recv_from(&mut buffer)?;
        service.recv_from(&mut [0; 1500])?;
        service.send_to(&buffer[..length], from)
    }

    #[test]
    fn an_answer_that_comes_late_is_told_beside_the_silence() {
        let service = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        let address = service.local_addr().expect("an address");
        let answering = thread::spawn(move || slow(&service));
        let target = Target {
            protocol: Protocol::Udp,
            host: "127.0.0.1".into(),
            address,
            lookup: None,
        };
        let tried = run_batch(
            vec![target],
            &SocketPlan::default(),
            &PayloadPlan::default(),
            TIMING,
            &Never,
        )
        .expect("probes");
        answering.join().expect("a thread").expect("an answer");
        let [tried] = tried.as_slice() else {
            panic!("{tried:?}");
        };
        let silent = tried.count(OutcomeKind::NoReply);
        assert_eq!((tried.sent, silent, tried.late), (2, 2, 1), "{tried:?}");
        assert_eq!(tried.median_connect, None);
    }
}
