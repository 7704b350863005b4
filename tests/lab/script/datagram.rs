//! What a scripted peer does with a UDP datagram or an ICMP echo request, as written in a scenario.
//!
//! ```text
//! silence                        it never arrived
//! echo                           the same bytes come back
//! echo truncated 3               only the first 3 of them; `oversized 3`: 3 more; `flipped`: one is changed
//! echo wrong-id                  ICMP: the reply carries another identifier, or `wrong-sequence`
//! reply hex:00ff                 other bytes, or `text:...`
//! garbage 20                     20 bytes that mean nothing
//! dns nxdomain                   a DNS answer: dns.rs; `dns 10.99.7.7`: the name has that address
//! icmp 3/4 from 10.99.1.1        an ICMP error; `mtu 1300`, `quote 8` (bytes after the IP header), `misquotes
//!                                port`: it quotes a packet that differs there
//! ```
//!
//! All of them but silence take `after 20ms`, `twice`, `1000 times`, `ttl 63`; all but errors `from ADDRESS`
//! and `port 7`: where the answer comes from if not from where the probe went. `corrupt` spoils the
//! checksum. Several answers to one probe are joined by `and`.

use std::net::IpAddr;
use std::time::Duration;

use serde::Deserialize;

use crate::packet::dns::Dns;
use crate::script::tcp::{duration, number};

/// Hops that an answer may take, as most systems have it.
pub(crate) const TTL: u8 = 64;

/// Everything that answers one probe.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Answers(pub(crate) Vec<Answer>);

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) what: What,
    pub(crate) changes: Vec<Change>,
    pub(crate) after: Duration,
    pub(crate) copies: usize,
    /// Hops left when the answer arrives.
    pub(crate) ttl: u8,
    /// Where it comes from if not from where the probe went.
    pub(crate) from: Option<IpAddr>,
    pub(crate) port: Option<u16>,
    pub(crate) corrupt: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    Silence,
    Echo,
    Bytes(Vec<u8>),
    Dns(Dns),
    Icmp(IcmpError),
}

/// How an answer differs from the one that it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Truncated(usize),
    Oversized(usize),
    Flipped,
    WrongId,
    WrongSequence,
}

/// An ICMP error, and how it quotes the packet that it complains about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IcmpError {
    pub(crate) kind: u8,
    pub(crate) code: u8,
    pub(crate) from: IpAddr,
    pub(crate) mtu: u32,
    /// Bytes quoted after the IP header; as many as fit without it.
    pub(crate) quote: Option<usize>,
    pub(crate) misquoted: Option<Field>,
}

/// What an ICMP error quotes wrongly: somebody else's packet.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Field {
    Address,
    SourcePort,
    Port,
    Id,
    Sequence,
}

impl Answer {
    pub(crate) fn at_once(what: What) -> Self {
        Self {
            what,
            changes: Vec::new(),
            after: Duration::ZERO,
            copies: 1,
            ttl: TTL,
            from: None,
            port: None,
            corrupt: false,
        }
    }

    pub(crate) fn has(&self, change: Change) -> bool {
        self.changes.contains(&change)
    }
}

impl IcmpError {
    pub(crate) fn new(kind: u8, code: u8, from: IpAddr) -> Self {
        Self {
            kind,
            code,
            from,
            mtu: 0,
            quote: None,
            misquoted: None,
        }
    }

    pub(crate) fn parse(code: &str, from: &str) -> Result<Self, String> {
        let (kind, code) = code.split_once('/').ok_or("an ICMP code looks like 3/13")?;
        Ok(Self::new(number(kind)?, number(code)?, number(from)?))
    }

    /// What a host says of a UDP port where nothing listens.
    pub(crate) fn port_unreachable(host: IpAddr) -> Self {
        let (kind, code) = if host.is_ipv4() { (3, 3) } else { (1, 4) };
        Self::new(kind, code, host)
    }

    /// What a router says when the packet's last hop is reached.
    pub(crate) fn time_exceeded(router: IpAddr) -> Self {
        let kind = if router.is_ipv4() { 11 } else { 3 };
        Self::new(kind, 0, router)
    }
}

impl TryFrom<String> for Answers {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let each = text.split(" and ").map(|one| {
            let words: Vec<&str> = one.split_whitespace().collect();
            parse(&words)
        });
        let all: Result<_, _> = each.collect();
        all.map(Self).map_err(|why| format!("{text:?}: {why}"))
    }
}

fn parse(words: &[&str]) -> Result<Answer, String> {
    let (what, details) = match words {
        ["silence"] => (What::Silence, &[][..]),
        ["echo", rest @ ..] => (What::Echo, rest),
        ["reply", bytes, rest @ ..] => (What::Bytes(literal(bytes)?), rest),
        ["garbage", length, rest @ ..] => (What::Bytes(garbage(number(length)?)), rest),
        ["dns", how, rest @ ..] => (What::Dns(how.parse()?), rest),
        ["icmp", code, "from", address, rest @ ..] => {
            return icmp_with_details(IcmpError::parse(code, address)?, rest);
        }
        _ => return Err("not an answer".to_owned()),
    };
    with_details(Answer::at_once(what), details)
}

fn icmp_with_details(mut error: IcmpError, mut details: &[&str]) -> Result<Answer, String> {
    loop {
        details = match details {
            ["mtu", mtu, rest @ ..] => {
                error.mtu = number(mtu)?;
                rest
            }
            ["quote", bytes, rest @ ..] => {
                error.quote = Some(number(bytes)?);
                rest
            }
            ["misquotes", field, rest @ ..] => {
                error.misquoted = Some(quoted_field(field)?);
                rest
            }
            rest => return with_details(Answer::at_once(What::Icmp(error)), rest),
        }
    }
}

fn quoted_field(word: &str) -> Result<Field, String> {
    Ok(match word {
        "address" => Field::Address,
        "source-port" => Field::SourcePort,
        "port" => Field::Port,
        "id" => Field::Id,
        "sequence" => Field::Sequence,
        _ => return Err(format!("{word:?} is not quoted")),
    })
}

fn with_details(mut answer: Answer, mut details: &[&str]) -> Result<Answer, String> {
    while !details.is_empty() {
        details = match change(details)? {
            Some((change, rest)) => {
                answer.changes.push(change);
                rest
            }
            None => detail(&mut answer, details)?,
        }
    }
    Ok(answer)
}

type Rest<'a, 'b> = &'a [&'b str];

fn change<'a, 'b>(words: Rest<'a, 'b>) -> Result<Option<(Change, Rest<'a, 'b>)>, String> {
    Ok(Some(match words {
        ["truncated", length, rest @ ..] => (Change::Truncated(number(length)?), rest),
        ["oversized", more, rest @ ..] => (Change::Oversized(number(more)?), rest),
        ["flipped", rest @ ..] => (Change::Flipped, rest),
        ["wrong-id", rest @ ..] => (Change::WrongId, rest),
        ["wrong-sequence", rest @ ..] => (Change::WrongSequence, rest),
        _ => return Ok(None),
    }))
}

fn detail<'a, 'b>(answer: &mut Answer, words: Rest<'a, 'b>) -> Result<Rest<'a, 'b>, String> {
    let length = match words[0] {
        "twice" | "corrupt" => 1,
        _ => 2,
    };
    let (taken, rest) = words.split_at(length.min(words.len()));
    match taken {
        ["twice"] => answer.copies = 2,
        ["corrupt"] => answer.corrupt = true,
        [copies, "times"] => answer.copies = number(copies)?,
        ["after", time] => answer.after = duration(time)?,
        ["ttl", hops] => answer.ttl = number(hops)?,
        ["from", address] => answer.from = Some(number(address)?),
        ["port", port] => answer.port = Some(number(port)?),
        _ => return Err(format!("{taken:?} is not understood")),
    }
    Ok(rest)
}

fn literal(text: &str) -> Result<Vec<u8>, String> {
    match text.split_once(':') {
        Some(("text", text)) => Ok(text.as_bytes().to_vec()),
        Some(("hex", digits)) => hex(digits).ok_or(format!("{digits:?} is not hexadecimal")),
        _ => Err(format!("{text:?} is neither text: nor hex:")),
    }
}

fn hex(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let bytes = pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok());
    bytes.collect()
}

/// Always the same, so that a failure can be had again.
fn garbage(length: usize) -> Vec<u8> {
    let walk = |byte: &u8| Some(byte.wrapping_mul(167).wrapping_add(13));
    std::iter::successors(Some(0xa5), walk)
        .take(length)
        .collect()
}
