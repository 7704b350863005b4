//! What becomes of probes: answers, errors, and silence.

use std::io;
use std::time::{Duration, Instant};

use super::codec::Asked;
use super::{DatagramProbes, LineId, unfinished};
use crate::clock::Moment;
use crate::outcome::classify::{Classified, datagram};
use crate::outcome::{Outcome, ProbeResult};
use crate::platform::Poller;
use crate::probe::context::Around;
use crate::probe::{ProbeEvent, ProbeId, Watch};

/// Looks at one line before the others get their turn; the poller comes back to it.
const READS: usize = 64;

impl DatagramProbes {
    /// Looks at a line that asked for attention; `failed` if it has an error to report.
    pub(in crate::probe) fn attend(
        &mut self,
        poller: &Poller,
        line_id: LineId,
        failed: bool,
        trusted_since: Instant,
    ) {
        self.listen(line_id, failed, trusted_since);
        self.keep_or_close(poller, line_id);
        if let Some(line) = self.lines.get(line_id) {
            poller.watch_answers_again(&line.socket, Watch::Line(line_id).token());
        }
    }

    /// Takes in what has come for a line's probes. Each question to the kernel costs a system call, so only those
    /// are asked that can have an answer; what comes meanwhile asks for attention again.
    fn listen(&mut self, line_id: LineId, failed: bool, trusted_since: Instant) {
        let Some(line) = self.lines.get(line_id) else {
            return;
        };
        let destination = &mut self.destinations[line.destination];
        for _ in 0..READS {
            let more = match line.receive(&mut self.inbox, &destination.speech) {
                Ok(more) => more,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // A pending error, which is told once; datagrams may wait behind it.
                Err(_) => continue,
            };
            let now = Moment::now();
            if self.stamp_sending && line.lacks_stamp() {
                line.note_reports(&destination.speech, &mut self.control);
            }
            for (received, datagram) in self.inbox.datagrams() {
                let measured = (received, &now, trusted_since);
                let step = destination.take_in(line, datagram, measured);
                self.progress.extend(step);
            }
            // An error may stand between datagrams: then only a look says that nothing is behind it.
            if line.asked.is_empty() || !more && !failed {
                break;
            }
        }
        if failed || line.has_pending_error() {
            line.note_reports(&destination.speech, &mut self.control);
        }
        self.tell_failures(line_id, Some(trusted_since), None);
    }

    /// Tells which of a line's probes have failed. One of them may have been sent just now.
    pub(super) fn tell_failures(
        &mut self,
        line_id: LineId,
        trusted_since: Option<Instant>,
        just_sent: Option<ProbeId>,
    ) {
        let Some(line) = self.lines.get(line_id) else {
            return;
        };
        let destination = &mut self.destinations[line.destination];
        if line.rejected {
            destination.note_rejection();
        }
        while let Some((asked, failure)) = line.take_failure(&destination.speech) {
            let waited = waited(&asked, trusted_since, failure.at);
            let around = destination.around(&self.here, line, waited);
            let within_call = just_sent == Some(asked.probe);
            let target = line.peer.ip();
            let testimony = &failure.testimony;
            let judged = datagram::failed(testimony, target, waited, within_call, &around);
            let result = judged.map(|judged| unanswered(&around, judged));
            let result = result.map(|result| ProbeResult {
                rtt: destination.time_of_error(&asked, &failure),
                ..result
            });
            self.progress
                .extend(result.map(|result| ProbeEvent::Ended(asked.probe, result)));
        }
    }

    /// The end of a probe, if it has been told already.
    pub(super) fn take_ended(&mut self, id: ProbeId) -> Option<ProbeResult> {
        let is_its =
            |step: &ProbeEvent| matches!(step, ProbeEvent::Ended(ended, _) if *ended == id);
        let place = self.progress.iter().position(is_its)?;
        match self.progress.remove(place) {
            ProbeEvent::Ended(_, result) => Some(result),
            _ => None,
        }
    }

    /// The deadline of a probe has passed.
    pub(in crate::probe) fn time_out(
        &mut self,
        poller: &Poller,
        id: ProbeId,
        trusted_since: Instant,
    ) -> ProbeResult {
        let Some(line_id) = self.carrier(id) else {
            return self.take_ended(id).unwrap_or_else(unfinished);
        };
        // The answer may be there already, unseen: a signal or a crowd of events came first.
        self.listen(line_id, true, trusted_since);
        let told = self.take_ended(id);
        let told = told.or_else(|| self.settle_doubt(line_id, id, trusted_since));
        let result = told.unwrap_or_else(|| self.without_reply(line_id, id, trusted_since));
        self.keep_or_close(poller, line_id);
        result
    }

    /// The end of a probe, if an error came that can be about it.
    fn settle_doubt(
        &mut self,
        line_id: LineId,
        id: ProbeId,
        trusted_since: Instant,
    ) -> Option<ProbeResult> {
        let line = self.lines.get(line_id)?;
        line.settle_doubt(id, &self.destinations[line.destination].speech);
        self.tell_failures(line_id, Some(trusted_since), None);
        self.take_ended(id)
    }

    fn without_reply(
        &mut self,
        line_id: LineId,
        id: ProbeId,
        trusted_since: Instant,
    ) -> ProbeResult {
        let Some(line) = self.lines.get(line_id) else {
            return unfinished();
        };
        line.failed = true;
        let now = Instant::now();
        let asked = line.asked.iter().find(|asked| asked.probe == id);
        let waited = asked.and_then(|asked| waited(asked, Some(trusted_since), now));
        let left = !self.stamped.contains(&line.peer.ip())
            || asked.is_none_or(|asked| asked.left.is_some());
        let around = self.destinations[line.destination].around(&self.here, line, waited);
        let result = unanswered(&around, datagram::timed_out(left, &around));
        if result.outcome != Outcome::NoReply {
            line.take(id);
        }
        result
    }
}

/// How long a probe had waited at `at`, unless this process stood still meanwhile.
fn waited(asked: &Asked, trusted_since: Option<Instant>, at: Instant) -> Option<Duration> {
    let sent_at = asked.sent.instant;
    let trusted = trusted_since.is_none_or(|since| sent_at >= since);
    trusted.then(|| at.saturating_duration_since(sent_at))
}

/// An ending without an answer.
fn unanswered(around: &Around, judged: Classified) -> ProbeResult {
    ProbeResult {
        local: around.flow_key.local,
        connect: around.waited,
        ..judged.into()
    }
}
