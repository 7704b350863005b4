//! Rules of a scripted router.
//!
//! ```text
//! drop
//! icmp 3/13 [mtu 1300]      rejects with this ICMP error, from the router's address
//! rst                       forges a RST from the target
//! syn-ack                   completes the handshake for the target, as a transparent proxy
//! ```
//!
//! Option of all but `drop`: `after 3s`. Matches: `tcp`, `udp`, `icmp`; `dport 443`; `length > 1300` (bytes of the IP
//! packet); `odd` or `even` source port (ICMP echo: identifier); `ttl 7` (as sent). Limits: `first 2`, or `every 3`,
//! counted for each TTL separately, so that all hops behind the router lose the same share.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::value::{duration, icmp_type_code, number};
use crate::endpoint::Protocol;
use crate::packet::PacketHeader;

#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct RouterRule {
    pub(crate) action: RuleAction,
    pub(crate) delay: Duration,
    matches: Vec<PacketMatch>,
    limit: MatchLimit,
    /// Matched packets per TTL.
    matched: HashMap<u8, u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RuleAction {
    Drop,
    Reject { icmp_type: u8, code: u8, mtu: u32 },
    Rst,
    SynAck,
}

/// Which of the matched packets with one TTL the rule applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MatchLimit {
    EveryNth(u64),
    First(u64),
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub(crate) enum PacketMatch {
    Protocol(Protocol),
    LongerThan(usize),
    OddFlow,
    EvenFlow,
    DestinationPort(u16),
    Ttl(u8),
}

/// Rate limit of a router's ICMP errors.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub(crate) enum IcmpErrorLimit {
    #[default]
    Unlimited,
    /// `none`: the router forwards and sends no errors.
    None,
    /// `max 4`, in the whole run.
    Max(u32),
    /// `1 per 400ms`.
    OnePer(Duration),
}

impl RouterRule {
    /// Whether the rule applies to this packet; counts it if it matches.
    pub(crate) fn applies_to(&mut self, packet: &PacketHeader) -> bool {
        if !self.matches.iter().all(|it| it.matches(packet)) {
            return false;
        }
        let matched = self.matched.entry(packet.ttl).or_default();
        *matched += 1;
        match self.limit {
            MatchLimit::EveryNth(n) => matched.is_multiple_of(n),
            MatchLimit::First(count) => *matched <= count,
        }
    }
}

impl PacketMatch {
    pub(crate) fn matches(self, packet: &PacketHeader) -> bool {
        match self {
            Self::Protocol(protocol) => packet.protocol == protocol,
            Self::LongerThan(length) => packet.length > length,
            Self::OddFlow => !packet.flow_id.is_multiple_of(2),
            Self::EvenFlow => packet.flow_id.is_multiple_of(2),
            Self::DestinationPort(port) => packet.destination_port == port,
            Self::Ttl(ttl) => packet.ttl == ttl,
        }
    }

    fn parse<'a, 'b>(words: &'a [&'b str]) -> Result<(Self, &'a [&'b str]), String> {
        Ok(match words {
            ["tcp", rest @ ..] => (Self::Protocol(Protocol::Tcp), rest),
            ["udp", rest @ ..] => (Self::Protocol(Protocol::Udp), rest),
            ["icmp", rest @ ..] => (Self::Protocol(Protocol::Icmp), rest),
            ["length", ">", length, rest @ ..] => (Self::LongerThan(number(length)?), rest),
            ["odd", rest @ ..] => (Self::OddFlow, rest),
            ["even", rest @ ..] => (Self::EvenFlow, rest),
            ["dport", port, rest @ ..] => (Self::DestinationPort(number(port)?), rest),
            ["ttl", ttl, rest @ ..] => (Self::Ttl(number(ttl)?), rest),
            other => return Err(format!("unknown match {other:?}")),
        })
    }
}

impl IcmpErrorLimit {
    /// Whether another error may be sent, after this many and the last at this time.
    pub(crate) fn allows(self, sent: u32, last_sent: Option<Instant>) -> bool {
        match self {
            Self::Unlimited => true,
            Self::None => false,
            Self::Max(max) => sent < max,
            Self::OnePer(interval) => last_sent.is_none_or(|last| last.elapsed() >= interval),
        }
    }
}

impl TryFrom<String> for RouterRule {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        parse(&words).map_err(|error| format!("{text:?}: {error}"))
    }
}

fn parse(words: &[&str]) -> Result<RouterRule, String> {
    let (action, mut rest) = action(words)?;
    let mut rule = RouterRule {
        action,
        delay: Duration::ZERO,
        matches: Vec::new(),
        limit: MatchLimit::EveryNth(1),
        matched: HashMap::new(),
    };
    if matches!(action, RuleAction::Rst | RuleAction::SynAck) {
        rule.matches.push(PacketMatch::Protocol(Protocol::Tcp));
    }
    while !rest.is_empty() {
        rest = match rest {
            ["after", delay, rest @ ..] if action != RuleAction::Drop => {
                rule.delay = duration(delay)?;
                rest
            }
            ["every", n, rest @ ..] => {
                rule.limit = MatchLimit::EveryNth(nonzero(n)?);
                rest
            }
            ["first", count, rest @ ..] => {
                rule.limit = MatchLimit::First(number(count)?);
                rest
            }
            words => {
                let (packet_match, rest) = PacketMatch::parse(words)?;
                rule.matches.push(packet_match);
                rest
            }
        }
    }
    Ok(rule)
}

/// `every 0` would apply to no packet.
fn nonzero(word: &str) -> Result<u64, String> {
    match number(word)? {
        0 => Err("every 0".to_owned()),
        n => Ok(n),
    }
}

fn action<'a, 'b>(words: &'a [&'b str]) -> Result<(RuleAction, &'a [&'b str]), String> {
    Ok(match words {
        ["drop", rest @ ..] => (RuleAction::Drop, rest),
        ["rst", rest @ ..] => (RuleAction::Rst, rest),
        ["syn-ack", rest @ ..] => (RuleAction::SynAck, rest),
        ["icmp", code, rest @ ..] => {
            let (icmp_type, code) = icmp_type_code(code)?;
            let (mtu, rest) = match rest {
                ["mtu", mtu, rest @ ..] => (number(mtu)?, rest),
                rest => (0, rest),
            };
            let reject = RuleAction::Reject {
                icmp_type,
                code,
                mtu,
            };
            (reject, rest)
        }
        _ => return Err("unknown action".to_owned()),
    })
}

impl TryFrom<String> for PacketMatch {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        match Self::parse(&words)? {
            (packet_match, []) => Ok(packet_match),
            _ => Err(format!("{text:?} is more than one match")),
        }
    }
}

impl TryFrom<String> for IcmpErrorLimit {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        Ok(match words[..] {
            ["none"] => Self::None,
            ["max", max] => Self::Max(number(max)?),
            ["1", "per", interval] => Self::OnePer(duration(interval)?),
            _ => return Err(format!("{text:?} is no limit of ICMP errors")),
        })
    }
}
