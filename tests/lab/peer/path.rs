//! The path between the tool and its targets: routers that packets meet one after the other.
//!
//! ```toml
//! [path]
//! routers = 6                  # {hop1}, {hop2} ...; the targets are behind the last one
//! step = "2ms"                 # how much further away each of them is than the one before
//! host = { icmp = "silence" }  # the targets' hosts answer echoes, refuse other ports: unless something else is said
//!
//! [[path.router]]              # those that do something else than forward
//! hop = 3
//! errors = "4 at most"         # or "none", or "one per 400ms"
//! quote = 8                    # bytes after the IP header that they quote; as many as fit without it
//! arriving = ["rst to 443"]    # rules for all that comes: rule.rs
//! leaving = ["drop udp"]       # and for what it would forward, after the TTL was looked at
//! forwards_to = 2              # instead of to the next hop: a loop
//!
//! [[path.router]]              # a parallel link: those packets meet {side4} in place of {hop4}
//! hop = 4
//! flows = "odd"
//! ```

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::address_family::Family;
use crate::script::datagram::{Answer as Reply, Answers, IcmpError, What};
use crate::script::router_rule::{Deed, Errors, FailCondition, Rule, Traveller};
use crate::script::tcp::{Action, Answer, Time};
use crate::trial_error::{Context, Result};

/// The path as a scenario writes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    routers: u8,
    #[serde(default = "two_milliseconds")]
    step: Time,
    #[serde(default, rename = "router")]
    special: Vec<Special>,
    #[serde(default)]
    pub(crate) host: Host,
}

/// A router with a will of its own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Special {
    hop: u8,
    flows: Option<FailCondition>,
    #[serde(default)]
    errors: Errors,
    quote: Option<usize>,
    #[serde(default)]
    arriving: Vec<Rule>,
    #[serde(default)]
    leaving: Vec<Rule>,
    forwards_to: Option<u8>,
}

/// What hosts and routers answer where no `[[target]]` says something else.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Host {
    tcp: Option<Action>,
    udp: Option<Answers>,
    icmp: Option<Answers>,
}

/// A router as packets meet it.
#[derive(Clone, Debug)]
struct Router {
    address: IpAddr,
    special: Special,
    errors_sent: u32,
    last_error: Option<Instant>,
}

/// The path, with what its routers remember.
#[derive(Clone, Debug, Default)]
pub(crate) struct Path {
    /// Those of each hop; a packet meets the first that is for its flow.
    hops: Vec<Vec<Router>>,
    step: Duration,
}

/// What becomes of a packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fate {
    pub(crate) verdict: Verdict,
    /// From its coming until the answer is back, for whoever answers at once.
    pub(crate) after: Duration,
    /// Routers that an answer passes on its way back.
    pub(crate) routers: u8,
    /// What is left of its TTL.
    pub(crate) ttl: u8,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Verdict {
    /// At the host that it is for.
    Arrives,
    Lost,
    /// A router says so.
    Refused(IcmpError),
    /// Somebody on the way answers for the target.
    Forged(Answer),
}

fn two_milliseconds() -> Time {
    Time(Duration::from_millis(2))
}

impl Plan {
    /// The path with these routers; an error where the scenario names one that is not there.
    pub(crate) fn build(&self, family: Family) -> Result<Path> {
        let there = 1..=self.routers;
        let unknown = self.special.iter().find(|it| !there.contains(&it.hop));
        unknown.map_or(Ok(()), |it| {
            let complaint = format!("the path has no hop {}", it.hop);
            None.context(complaint)
        })?;
        Ok(Path {
            hops: there.map(|hop| self.routers_at(hop, family)).collect(),
            step: self.step.0,
        })
    }

    /// Those for some flows come before the one for all others.
    fn routers_at(&self, hop: u8, family: Family) -> Vec<Router> {
        let here = || self.special.iter().filter(move |it| it.hop == hop);
        let side = here().filter(|it| it.flows.is_some());
        let usual = here().find(|it| it.flows.is_none());
        let usual = usual.cloned().unwrap_or_else(|| Special::plain(hop));
        let all = side.cloned().chain([usual]);
        all.map(|special| Router::new(special, family)).collect()
    }
}

impl Special {
    fn plain(hop: u8) -> Self {
        Self {
            hop,
            flows: None,
            errors: Errors::All,
            quote: None,
            arriving: Vec::new(),
            leaving: Vec::new(),
            forwards_to: None,
        }
    }
}

impl Router {
    fn new(special: Special, family: Family) -> Self {
        let address = match special.flows {
            Some(_) => family.side(special.hop),
            None => family.hop(special.hop),
        };
        Self {
            address,
            special,
            errors_sent: 0,
            last_error: None,
        }
    }

    /// An ICMP error, or nothing if it sends no more of them.
    fn says(&mut self, error: IcmpError) -> Verdict {
        let errors = self.special.errors;
        if !errors.allow(self.errors_sent, self.last_error) {
            return Verdict::Lost;
        }
        self.errors_sent += 1;
        self.last_error = Some(Instant::now());
        let quote = self.special.quote;
        Verdict::Refused(IcmpError { quote, ..error })
    }

    /// What its rules make of a packet with what is left of its TTL, and after which time; `None`: it goes on.
    fn treat(&mut self, packet: &Traveller, ttl: u8) -> Option<(Verdict, Duration)> {
        if let Some(rule) = first_rule(&mut self.special.arriving, packet) {
            return Some(self.follow(rule));
        }
        if ttl <= 1 {
            let error = IcmpError::time_exceeded(self.address);
            return Some((self.says(error), Duration::ZERO));
        }
        let rule = first_rule(&mut self.special.leaving, packet)?;
        Some(self.follow(rule))
    }

    fn follow(&mut self, (deed, after): (Deed, Duration)) -> (Verdict, Duration) {
        let verdict = match deed {
            Deed::Drop => Verdict::Lost,
            Deed::Rst => Verdict::Forged(Answer::Rst),
            Deed::SynAck => Verdict::Forged(Answer::SynAck),
            Deed::Icmp { kind, code, mtu } => {
                let error = IcmpError::new(kind, code, self.address);
                self.says(IcmpError { mtu, ..error })
            }
        };
        (verdict, after)
    }
}

fn first_rule(rules: &mut [Rule], packet: &Traveller) -> Option<(Deed, Duration)> {
    let rule = rules
        .iter_mut()
        .find_map(|it| it.takes(packet).then_some(it))?;
    Some((rule.deed, rule.after))
}

impl Path {
    /// The addresses of all routers.
    pub(crate) fn addresses(&self) -> HashSet<IpAddr> {
        let all = self.hops.iter().flatten();
        all.map(|router| router.address).collect()
    }

    /// Takes a packet along, as far as it comes.
    pub(crate) fn carry(&mut self, packet: &Traveller, to: IpAddr) -> Fate {
        let step = self.step;
        let (mut hop, mut passed) = (1, 0);
        let mut ttl = packet.ttl;
        let fate = |verdict, passed, ttl| Fate {
            verdict,
            after: step * (u32::from(passed) + 1),
            routers: passed,
            ttl,
        };
        while let Some(router) = self.router(hop, packet) {
            if router.address == to {
                break;
            }
            if let Some((verdict, after)) = router.treat(packet, ttl) {
                let fate = fate(verdict, passed, ttl);
                return Fate {
                    after: fate.after + after,
                    ..fate
                };
            }
            hop = router.special.forwards_to.unwrap_or(hop + 1);
            passed += 1;
            ttl -= 1;
        }
        fate(Verdict::Arrives, passed, ttl)
    }

    /// Where nothing is in the way.
    pub(crate) fn all_the_way(&self, ttl: u8) -> Fate {
        let routers = u8::try_from(self.hops.len()).expect("a short path");
        Fate {
            verdict: Verdict::Arrives,
            after: self.step * (u32::from(routers) + 1),
            routers,
            ttl: ttl.saturating_sub(routers),
        }
    }

    fn router(&mut self, hop: u8, packet: &Traveller) -> Option<&mut Router> {
        let here = self.hops.get_mut(usize::from(hop).checked_sub(1)?)?;
        let meets = |router: &&mut Router| router.special.flows.is_none_or(|it| it.holds(packet));
        here.iter_mut().find(meets)
    }
}

impl Fate {
    /// Whether the target, or who speaks for it, has seen the packet.
    pub(crate) fn lets_answer(&self) -> bool {
        matches!(self.verdict, Verdict::Arrives | Verdict::Forged(_))
    }

    /// Who answers, where it is not the target.
    pub(crate) fn refused_by(&self) -> Option<IpAddr> {
        match self.verdict {
            Verdict::Refused(error) => Some(error.from),
            _ => None,
        }
    }
}

impl Host {
    /// Answers to SYNs; a closed port refuses.
    pub(crate) fn tcp(&self) -> Action {
        let refusal = || Action::at_once(Answer::Rst);
        self.tcp.clone().unwrap_or_else(refusal)
    }

    /// Answers to datagrams; a closed port is said to be one.
    pub(crate) fn udp(&self, host: IpAddr) -> Answers {
        let refusal = || reply(What::Icmp(IcmpError::port_unreachable(host)));
        self.udp.clone().unwrap_or_else(refusal)
    }

    /// Answers to ICMP echo requests.
    pub(crate) fn icmp(&self) -> Answers {
        self.icmp.clone().unwrap_or_else(|| reply(What::Echo))
    }
}

fn reply(what: What) -> Answers {
    Answers(vec![Reply::at_once(what)])
}
