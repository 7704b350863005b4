//! What the targets of one run tell about one another: other ports of a host, other addresses of a name, whatever one
//! device rejects.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use super::{Case, sender};
use crate::hosts::Protocol;
use crate::outcome::{Outcome, OutcomeClass, OutcomeKind};
use crate::stats::Recorder;

/// Other services of a host named in a text.
const NAMED: usize = 3;

/// What one target contributes.
#[derive(Clone, Copy, Debug)]
pub struct Witness<'a> {
    /// The name it was looked up by.
    pub name: Option<&'a str>,
    /// What it was probed with.
    pub protocol: Protocol,
    /// Where probes went.
    pub address: SocketAddr,
    /// Its silence says nothing: this kind of service never answers.
    pub never_answers: bool,
    /// Its tallies.
    pub recorder: &'a Recorder,
}

/// The targets of a run side by side, in memory and time that grow with their number only.
#[derive(Clone, Debug, Default)]
pub struct Among {
    /// Targets whose probes showed something.
    targets: usize,
    answered: usize,
    /// Those that answered over IPv4, and over IPv6: either may work alone.
    answered_over: [usize; 2],
    /// Answered, and lost nothing.
    lossless: usize,
    /// Answered, and lost some.
    lossy: usize,
    hosts: HashMap<IpAddr, Host>,
    names: HashMap<(String, Protocol, u16), Vec<(IpAddr, Standing)>>,
    rejected: HashMap<IpAddr, usize>,
}

/// What the services of one address showed.
#[derive(Clone, Debug, Default)]
struct Host {
    services: usize,
    silent: usize,
    /// Services that answered; the first of them.
    answered: Vec<String>,
    /// Services that were refused in its name; the first of them.
    refused: Vec<String>,
}

/// How a target stands, by the best that its probes showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Answers,
    /// Says no in its own name: a RST, or an ICMP error from its own address.
    Refuses,
    Rejected(IpAddr),
    Silent,
    Unknown,
}

impl Standing {
    fn of(address: IpAddr, never_answers: bool, recorder: &Recorder) -> Self {
        let came = |kind| recorder.count(kind) > 0;
        let handshake = recorder.count_class(OutcomeClass::Succeeded) > 0;
        if handshake || came(OutcomeKind::ResetAfterConnect) {
            return Self::Answers;
        }
        let mut senders = recorder
            .outcome_groups
            .iter()
            .filter_map(|it| sender(&it.outcome));
        if came(OutcomeKind::Refused) || senders.clone().any(|from| from == address) {
            return Self::Refuses;
        }
        match senders.next() {
            Some(from) => Self::Rejected(from),
            None if came(OutcomeKind::NoReply) && !never_answers => Self::Silent,
            None => Self::Unknown,
        }
    }
}

impl Among {
    /// Puts the targets of a run side by side.
    pub fn of<'a>(witnesses: impl Iterator<Item = Witness<'a>>) -> Self {
        let mut among = Self::default();
        for witness in witnesses {
            among.add(&witness);
        }
        among
    }

    fn add(&mut self, witness: &Witness) {
        let ip = witness.address.ip();
        let standing = Standing::of(ip, witness.never_answers, witness.recorder);
        if standing == Standing::Unknown {
            return;
        }
        self.targets += 1;
        let failed = witness.recorder.count_class(OutcomeClass::Failed) > 0;
        match standing {
            Standing::Answers => {
                self.answered += 1;
                self.answered_over[usize::from(ip.is_ipv6())] += 1;
                self.lossless += usize::from(!failed);
                self.lossy += usize::from(failed);
            }
            Standing::Rejected(from) => *self.rejected.entry(from).or_default() += 1,
            _ => {}
        }
        let port = witness.address.port();
        self.hosts
            .entry(ip)
            .or_default()
            .add(standing, || witness.protocol.service(port));
        if let Some(name) = witness.name {
            let service = (name.to_owned(), witness.protocol, port);
            self.names.entry(service).or_default().push((ip, standing));
        }
    }

    /// What else answered at the address of a port that never did, in words; a refusal is a sign of life only to who
    /// got none.
    pub(super) fn signs_of_life(&self, case: &Case, outcome: &Outcome) -> Option<String> {
        if standing(case) == Standing::Answers {
            return None;
        }
        let host = self.hosts.get(&case.address.ip())?;
        // The same service under another name is no other sign.
        let own = case.protocol.service(case.address.port());
        let answered = said(&host.answered, &own, "answered");
        match outcome {
            Outcome::NoReply => {
                answered.or_else(|| said(&host.refused, &own, "answered with a RST"))
            }
            Outcome::Refused(_) => answered,
            _ => None,
        }
    }

    /// What the other targets say of this one, a paragraph each.
    pub(super) fn remarks(&self, case: &Case) -> Vec<String> {
        if self.targets < 2 {
            return Vec::new();
        }
        let remarks = match standing(case) {
            Standing::Unknown => [None, None],
            Standing::Answers => [self.loss(case), None],
            Standing::Rejected(from) => [self.addresses(case), self.rejects(from)],
            Standing::Refuses => [self.addresses(case), None],
            Standing::Silent => [self.addresses(case), self.silence(case)],
        };
        remarks.into_iter().flatten().collect()
    }

    /// One address of a name against the others, one family against the other.
    fn addresses(&self, case: &Case) -> Option<String> {
        let service = (case.name?.to_owned(), case.protocol, case.address.port());
        let addresses = self.names.get(&service).filter(|all| all.len() > 1)?;
        let answers = |(_, standing): &&(IpAddr, Standing)| *standing == Standing::Answers;
        let fine: Vec<_> = addresses.iter().filter(answers).collect();
        let Some((one, _)) = fine.first() else {
            return Some(format!(
                "None of the {} addresses of this name works here, so it is not a single one of them.",
                addresses.len()
            ));
        };
        let is_own = |ip: &IpAddr| ip.is_ipv4() == case.address.is_ipv4();
        let own_all_fail = !fine.iter().any(|(ip, _)| is_own(ip));
        let others = addresses.iter().filter(|(ip, _)| !is_own(ip)).count();
        if own_all_fail && others == fine.len() {
            let (this, other) = families(case.address);
            return Some(format!(
                "Over {other} the same name and port answered ({one}), over {this} it did not: a stale address record, \
                 a service or a firewall rule for {other} alone, or no way there over {this}."
            ));
        }
        Some(format!(
            "{} of the {} addresses of this name answered here, {} did not: it is about single servers or the ways to \
             them, and clients that try only one address fail by chance.",
            fine.len(),
            addresses.len(),
            case.address.ip()
        ))
    }

    fn rejects(&self, from: IpAddr) -> Option<String> {
        let rejected = self.rejected.get(&from).filter(|number| **number > 1)?;
        let others = match self.answered {
            0 => String::new(),
            answered => format!("; {answered} answered"),
        };
        Some(format!(
            "{from} rejected {rejected} of the {} targets of this run{others}.",
            self.targets
        ))
    }

    /// Whether only this service is silent, only this host, or everybody.
    fn silence(&self, case: &Case) -> Option<String> {
        let host = self.hosts.get(&case.address.ip())?;
        if host.silent < host.services {
            return None;
        }
        let here = match host.services {
            1 => String::new(),
            all => format!(
                "None of the {all} services probed at {} answered: it is not about one port. ",
                case.address.ip()
            ),
        };
        let over_this_family = self.answered_over[usize::from(case.address.is_ipv6())];
        let elsewhere = match (over_this_family, self.hosts.len()) {
            (0, 1) => String::new(),
            (0, _) if !self.hosts.values().all(|it| it.silent == it.services) => String::new(),
            (0, hosts) => format!(
                "Nothing came back from any target of this run, on {hosts} addresses: look first at what they share, this machine, \
                 its gateway and its way out."
            ),
            (answered, _) => format!(
                "{answered} of the {} targets of this run answered over {}, so this machine's own network works.",
                self.targets,
                families(case.address).0
            ),
        };
        let remark = here + &elsewhere;
        (!remark.is_empty()).then(|| remark.trim_end().to_owned())
    }

    /// Whether only this target loses probes, or all do.
    fn loss(&self, case: &Case) -> Option<String> {
        if case.recorder.count_class(OutcomeClass::Failed) == 0 {
            return None;
        }
        if self.lossy == 1 && self.lossless > 0 {
            return Some(format!(
                "{} of this run lost nothing in the same time: look at this target and its own way.",
                others(self.lossless)
            ));
        }
        (self.lossy == self.targets && self.hosts.len() > 1).then(|| {
            format!(
                "All {} targets of this run lost probes: look first at what they share, this machine, its gateway and \
                 its way out.",
                self.targets
            )
        })
    }
}

impl Host {
    fn add(&mut self, standing: Standing, service: impl Fn() -> String) {
        self.services += 1;
        let list = match standing {
            Standing::Answers => &mut self.answered,
            Standing::Refuses => &mut self.refused,
            _ => {
                self.silent += usize::from(standing == Standing::Silent);
                return;
            }
        };
        let service = service();
        if list.len() < NAMED && !list.contains(&service) {
            list.push(service);
        }
    }
}

fn standing(case: &Case) -> Standing {
    Standing::of(case.address.ip(), case.never_answers, case.recorder)
}

/// `tcp/22 and tcp/80 answered`, of all services but one's own; none for none.
fn said(services: &[String], own: &str, verb: &str) -> Option<String> {
    let others = services.iter().map(String::as_str);
    let others: Vec<_> = others.filter(|service| *service != own).collect();
    let (last, first) = others.split_last()?;
    let and = if first.is_empty() { "" } else { " and " };
    Some(format!("{}{and}{last} {verb}", first.join(", ")))
}

fn others(number: usize) -> String {
    match number {
        1 => "The other target".to_owned(),
        many => format!("The other {many} targets"),
    }
}

/// This address' family and the other one.
fn families(address: SocketAddr) -> (&'static str, &'static str) {
    if address.is_ipv4() {
        ("IPv4", "IPv6")
    } else {
        ("IPv6", "IPv4")
    }
}
