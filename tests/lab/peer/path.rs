//! Simulated routers: where a packet of the tool ends, and what replies to it.

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::address_family::AddressFamily;
use crate::packet::PacketHeader;
use crate::packet::icmp_error::IcmpError;
use crate::script::path::{PathScript, RouterScript};
use crate::script::router_rule::{RouterRule, RuleAction};
use crate::script::tcp_reply::TcpReplyKind;
use crate::trial_error::{Context, Result};

/// Routers with their state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Path {
    /// Routers per hop; a packet takes the first that matches its flow.
    hops: Vec<Vec<Router>>,
    rtt_per_hop: Duration,
}

#[derive(Clone, Debug)]
struct Router {
    address: IpAddr,
    script: RouterScript,
    errors_sent: u32,
    last_error_at: Option<Instant>,
}

/// Where a packet ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delivery {
    pub(crate) outcome: DeliveryOutcome,
    /// Round-trip time of a reply without a delay of its own.
    pub(crate) rtt: Duration,
    /// Routers on the return path.
    pub(crate) routers_passed: u8,
    /// TTL that is left.
    pub(crate) ttl: u8,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum DeliveryOutcome {
    /// At its destination.
    Delivered,
    Dropped,
    /// By a router, with this error.
    Rejected(IcmpError),
    /// A middlebox replies with the target's address.
    Spoofed(TcpReplyKind),
}

impl Path {
    /// An error where the script has a router beyond the last hop.
    pub(crate) fn new(script: &PathScript, family: AddressFamily) -> Result<Self> {
        let hops = 1..=script.routers;
        let mut scripts = script.router_scripts.iter();
        if let Some(unknown) = scripts.find(|it| !hops.contains(&it.hop)) {
            return None.context(format!("the path has no hop {}", unknown.hop));
        }
        Ok(Self {
            hops: hops.map(|hop| routers_at(hop, script, family)).collect(),
            rtt_per_hop: script.rtt_per_hop.0,
        })
    }

    /// Addresses of all routers.
    pub(crate) fn addresses(&self) -> HashSet<IpAddr> {
        let routers = self.hops.iter().flatten();
        routers.map(|router| router.address).collect()
    }

    /// Forwards a packet hop by hop until it is delivered, dropped or answered.
    pub(crate) fn forward(&mut self, packet: &PacketHeader, destination: IpAddr) -> Delivery {
        let rtt_per_hop = self.rtt_per_hop;
        let (mut hop, mut routers_passed) = (1, 0);
        let mut ttl = packet.ttl;
        let delivery = |outcome, routers_passed, ttl| Delivery {
            outcome,
            rtt: rtt_per_hop * (u32::from(routers_passed) + 1),
            routers_passed,
            ttl,
        };
        while let Some(router) = self.router(hop, packet) {
            if router.address == destination {
                break;
            }
            if let Some((outcome, delay)) = router.process(packet, ttl) {
                let delivery = delivery(outcome, routers_passed, ttl);
                return Delivery {
                    rtt: delivery.rtt + delay,
                    ..delivery
                };
            }
            hop = router.script.next_hop.unwrap_or(hop + 1);
            routers_passed += 1;
            ttl -= 1;
        }
        delivery(DeliveryOutcome::Delivered, routers_passed, ttl)
    }

    /// Delivery over all hops, without rules: of segments after the SYN.
    pub(crate) fn delivery_without_rules(&self, ttl: u8) -> Delivery {
        let routers_passed = u8::try_from(self.hops.len()).expect("a short path");
        Delivery {
            outcome: DeliveryOutcome::Delivered,
            rtt: self.rtt_per_hop * (u32::from(routers_passed) + 1),
            routers_passed,
            ttl: ttl.saturating_sub(routers_passed),
        }
    }

    fn router(&mut self, hop: u8, packet: &PacketHeader) -> Option<&mut Router> {
        let routers = self.hops.get_mut(usize::from(hop).checked_sub(1)?)?;
        let is_on_path =
            |router: &&mut Router| router.script.flows.is_none_or(|it| it.matches(packet));
        routers.iter_mut().find(is_on_path)
    }
}

/// Routers of parallel links come first: they match some flows, the last one matches all.
fn routers_at(hop: u8, script: &PathScript, family: AddressFamily) -> Vec<Router> {
    let at_hop = || script.router_scripts.iter().filter(move |it| it.hop == hop);
    let parallel = at_hop().filter(|it| it.flows.is_some());
    let main = at_hop().find(|it| it.flows.is_none());
    let main = main.cloned().unwrap_or_else(|| RouterScript::plain(hop));
    let scripts = parallel.cloned().chain([main]);
    scripts.map(|script| Router::new(script, family)).collect()
}

impl Router {
    fn new(script: RouterScript, family: AddressFamily) -> Self {
        let address = match script.flows {
            Some(_) => family.parallel_hop(script.hop),
            None => family.hop(script.hop),
        };
        Self {
            address,
            script,
            errors_sent: 0,
            last_error_at: None,
        }
    }

    /// Outcome and delay by the rules; `None`: the packet is forwarded.
    fn process(&mut self, packet: &PacketHeader, ttl: u8) -> Option<(DeliveryOutcome, Duration)> {
        if let Some(rule) = first_applicable(&mut self.script.prerouting, packet) {
            return Some(self.apply(rule));
        }
        if ttl <= 1 {
            let error = IcmpError::time_exceeded(self.address);
            return Some((self.send_error(error), Duration::ZERO));
        }
        let rule = first_applicable(&mut self.script.forward, packet)?;
        Some(self.apply(rule))
    }

    fn apply(&mut self, (action, delay): (RuleAction, Duration)) -> (DeliveryOutcome, Duration) {
        let outcome = match action {
            RuleAction::Drop => DeliveryOutcome::Dropped,
            RuleAction::Rst => DeliveryOutcome::Spoofed(TcpReplyKind::Rst),
            RuleAction::SynAck => DeliveryOutcome::Spoofed(TcpReplyKind::SynAck),
            RuleAction::Reject {
                icmp_type,
                code,
                mtu,
            } => {
                let error = IcmpError::new(icmp_type, code, self.address);
                self.send_error(IcmpError { mtu, ..error })
            }
        };
        (outcome, delay)
    }

    /// The error, or a drop when its rate limit is reached.
    fn send_error(&mut self, error: IcmpError) -> DeliveryOutcome {
        let limit = self.script.icmp_errors;
        if !limit.allows(self.errors_sent, self.last_error_at) {
            return DeliveryOutcome::Dropped;
        }
        self.errors_sent += 1;
        self.last_error_at = Some(Instant::now());
        let quote_bytes = self.script.quote_bytes;
        DeliveryOutcome::Rejected(IcmpError {
            quote_bytes,
            ..error
        })
    }
}

fn first_applicable(
    rules: &mut [RouterRule],
    packet: &PacketHeader,
) -> Option<(RuleAction, Duration)> {
    let rule = rules.iter_mut().find_map(|rule| {
        let applies = rule.applies_to(packet);
        applies.then_some(rule)
    })?;
    Some((rule.action, rule.delay))
}

impl Delivery {
    /// Whether the target, or a middlebox with its address, has received the packet.
    pub(crate) fn reached_responder(&self) -> bool {
        matches!(
            self.outcome,
            DeliveryOutcome::Delivered | DeliveryOutcome::Spoofed(_)
        )
    }

    /// Source of the ICMP error.
    pub(crate) fn icmp_source(&self) -> Option<IpAddr> {
        match self.outcome {
            DeliveryOutcome::Rejected(error) => Some(error.source),
            _ => None,
        }
    }
}
