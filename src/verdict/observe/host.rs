//! The host beside the asked port: ICMP echo, other ports, and what is lost of each.

use arrayvec::ArrayVec;

use super::attempts::{Attempts, is_noticeable};
use crate::hosts::Protocol;
use crate::text;
use crate::text::Text;
use crate::verdict::observation::{Echo, LossDirection, LossScope, Others};

/// Services named.
const NAMED: usize = 4;

/// Below this chance it is no coincidence that only some kinds of packets are lost.
const SIGNIFICANT: f64 = 0.01;

/// How ICMP echoes end; absent where none left.
pub fn echo(echoes: &Attempts) -> Option<Echo> {
    Some(if echoes.succeeded() > 0 {
        let (lost, sent) = echoes.loss();
        if is_noticeable(lost, sent) {
            Echo::Lossy
        } else {
            Echo::Ok
        }
    } else if echoes.rejected() > 0 {
        Echo::Rejected
    } else if echoes.silent > 0 {
        Echo::Silent
    } else {
        return None;
    })
}

/// Other TCP ports of a host, added up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ports {
    answering: u32,
    silent: u32,
    rejected: u32,
    /// Lost packets, and packets sent, of ports that answer.
    loss: (u64, u64),
    /// Ports that answer, the first ones.
    first: ArrayVec<u16, NAMED>,
}

impl Ports {
    /// Adds a port.
    pub fn add(&mut self, number: u16, port: &Attempts) {
        self.count(port, 1);
        if answers(port) {
            // The others are counted.
            let _ = self.first.try_push(number);
        }
    }

    /// All ports but one that was added.
    #[must_use]
    pub fn without(&self, number: u16, port: &Attempts) -> Self {
        let mut rest = self.clone();
        rest.count(port, -1);
        rest.first.retain(|it| *it != number);
        rest
    }

    fn count(&mut self, port: &Attempts, by: i32) {
        let kind = if answers(port) {
            let (lost, sent) = port.loss();
            self.loss.0 = add(self.loss.0, lost, by);
            self.loss.1 = add(self.loss.1, sent, by);
            &mut self.answering
        } else if port.rejected() > 0 {
            &mut self.rejected
        } else if port.silent > 0 {
            &mut self.silent
        } else {
            return;
        };
        *kind = kind.saturating_add_signed(by);
    }

    /// How they end; absent where none was probed.
    pub fn observe(&self) -> Option<Others> {
        let (lost, sent) = self.loss;
        Some(match (self.answering, self.rejected, self.silent) {
            (0, 0, 0) => return None,
            (1.., ..) if is_noticeable(lost, sent) => Others::Lossy,
            (1.., 0, 0) => Others::Answer,
            (1.., ..) => Others::Mixed,
            (0, 1.., _) => Others::Rejected,
            (0, 0, _) => Others::Silent,
        })
    }

    /// `tcp/22, tcp/80 and 2 more`; empty where none answers.
    pub fn figures(&self) -> Text {
        let more = (self.answering as usize).saturating_sub(self.first.len());
        let names = self.first.iter().map(|it| Protocol::Tcp.service(*it));
        let mut names: Vec<_> = names.map(Text::words).collect();
        if more > 0 && !names.is_empty() {
            names.push(text![more, " more"]);
        }
        Text::list(names)
    }
}

fn add(value: u64, change: u64, by: i32) -> u64 {
    if by < 0 {
        value.saturating_sub(change)
    } else {
        value + change
    }
}

/// Whether a packet of the port itself came back.
fn answers(port: &Attempts) -> bool {
    port.succeeded() + port.reset + port.refused > 0
}

/// Direction of the loss, where TCP timestamps show it.
pub fn loss_direction(port: &Attempts) -> Option<LossDirection> {
    match (port.after_syn_loss, port.after_synack_loss) {
        (0, 0) if port.after_retransmission > 0 => Some(LossDirection::Unknown),
        (0, 0) => None,
        (_, 0) => Some(LossDirection::Forward),
        (0, _) => Some(LossDirection::Return),
        _ => Some(LossDirection::Unknown),
    }
}

/// What is lost, where the kinds of packets differ by more than chance.
pub fn loss_scope(port: &Attempts, echoes: Option<&Attempts>, ports: &Ports) -> Option<LossScope> {
    let other_tcp = ports.loss;
    let echo = echoes.filter(|it| it.succeeded() > 0).map(Attempts::loss);
    let port = port.loss();
    let echo_loses = echo.is_some_and(|(lost, _)| lost > 0);
    let spares = |(lost, sent): (u64, u64)| lost == 0 && chance(port, sent) < SIGNIFICANT;
    if echo_loses {
        return Some(LossScope::All);
    }
    if other_tcp.0 > 0 {
        return echo.is_some_and(spares).then_some(LossScope::Tcp);
    }
    let all_others = (0, other_tcp.1 + echo.map_or(0, |it| it.1));
    (other_tcp.1 > 0 && spares(all_others)).then_some(LossScope::Port)
}

/// Whether that many packets of another kind may have been spared by chance, though echoes get lost.
pub fn may_be_spared(echoes: &Attempts, sent: u64) -> bool {
    chance(echoes.loss(), sent) >= SIGNIFICANT
}

/// How likely it is that all lost packets are of one kind, if loss strikes all kinds alike (Fisher's exact test).
fn chance((lost, sent): (u64, u64), others: u64) -> f64 {
    let all = sent + others;
    let shares = (0..lost).map(|nth| sent.saturating_sub(nth) as f64 / (all - nth).max(1) as f64);
    shares.product()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Handshake, Outcome, Refusal};

    const OK: Outcome = Outcome::Connected(Handshake::Clean);
    const AGAIN: Outcome = Outcome::Connected(Handshake::AfterSynLoss);
    const BACK: Outcome = Outcome::Connected(Handshake::AfterSynAckLoss);
    const LOST: Outcome = Outcome::NoReply;
    const RST: Outcome = Outcome::Refused(Refusal::Rst);

    fn of(outcomes: &[(Outcome, u64)]) -> Attempts {
        Attempts::of(outcomes.iter().copied())
    }

    fn all(ports: &[&Attempts]) -> Ports {
        let mut all = Ports::default();
        for (number, port) in (1..).zip(ports) {
            all.add(number, port);
        }
        all
    }

    #[test]
    fn a_port_is_no_witness_for_itself() {
        let (open, silent) = (of(&[(OK, 1)]), of(&[(LOST, 1)]));
        let ports = all(&[&open, &silent, &open]);
        assert_eq!(ports.figures().plain(), "tcp/1 and tcp/3");
        assert_eq!(ports.without(2, &silent).observe(), Some(Others::Answer));
        assert_eq!(ports.without(1, &open).figures().plain(), "tcp/3");
        let alone = all(&[&silent]).without(1, &silent);
        assert_eq!(alone, Ports::default());
    }

    #[test]
    fn echoes() {
        for (outcomes, expected) in [
            (vec![(Outcome::Reply, 3)], Some(Echo::Ok)),
            (vec![(Outcome::Reply, 19), (LOST, 1)], Some(Echo::Ok)),
            (vec![(Outcome::Reply, 10), (LOST, 10)], Some(Echo::Lossy)),
            (vec![(LOST, 3)], Some(Echo::Silent)),
            (vec![], None),
        ] {
            assert_eq!(echo(&of(&outcomes)), expected, "{outcomes:?}");
        }
    }

    #[test]
    fn other_ports() {
        let open = of(&[(OK, 1)]);
        let closed = of(&[(RST, 1)]);
        let silent = of(&[(LOST, 1)]);
        let lossy = of(&[(AGAIN, 5), (OK, 5)]);
        for (ports, expected) in [
            (vec![], None),
            (vec![&open, &closed], Some(Others::Answer)),
            (vec![&silent, &silent], Some(Others::Silent)),
            (vec![&open, &silent], Some(Others::Mixed)),
            (vec![&lossy, &open], Some(Others::Lossy)),
        ] {
            let ports = all(&ports);
            assert_eq!(ports.observe(), expected, "{ports:?}");
        }
    }

    #[test]
    fn direction_needs_timestamps_that_agree() {
        assert_eq!(
            loss_direction(&of(&[(AGAIN, 2), (OK, 1)])),
            Some(LossDirection::Forward)
        );
        assert_eq!(
            loss_direction(&of(&[(BACK, 2)])),
            Some(LossDirection::Return)
        );
        assert_eq!(
            loss_direction(&of(&[(AGAIN, 1), (BACK, 1)])),
            Some(LossDirection::Unknown)
        );
        assert_eq!(loss_direction(&of(&[(LOST, 2), (OK, 1)])), None);
    }

    #[test]
    fn the_scope_of_loss_is_told_where_chance_does_not_explain_it() {
        let port = of(&[(AGAIN, 10), (OK, 10)]);
        let echoes = |lost| of(&[(Outcome::Reply, 20 - lost), (LOST, lost)]);
        let tcp = |lost| all(&[&of(&[(AGAIN, lost), (OK, 20 - lost)])]);
        let scope = |echo: u64, other: u64| loss_scope(&port, Some(&echoes(echo)), &tcp(other));
        assert_eq!(scope(0, 0), Some(LossScope::Port));
        assert_eq!(scope(0, 8), Some(LossScope::Tcp));
        assert_eq!(scope(8, 8), Some(LossScope::All));
        // One lost probe of three shows nothing about others.
        let few = of(&[(AGAIN, 1), (OK, 2)]);
        assert_eq!(
            loss_scope(&few, Some(&of(&[(Outcome::Reply, 3)])), &tcp(0)),
            None
        );
    }
}
