//! What a scripted peer does with TCP, as written in a scenario. Other protocols: answer.rs.
//!
//! ```text
//! silence                         the SYN never arrived
//! syn-ack [after 20ms] [twice]    it arrived and is answered
//! syn-ack lost                    it arrived, but the answer is lost
//! rst [after 20ms] [ttl 63]       somebody refuses it; the ttl tells how far away
//! rst unacceptable                the same, but for a packet that was never sent
//! icmp 3/13 from 10.99.1.1        a router refuses it
//! fin [after 200ms]               only after the handshake
//! ```

use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

use crate::script::datagram::{IcmpError, TTL};

/// One answer of the peer.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Action {
    pub(crate) answer: Answer,
    pub(crate) after: Duration,
    /// 0 is an answer that is lost, 2 one that is duplicated on its way.
    pub(crate) copies: usize,
    /// Hops left when the answer is sent.
    pub(crate) ttl: u8,
    /// Or does it acknowledge what was never sent?
    pub(crate) acceptable: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    Silence,
    SynAck,
    Rst,
    Fin,
    Icmp(IcmpError),
}

impl Action {
    pub(crate) fn at_once(answer: Answer) -> Self {
        Self {
            answer,
            after: Duration::ZERO,
            copies: 1,
            ttl: TTL,
            acceptable: true,
        }
    }
}

impl TryFrom<String> for Action {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        parse(&words).map_err(|why| format!("{text:?}: {why}"))
    }
}

fn parse(words: &[&str]) -> Result<Action, String> {
    match words {
        ["silence"] => with_details(Answer::Silence, &[]),
        ["syn-ack", details @ ..] => with_details(Answer::SynAck, details),
        ["rst", details @ ..] => with_details(Answer::Rst, details),
        ["fin", details @ ..] => with_details(Answer::Fin, details),
        ["icmp", code, "from", address, details @ ..] => {
            let error = IcmpError::parse(code, address)?;
            with_details(Answer::Icmp(error), details)
        }
        _ => Err("not an answer".to_owned()),
    }
}

fn with_details(answer: Answer, mut details: &[&str]) -> Result<Action, String> {
    let mut action = Action::at_once(answer);
    loop {
        details = match details {
            [] => return Ok(action),
            ["lost", rest @ ..] => {
                action.copies = 0;
                rest
            }
            ["unacceptable", rest @ ..] => {
                action.acceptable = false;
                rest
            }
            ["twice", rest @ ..] => {
                action.copies = 2;
                rest
            }
            ["after", time, rest @ ..] => {
                action.after = duration(time)?;
                rest
            }
            ["ttl", hops, rest @ ..] => {
                action.ttl = number(hops)?;
                rest
            }
            [word, ..] => return Err(format!("{word:?} is not understood")),
        }
    }
}

pub(crate) fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("{text:?} is not understood"))
}

/// A duration as a field of its own.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Time(pub(crate) Duration);

impl TryFrom<String> for Time {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        duration(&text).map(Self)
    }
}

/// `20ms` or `1.5s`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => (text.strip_suffix('s').unwrap_or(text), 1.0),
    };
    let number: f64 = number
        .parse()
        .map_err(|_| format!("{text:?} is no duration"))?;
    Ok(Duration::from_secs_f64(number * unit))
}
