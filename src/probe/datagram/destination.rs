//! Whom datagrams go to, and how it has behaved so far.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::ambiguous_errors::Failure;
use super::codec::{Asked, Speech};
use super::probe_socket::{Found, Line};
use crate::clock::Moment;
use crate::hosts::Protocol;
use crate::outcome::classify::datagram;
use crate::outcome::{ExtraReply, ProbeResult, ReplySummary, Rtt, TargetId};
use crate::platform::{FlowKey, LocalHost, Received};
use crate::probe::ProbeEvent;
use crate::probe::ProbeOverride;
use crate::probe::context::Around;
use crate::probe::local_ports::PortWalk;
use crate::probe::rtt;

/// Probes that may wait on one line together. Eight answers in one system call cost little more each than sixty-four,
/// and sixty-four probes still have eight ports: a path that fails for some ports only still shows.
const TOGETHER: usize = 8;

/// One of the network's targets.
pub(super) struct Destination {
    pub(super) target: TargetId,
    pub(super) protocol: Protocol,
    pub(super) address: SocketAddr,
    pub(super) speech: Speech,
    pub(super) walk: PortWalk,
    /// Probes go only so far, each on a socket of its own.
    pub(super) set_override: Option<ProbeOverride>,
    /// A probe was answered, and the answer proved to be its own.
    has_answered: bool,
    /// An answer came that could not prove to be one to its probe.
    unproven: bool,
    /// Something else came than one answer to each probe.
    irregular: bool,
}

impl Destination {
    pub(super) fn new(
        target: TargetId,
        protocol: Protocol,
        address: SocketAddr,
        speech: Speech,
    ) -> Self {
        Self {
            target,
            protocol,
            address,
            speech,
            walk: PortWalk::anywhere(),
            set_override: None,
            has_answered: false,
            unproven: false,
            irregular: false,
        }
    }

    /// It has another address from now on, and there it may behave otherwise.
    pub(super) fn set_address(&mut self, address: SocketAddr) {
        self.address = address;
        self.has_answered = false;
    }

    /// Whether answers have proven to be their probes' own so far, so that probes can share a line.
    pub(super) fn proves_itself(&self) -> bool {
        self.speech.proves_itself() && !self.unproven
    }

    /// How many probes may wait on one line together, where speed is wanted.
    ///
    /// Several only as long as nothing but answers has come. An ICMP error may quote too little to tell which of
    /// them it is about; and further answers, or long ones, could fill the buffer of a socket that others wait on.
    pub(super) fn together(&self) -> usize {
        let orderly = self.has_answered && !self.irregular && self.proves_itself();
        if orderly && self.speech.is_short() {
            TOGETHER
        } else {
            1
        }
    }

    /// An ICMP error has come.
    pub(super) fn note_rejection(&mut self) {
        self.irregular = true;
    }

    /// Takes in a datagram that has come on a line: as it was received, looked at when, and since when times are
    /// trusted.
    pub(super) fn take_in(
        &mut self,
        line: &mut Line,
        datagram: &[u8],
        measured: (&Received, &Moment, Instant),
    ) -> Option<ProbeEvent> {
        if !self.comes_from(measured.0, line) {
            return None;
        }
        match line.hear(&self.speech, datagram) {
            Found::Answer {
                asked,
                said,
                proven,
            } => {
                self.unproven |= !proven;
                self.has_answered |= proven;
                let result = answered(&asked, line.local, said, measured);
                Some(ProbeEvent::Ended(asked.probe, result))
            }
            Found::Duplicate => Some(self.extra(ExtraReply::Duplicate)),
            Found::Ambiguous => {
                self.unproven = true;
                Some(self.extra(ExtraReply::Stray))
            }
            Found::Stray => Some(self.extra(ExtraReply::Stray)),
            Found::Nothing => None,
        }
    }

    /// How long the way to whoever sent an ICMP error took. Only who looks at the path wants it: an error is no
    /// answer of the target's.
    pub(super) fn time_of_error(&self, asked: &Asked, failure: &Failure) -> Option<Rtt> {
        self.set_override?;
        let received = failure.testimony.arrived;
        rtt::rtt(&asked.sent, asked.left, received, &Moment::now())
    }

    fn extra(&mut self, extra: ExtraReply) -> ProbeEvent {
        self.irregular = true;
        ProbeEvent::ExtraReply(self.target, extra)
    }

    /// Where the system does not say who sent a datagram, a connected socket's peer did.
    fn comes_from(&self, received: &Received, line: &Line) -> bool {
        let from = received.from.map(|from| from.ip());
        let unknown = !self.speech.answers_from_any_port();
        from.map_or(unknown, |from| from == line.peer.ip())
    }

    pub(super) fn around<'a>(
        &self,
        here: &'a LocalHost,
        line: &Line,
        waited: Option<Duration>,
    ) -> Around<'a> {
        let flow_key = FlowKey {
            protocol: self.protocol,
            target: self.address,
            local: Some(line.local),
        };
        Around {
            here,
            flow_key,
            waited,
        }
    }
}

/// The end of a probe that was answered: with what was received, looked at when, and what its times are worth.
fn answered(
    asked: &Asked,
    local: SocketAddr,
    said: Option<ReplySummary>,
    (received, now, trusted_since): (&Received, &Moment, Instant),
) -> ProbeResult {
    let trusted = asked.sent.instant >= trusted_since;
    let waited = now.instant.saturating_duration_since(asked.sent.instant);
    ProbeResult {
        local: Some(local),
        connect: trusted.then_some(waited),
        rtt: rtt::rtt(&asked.sent, asked.left, received.at, now),
        arrived: received.at,
        ttl: received.ttl,
        said,
        ..datagram::answered().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::{Payload, Question};
    use crate::probe::ProbeId;
    use std::net::UdpSocket;

    /// A line and a destination that a probe was just sent to, with what it said.
    fn asked(size: usize) -> (Destination, Line, Vec<u8>) {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let local = socket.local_addr().expect("an address");
        let speech = Speech::Udp(Payload::Plain(size));
        let mut line = Line::new(socket.into(), local, local, 0);
        let said = ask(&mut line, &speech, 1);
        let destination = Destination::new(TargetId(0), Protocol::Udp, local, speech);
        (destination, line, said)
    }

    fn ask(line: &mut Line, speech: &Speech, number: u64) -> Vec<u8> {
        let question = Question {
            token: number,
            local: line.local,
            target: line.peer,
        };
        let mut said = Vec::new();
        speech.write(&question, number, &mut said);
        line.asked.push_back(Asked {
            probe: ProbeId {
                slot: 0,
                generation: 0,
            },
            question,
            number,
            nth: 0,
            sent: Moment::now(),
            left: None,
        });
        said
    }

    fn hear(destination: &mut Destination, line: &mut Line, datagram: &[u8]) {
        let received = Received {
            length: datagram.len(),
            from: Some(line.peer),
            at: None,
            ttl: None,
        };
        let now = Moment::now();
        let step = destination.take_in(line, datagram, (&received, &now, now.instant));
        assert!(step.is_some());
    }

    #[test]
    fn probes_wait_together_only_on_a_target_that_answers_and_does_nothing_else() {
        let (mut destination, mut line, said) = asked(32);
        assert_eq!(destination.together(), 1, "it has not answered yet");
        hear(&mut destination, &mut line, &said);
        assert_eq!(destination.together(), TOGETHER);
        hear(&mut destination, &mut line, &said);
        assert_eq!(destination.together(), 1, "it has answered twice");
    }

    #[test]
    fn after_an_icmp_error_each_probe_waits_alone() {
        let (mut destination, mut line, said) = asked(32);
        hear(&mut destination, &mut line, &said);
        destination.note_rejection();
        let said = ask(&mut line, &destination.speech, 2);
        hear(&mut destination, &mut line, &said);
        assert_eq!(destination.together(), 1, "for the rest of the run");
    }

    #[test]
    fn a_new_address_has_to_answer_first() {
        let (mut destination, mut line, said) = asked(32);
        hear(&mut destination, &mut line, &said);
        destination.set_address(([127, 0, 0, 2], 7).into());
        assert_eq!(destination.together(), 1);
    }

    #[test]
    fn long_datagrams_wait_alone() {
        let (mut destination, mut line, said) = asked(9000);
        hear(&mut destination, &mut line, &said);
        assert_eq!(destination.together(), 1);
    }
}
