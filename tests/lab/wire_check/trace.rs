//! The claims of a trace and of a diagnosis against what the routers really saw. No scenario has to ask for this.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use serde_json::Value;

use crate::endpoint::{Place, Protocol};
use crate::peer::path::Fate;
use crate::peer::{Crossing, Wire};
use crate::script::router_rule::Traveller;
use crate::tool::Run;
use crate::wire_check::slack;

/// What a probe starts with where nothing else is said: `ip_default_ttl`, RFC 4861's hop limit of 64.
const USUAL: u8 = 64;

/// One packet of the tool's, however often the kernel sent it again.
struct Flight<'a> {
    packet: Traveller,
    from: IpAddr,
    to: IpAddr,
    fates: Vec<&'a Fate>,
    /// The purpose that a line gives for it.
    purpose: Option<&'a Value>,
}

/// Every claim that the wire contradicts.
pub(crate) fn contradictions(run: &Run, wire: &Wire, target: Place) -> Vec<String> {
    let mut flights = flights(&wire.crossings);
    let mut found = check_rounds(run);
    for line in probes(run) {
        let name = format!("{} ttl {}", line["purpose"], line["ttl"]);
        let flow = flow_port(run, line);
        let complaints = check_probe(line, target, flow, &mut flights);
        found.extend(complaints.into_iter().map(|it| format!("{name}: {it}")));
    }
    for summary in run.of_type("trace-summary") {
        found.extend(check_unclaimed(summary, target, &flights));
        found.extend(check_sent(summary, &flights));
    }
    found
}

/// Lines about packets that went out: first those that leave the least choice which packet is meant.
fn probes(run: &Run) -> Vec<&Value> {
    let is_probe = |line: &&Value| line["outcome"] != "local" && line["late"] != true;
    let mut lines: Vec<_> = run.of_type("trace-probe").filter(is_probe).collect();
    lines.sort_by_key(|line| (line["purpose"] != "walk", line["outcome"] == "no-reply"));
    lines
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
            purpose: None,
        });
    }
    flights
}

/// Each line is about a packet of its own, which went where the line says and met whom it names.
fn check_probe<'a>(
    line: &'a Value,
    target: Place,
    flow: Option<&Value>,
    flights: &mut [Flight<'a>],
) -> Vec<String> {
    let aim = aim(line, target);
    let is_of_flow = |flight: &Flight| flow.is_none_or(|it| *it == flight.packet.flow);
    let of_line = |flight: &&mut Flight| {
        flight.purpose.is_none() && is_of_flow(flight) && flight.is_of(line, aim)
    };
    let answered = |flight: &Flight| flight.contradicts(line).is_none();
    // Without a port in the line, several packets may be meant: one that fits is enough.
    let mut candidates: Vec<_> = flights.iter_mut().filter(of_line).collect();
    // The last, for those of a look that nobody tells of come first.
    let fitting = candidates.iter().rposition(|it| answered(it));
    let Some(flight) = candidates.get_mut(fitting.unwrap_or(0)) else {
        return vec![format!("no such packet from {} was seen", line["local"])];
    };
    flight.purpose = Some(&line["purpose"]);
    flight.contradicts(line).into_iter().collect()
}

/// The one port that the summary gives for the flow of a walk's probe; for ICMP, the identifier.
fn flow_port<'a>(run: &'a Run, line: &Value) -> Option<&'a Value> {
    let summary = run.of_type("trace-summary").next()?;
    let flow = usize::try_from(line["flow"].as_u64()?).ok()?;
    Some(&summary["flows"][flow]["port"])
}

/// Whom a probe asks: for a distance, the same host by other means.
fn aim(line: &Value, target: Place) -> Place {
    let protocol = serde_json::from_value(line["protocol"].clone());
    let port = line["port"]
        .as_u64()
        .and_then(|port| u16::try_from(port).ok());
    Place {
        protocol: protocol.unwrap_or(target.protocol),
        port: port.unwrap_or(0),
        ..target
    }
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

    fn is_tried(&self, tried: &Value) -> bool {
        let port = match self.packet.protocol {
            Protocol::Icmp => Value::Null,
            _ => self.packet.port.into(),
        };
        tried["protocol"] == self.packet.protocol.name()
            && tried["port"] == port
            && tried["address"] == self.to.to_string()
    }

    fn contradicts(&self, line: &Value) -> Option<String> {
        let from = &line["evidence"]["icmp"]["from"];
        let refused_by = |fate: &&Fate| fate.refused_by().map(|it| it.to_string());
        let senders: Vec<_> = self.fates.iter().filter_map(refused_by).collect();
        let got_there = self.fates.iter().any(|fate| fate.lets_answer());
        let spoke = |from: &str| {
            let is_target = from == self.to.to_string();
            (is_target && got_there) || senders.iter().any(|it| it == from)
        };
        if let Some(from) = from.as_str().filter(|from| !spoke(from)) {
            return Some(format!("{from} said nothing, but {senders:?} did"));
        }
        let answered = *from == Value::Null && line["outcome"] != "no-reply";
        if answered && !got_there {
            return Some("it got an answer, but never got to anybody".to_owned());
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

/// Only a look has probes that it does not tell of: those under way when it had seen enough.
fn check_unclaimed(summary: &Value, target: Place, flights: &[Flight]) -> Vec<String> {
    let flows = summary["flows"].as_array().into_iter().flatten();
    let ports: Vec<_> = flows.map(|flow| &flow["port"]).collect();
    let of_walk = |flight: &&Flight| {
        let port = flight.packet.flow;
        flight.is_to(target) && ports.iter().any(|it| **it == port)
    };
    let is_walked = |flight: &&Flight| flight.purpose.is_some_and(|it| it == "walk");
    let walks = flights.iter().skip_while(|flight| !is_walked(flight));
    let secret = walks.filter(|flight| flight.purpose.is_none());
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

/// Every claim of a diagnosis that the wire contradicts: how many packets there were, and to whom.
pub(crate) fn diagnosis(line: &Value, wire: &Wire) -> Vec<String> {
    let flights = flights(&wire.crossings);
    let mut found = Vec::new();
    let mut here = 0;
    for tried in line["tried"].as_array().into_iter().flatten() {
        let left = packets_of(tried);
        if ["loopback", "own-address"]
            .iter()
            .any(|it| tried["step"] == *it)
        {
            here += left;
            continue;
        }
        // The path asks the same host, too.
        let seen = flights.iter().filter(|it| it.is_tried(tried)).count() as u64;
        if seen < left {
            found.push(format!("{tried}: the routers saw {seen}"));
        }
    }
    let (claimed, seen) = (line["sent"].as_u64(), flights.len() as u64 + here);
    if claimed != Some(seen) && line["interrupted"] == false {
        found.push(format!("sent is {claimed:?}, {seen} were seen"));
    }
    found
}

/// Those that left this machine.
fn packets_of(tried: &Value) -> u64 {
    let ends = tried["ends"].as_array().into_iter().flatten();
    let left = ends.filter(|end| end["outcome"] != "local");
    left.filter_map(|end| end["count"].as_u64()).sum()
}

fn check_sent(summary: &Value, flights: &[Flight]) -> Option<String> {
    let (claimed, seen) = (summary["sent"].as_u64()?, flights.len() as u64);
    (claimed != seen).then(|| format!("sent is {claimed}, the routers saw {seen}"))
}
