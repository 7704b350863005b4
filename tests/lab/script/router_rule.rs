//! What a router of a path does with packets, as written in a scenario. The path itself: path.rs.
//!
//! ```text
//! drop                      they vanish
//! icmp 3/13 [mtu 1300]      it says no, from its own address
//! rst                       a RST as if the target had sent it
//! syn-ack                   the same: it is a transparent proxy
//! ```
//!
//! All of them but `drop` take `after 3s`. They are for all packets, or only for those that are `tcp`, `udp` or
//! `icmp`, have `over 1300` bytes (IP header included), an `odd` or `even` source port (ICMP echo: identifier), were
//! sent with `ttl 7`, go `to 443`; and of these for the `first 2`, or `every 3`rd, with the same TTL, so that all hops
//! behind the router lose the same share.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::endpoint::Protocol;
use crate::script::tcp::{duration, number};

/// What the path needs to know of a packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traveller {
    pub(crate) protocol: Protocol,
    /// The source port, or the identifier of an ICMP echo.
    pub(crate) flow: u16,
    /// 0 for ICMP, which has none.
    pub(crate) port: u16,
    pub(crate) ttl: u8,
    pub(crate) length: usize,
    /// The first sequence number of a connection; `None` where there are no connections.
    pub(crate) sequence: Option<u32>,
}

/// One rule of a router.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Rule {
    pub(crate) deed: Deed,
    pub(crate) after: Duration,
    conditions: Vec<FailCondition>,
    turns: Turns,
    /// Packets that were met with each TTL.
    met: HashMap<u8, u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Drop,
    Icmp { kind: u8, code: u8, mtu: u32 },
    Rst,
    SynAck,
}

/// Which of the packets with the same TTL are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turns {
    Every(u64),
    First(u64),
}

/// Which packets are meant.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub(crate) enum FailCondition {
    Protocol(Protocol),
    Over(usize),
    Odd,
    Even,
    To(u16),
    Ttl(u8),
}

/// How many ICMP errors a router sends.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub(crate) enum Errors {
    #[default]
    All,
    /// `none`: it forwards and says nothing.
    None,
    /// `4 at most`, in the whole run.
    AtMost(u32),
    /// `one per 400ms`.
    OnePer(Duration),
}

impl Rule {
    /// Whether the rule is for this packet, which is then counted.
    pub(crate) fn takes(&mut self, packet: &Traveller) -> bool {
        if !self.conditions.iter().all(|it| it.holds(packet)) {
            return false;
        }
        let met = self.met.entry(packet.ttl).or_default();
        *met += 1;
        match self.turns {
            Turns::Every(share) => met.is_multiple_of(share),
            Turns::First(count) => *met <= count,
        }
    }
}

impl FailCondition {
    pub(crate) fn holds(self, packet: &Traveller) -> bool {
        match self {
            Self::Protocol(protocol) => packet.protocol == protocol,
            Self::Over(length) => packet.length > length,
            Self::Odd => !packet.flow.is_multiple_of(2),
            Self::Even => packet.flow.is_multiple_of(2),
            Self::To(port) => packet.port == port,
            Self::Ttl(ttl) => packet.ttl == ttl,
        }
    }

    fn parse<'a, 'b>(words: &'a [&'b str]) -> Result<(Self, &'a [&'b str]), String> {
        Ok(match words {
            ["tcp", rest @ ..] => (Self::Protocol(Protocol::Tcp), rest),
            ["udp", rest @ ..] => (Self::Protocol(Protocol::Udp), rest),
            ["icmp", rest @ ..] => (Self::Protocol(Protocol::Icmp), rest),
            ["over", length, rest @ ..] => (Self::Over(number(length)?), rest),
            ["odd", rest @ ..] => (Self::Odd, rest),
            ["even", rest @ ..] => (Self::Even, rest),
            ["to", port, rest @ ..] => (Self::To(number(port)?), rest),
            ["ttl", ttl, rest @ ..] => (Self::Ttl(number(ttl)?), rest),
            other => return Err(format!("{other:?} is not understood")),
        })
    }
}

impl Errors {
    /// Whether one more may be sent, after so many of which the last was then.
    pub(crate) fn allow(self, sent: u32, last: Option<Instant>) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::AtMost(most) => sent < most,
            Self::OnePer(interval) => last.is_none_or(|last| last.elapsed() >= interval),
        }
    }
}

impl TryFrom<String> for Rule {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        parse(&words).map_err(|why| format!("{text:?}: {why}"))
    }
}

fn parse(words: &[&str]) -> Result<Rule, String> {
    let (deed, mut rest) = deed(words)?;
    let mut rule = Rule {
        deed,
        after: Duration::ZERO,
        conditions: Vec::new(),
        turns: Turns::Every(1),
        met: HashMap::new(),
    };
    // Nobody but TCP knows of these.
    if matches!(deed, Deed::Rst | Deed::SynAck) {
        rule.conditions.push(FailCondition::Protocol(Protocol::Tcp));
    }
    while !rest.is_empty() {
        rest = match rest {
            ["after", time, rest @ ..] if deed != Deed::Drop => {
                rule.after = duration(time)?;
                rest
            }
            ["every", share, rest @ ..] => {
                rule.turns = Turns::Every(share_of(share)?);
                rest
            }
            ["first", count, rest @ ..] => {
                rule.turns = Turns::First(number(count)?);
                rest
            }
            words => {
                let (condition, rest) = FailCondition::parse(words)?;
                rule.conditions.push(condition);
                rest
            }
        }
    }
    Ok(rule)
}

/// No packet is the 0th of anything: such a rule would never be for one.
fn share_of(word: &str) -> Result<u64, String> {
    match number(word)? {
        0 => Err("every 0 is none".to_owned()),
        share => Ok(share),
    }
}

fn deed<'a, 'b>(words: &'a [&'b str]) -> Result<(Deed, &'a [&'b str]), String> {
    Ok(match words {
        ["drop", rest @ ..] => (Deed::Drop, rest),
        ["rst", rest @ ..] => (Deed::Rst, rest),
        ["syn-ack", rest @ ..] => (Deed::SynAck, rest),
        ["icmp", code, rest @ ..] => {
            let (kind, code) = code.split_once('/').ok_or("an ICMP code looks like 3/13")?;
            let (mtu, rest) = match rest {
                ["mtu", mtu, rest @ ..] => (number(mtu)?, rest),
                rest => (0, rest),
            };
            let (kind, code) = (number(kind)?, number(code)?);
            (Deed::Icmp { kind, code, mtu }, rest)
        }
        _ => return Err("not what a router does".to_owned()),
    })
}

impl TryFrom<String> for FailCondition {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        match Self::parse(&words)? {
            (condition, []) => Ok(condition),
            _ => Err(format!("{text:?}: one condition is enough")),
        }
    }
}

impl TryFrom<String> for Errors {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        Ok(match words[..] {
            ["none"] => Self::None,
            [most, "at", "most"] => Self::AtMost(number(most)?),
            ["one", "per", time] => Self::OnePer(duration(time)?),
            _ => return Err(format!("{text:?} is not understood")),
        })
    }
}
