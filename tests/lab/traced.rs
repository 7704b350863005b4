//! A trace's claims against what the routers really saw. No scenario has to ask for this.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use serde_json::Value;

use crate::path::Fate;
use crate::place::{Place, Protocol};
use crate::responder::{Crossing, Wire};
use crate::rule::Traveller;
use crate::tool::Run;
use crate::wire::slack;

/// What a probe starts with where nothing else is said: `ip_default_ttl`, RFC 4861's hop limit of 64.
const USUAL: u8 = 64;

/// The first of traceroute's UDP ports.
const CLOSED_UDP_PORT: u16 = 33434;

/// One packet of the tool's, however often the kernel sent it again.
struct Flight<'a> {
    packet: Traveller,
    from: IpAddr,
    to: IpAddr,
    fates: Vec<&'a Fate>,
    claimed: bool,
}

/// Every claim that the wire contradicts.
pub(crate) fn contradictions(run: &Run, wire: &Wire, target: Place) -> Vec<String> {
    let mut flights = flights(&wire.crossings);
    let mut found = Vec::new();
    let is_probe = |line: &&Value| line["outcome"] != "local" && line["late"] != true;
    for line in run.of_type("trace-probe").filter(is_probe) {
        let name = format!("{} ttl {}", line["purpose"], line["ttl"]);
        let complaints = check_probe(line, target, &mut flights);
        found.extend(complaints.into_iter().map(|it| format!("{name}: {it}")));
    }
    found.extend(check_rounds(run));
    for summary in run.of_type("trace-summary") {
        found.extend(check_flows(run, summary));
        found.extend(check_unclaimed(summary, target, &flights));
        found.extend(check_sent(run, summary, &flights));
    }
    found
}

/// A SYN that is sent again has the sequence number of the first.
fn flights(crossings: &[Crossing]) -> Vec<Flight<'_>> {
    let mut flights: Vec<Flight> = Vec::new();
    for crossing in crossings {
        let packet = crossing.packet;
        let again = flights.iter_mut().find(|it| {
            let same = (it.packet.flow, it.packet.sequence) == (packet.flow, packet.sequence);
            packet.sequence.is_some() && same && it.to == crossing.to
        });
        if let Some(flight) = again {
            flight.fates.push(&crossing.fate);
            continue;
        }
        flights.push(Flight {
            packet,
            from: crossing.from,
            to: crossing.to,
            fates: vec![&crossing.fate],
            claimed: false,
        });
    }
    flights
}

/// Each line is about a packet of its own, which went where the line says and met whom it names.
fn check_probe(line: &Value, target: Place, flights: &mut [Flight]) -> Vec<String> {
    let aim = aim(line, target);
    let of_line = |flight: &&mut Flight| !flight.claimed && flight.is_of(line, aim);
    let answered = |flight: &Flight| flight.contradicts(line).is_none();
    // Without a port in the line, several packets may be meant: one that fits is enough.
    let mut candidates: Vec<_> = flights.iter_mut().filter(of_line).collect();
    let fitting = candidates.iter().position(|it| answered(it));
    let Some(flight) = candidates.get_mut(fitting.unwrap_or(0)) else {
        return vec![format!("no such packet from {} was seen", line["local"])];
    };
    flight.claimed = true;
    flight.contradicts(line).into_iter().collect()
}

/// Whom a probe asks.
fn aim(line: &Value, target: Place) -> Place {
    if line["purpose"] != "distance" {
        return target;
    }
    let closed = SocketAddr::new(target.host, CLOSED_UDP_PORT);
    match line["local"].as_str().and_then(port_of) {
        Some(_) => Place::udp(closed),
        None => Place::icmp(target.host),
    }
}

fn port_of(local: &str) -> Option<u16> {
    let address: SocketAddr = local.parse().ok()?;
    Some(address.port())
}

impl Flight<'_> {
    fn is_of(&self, line: &Value, aim: Place) -> bool {
        let ttl = line["ttl"].as_u64().unwrap_or(USUAL.into());
        let local = if aim.protocol == Protocol::Icmp {
            self.from.to_string()
        } else {
            SocketAddr::new(self.from, self.packet.flow).to_string()
        };
        self.is_to(aim) && u64::from(self.packet.ttl) == ttl && line["local"] == local
    }

    fn is_to(&self, aim: Place) -> bool {
        self.packet.protocol == aim.protocol && self.packet.port == aim.port && self.to == aim.host
    }

    fn contradicts(&self, line: &Value) -> Option<String> {
        let from = &line["evidence"]["icmp"]["from"];
        let refused_by = |fate: &&Fate| fate.refused_by().map(|it| it.to_string());
        let senders: Vec<_> = self.fates.iter().filter_map(refused_by).collect();
        let of_target = *from == self.to.to_string();
        if let Some(from) = from.as_str().filter(|_| !of_target)
            && !senders.iter().any(|it| it == from)
        {
            return Some(format!("{from} said nothing, but {senders:?} did"));
        }
        let least = self.fates.iter().map(|fate| fate.after).min()?;
        let least = least.as_secs_f64() * 1e6;
        let got = line["rtt_us"].as_f64().filter(|got| slack(*got) < least)?;
        Some(format!("rtt_us is {got}, the way takes {least:.0}"))
    }
}

/// A walk goes from hop to hop, and may end with a probe with the usual TTL.
fn check_rounds(run: &Run) -> Vec<String> {
    let mut walks: BTreeMap<_, Vec<u64>> = BTreeMap::new();
    for line in run.of_type("trace-probe") {
        if line["purpose"] == "walk" && line["late"] != true {
            let walk = (line["flow"].as_u64(), line["round"].as_u64());
            let ttl = line["ttl"].as_u64().unwrap_or(u64::MAX);
            walks.entry(walk).or_default().push(ttl);
        }
    }
    let wrong = walks.into_iter().filter(|(_, ttls)| {
        let hops = ttls.strip_suffix(&[u64::MAX]).unwrap_or(ttls);
        !hops.iter().zip(1..).all(|(ttl, hop)| *ttl == hop)
    });
    wrong
        .map(|((flow, round), ttls)| format!("flow {flow:?} round {round:?} goes {ttls:?}"))
        .collect()
}

/// A walk's probes all come from the one port of its flow.
fn check_flows(run: &Run, summary: &Value) -> Vec<String> {
    let walked = run
        .of_type("trace-probe")
        .filter(|it| it["purpose"] == "walk");
    let wrong = walked.filter_map(|line| {
        let flow = usize::try_from(line["flow"].as_u64()?).ok()?;
        let (port, local) = (&summary["flows"][flow]["port"], line["local"].as_str()?);
        let used = port_of(local)?;
        (*port != used).then(|| format!("flow {flow} of port {port} probes from {used}"))
    });
    wrong.collect()
}

/// Only a look has probes that it does not tell of: those under way when it had seen enough.
fn check_unclaimed(summary: &Value, target: Place, flights: &[Flight]) -> Vec<String> {
    let flows = summary["flows"].as_array().into_iter().flatten();
    let ports: Vec<_> = flows.map(|flow| &flow["port"]).collect();
    let of_walk = |flight: &&Flight| {
        let port = flight.packet.flow;
        flight.is_to(target) && ports.iter().any(|it| **it == port)
    };
    let secret = flights.iter().filter(|flight| !flight.claimed);
    let secret = secret.filter(of_walk);
    let complaint = |flight: &Flight| {
        let Traveller { flow, ttl, .. } = flight.packet;
        format!("nothing tells of the packet from {flow} with TTL {ttl}")
    };
    if summary["interrupted"] == true {
        return Vec::new();
    }
    secret.map(complaint).collect()
}

fn check_sent(run: &Run, summary: &Value, flights: &[Flight]) -> Option<String> {
    let probes = run.of_type("trace-probe");
    let stayed = probes.filter(|line| line["outcome"] == "local").count() as u64;
    let (claimed, seen) = (summary["sent"].as_u64()?, flights.len() as u64);
    (claimed != seen + stayed).then(|| format!("sent is {claimed}, the routers saw {seen}"))
}
