//! What is said to a target, and whether what is heard is its answer.

use std::time::Duration;

use super::icmp_echo::Echo;
use crate::clock::Moment;
use crate::outcome::ReplySummary;
use crate::payload::{Answer, Payload, Question};
use crate::probe::ProbeId;

/// The language spoken with one target.
#[derive(Clone, Debug)]
pub(super) enum Speech {
    Udp(Payload),
    Icmp(Echo),
}

/// A probe that has been sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) probe: ProbeId,
    /// Its own port is the ICMP identifier where the protocol has no ports.
    pub(super) question: Question,
    /// Of all datagrams of the run, from 0.
    pub(super) number: u64,
    /// Of the datagrams of its line, from 0.
    pub(super) nth: u32,
    /// Just before `send()`.
    pub(super) sent: Moment,
    /// When the kernel handed it to the device, as the time since 1970.
    pub(super) left: Option<Duration>,
}

/// What a datagram is to a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The answer to this very probe.
    Own(Option<ReplySummary>),
    /// An answer that does not tell to what.
    Unproven(ReplySummary),
    /// No answer to this probe, although it came to us.
    Alien,
    /// Somebody else's.
    Foreign,
}

impl Asked {
    /// The ICMP identifier.
    pub(super) fn identifier(&self) -> u16 {
        self.question.local.port()
    }

    /// The ICMP sequence number.
    pub(super) fn sequence(&self) -> u16 {
        sequence(self.number)
    }
}

/// The ICMP sequence number of a datagram.
#[allow(clippy::cast_possible_truncation)] // it wraps
pub(super) fn sequence(number: u64) -> u16 {
    number as u16
}

impl Speech {
    /// Appends what is said to `out`; `number` counts the datagrams of the run.
    pub(super) fn write(&self, question: &Question, number: u64, out: &mut Vec<u8>) {
        match self {
            Self::Udp(payload) => payload.write(question, out),
            Self::Icmp(echo) => echo.write(question, number, out),
        }
    }

    /// Judges a datagram.
    pub(super) fn classify(&self, asked: &Asked, datagram: &[u8]) -> Heard {
        match self {
            Self::Udp(payload) => match payload.classify(&asked.question, datagram) {
                Answer::Own(said) => Heard::Own(Some(said)),
                Answer::Unproven(said) => Heard::Unproven(said),
                Answer::Alien => Heard::Alien,
            },
            Self::Icmp(echo) => echo.classify(asked, datagram),
        }
    }

    /// Whether an ICMP error that quotes this is about `asked`.
    pub(super) fn was_said(&self, asked: &Asked, quoted: &[u8]) -> bool {
        match self {
            Self::Udp(payload) => payload.was_said(&asked.question, quoted),
            Self::Icmp(echo) => echo.was_said(asked, quoted),
        }
    }

    /// Whether an answer can prove to be a probe's own.
    pub(super) fn proves_itself(&self) -> bool {
        match self {
            Self::Udp(payload) => payload.proves_itself(),
            Self::Icmp(_) => true,
        }
    }

    /// Whether what is said, and so what is answered, takes little room.
    pub(super) fn is_short(&self) -> bool {
        match self {
            Self::Udp(payload) => payload.is_short(),
            Self::Icmp(echo) => echo.is_short(),
        }
    }

    /// Whether answers come from another port than the one that was asked.
    pub(super) fn answers_from_any_port(&self) -> bool {
        matches!(self, Self::Udp(payload) if payload.answers_from_any_port())
    }
    /// Whether anybody's datagrams come in. A connected UDP socket hears its target alone, but a ping socket
    /// everybody who knows its identifier (`ping_lookup` in net/ipv4/ping.c), and one that is not connected everybody.
    pub(super) fn comes_from_anywhere(&self) -> bool {
        matches!(self, Self::Icmp(_)) || self.answers_from_any_port()
    }
}
