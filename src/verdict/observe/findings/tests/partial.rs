//! It works at times, in parts, or slowly.

use super::*;
use crate::hosts::Protocol;
use crate::path::{FinalReply, LossOnset, PathNote, Responder, analyze};
use crate::platform::NeighbourState;

pub(super) fn rows() -> Vec<Row> {
    let mut rows = mixtures();
    rows.extend(addresses_of_the_name());
    rows.extend(slow());
    rows
}

/// So many echoes, all answered.
fn echoes(it: &mut Findings, count: u64) {
    it.echo = Some(batch(Protocol::Icmp, TARGET, 0, &[(Outcome::Reply, count)]));
}

/// Every handshake needed a second SYN.
fn all_sent_again(it: &mut Findings) {
    ended(it, &[(Outcome::Connected(Handshake::AfterSynLoss), 6)]);
    says(it, reached(4, FinalReply::SynAck), None);
}

/// So many more probes went to the end of the way, and so many of them were answered.
fn surveyed_whole(it: &mut Findings, sent: u64, answered: u64) {
    let (path, analysis) = it.path.as_mut().expect("a path");
    path.flows.clear();
    let mut survey = surveyed(&path.hops, 6);
    (survey.full_ttl.sent, survey.full_ttl.answered) = (sent, answered);
    path.survey = Some(survey);
    analysis.notes = analyze(path).notes;
}

fn mixtures() -> Vec<Row> {
    let loss = |lost| PathNote::Loss {
        onset: Some(LossOnset {
            after: 1,
            from: Some(2),
        }),
        lost,
        sent: 9,
    };
    let dead = || PathNote::DeadFlows(vec![40002]);
    let (reset, closed) = (Outcome::ResetAfterConnect, Outcome::ClosedAfterConnect);
    table! {
        "connects mixed with rejections" => Code::FirewallRejects,
            |it| ended(it, &[(CONNECTED, 2), (rejected(ROUTER, 3, 13), 3)]);
        "connects mixed with RSTs" => Code::Intermittent, |it| ended(it, &[(CONNECTED, 3), (RST, 2)]);
        "connects mixed with silence" => Code::PacketLoss, |it| ended(it, &[(CONNECTED, 3), (SILENCE, 2)]);
        "silence now and then, and all other probes pass" => Code::PacketLoss, |it| {
            ended(it, &[(CONNECTED, 3), (SILENCE, 3)]);
            echoes(it, 23);
        };
        "the same, but so few that it may be chance" => Code::PacketLoss, |it| {
            ended(it, &[(CONNECTED, 3), (SILENCE, 3)]);
            echoes(it, 9);
        };
        "the same, but some echoes are lost as well" => Code::PacketLoss, |it| {
            ended(it, &[(CONNECTED, 3), (SILENCE, 3)]);
            other_ports(it, RST);
            it.echo = Some(batch(Protocol::Icmp, TARGET, 0, &[(Outcome::Reply, 2), (SILENCE, 1)]));
        };
        "the path's probes of this port get lost, and all others pass" => Code::PacketLoss, |it| {
            note(it, loss(6));
            echoes(it, 23);
        };
        "loss from a hop on" => Code::PacketLoss, |it| note(it, loss(4));
        "a lost SYN, and loss from a hop on" => Code::SynLoss, |it| { lost_syn(it); note(it, loss(1)); };
        "all SYNs lost at first, and nothing later" => Code::RemoteAcceptQueueFull, |it| {
            all_sent_again(it);
            surveyed_whole(it, 24, 24);
        };
        "all SYNs lost at first, and always" => Code::SynLoss, |it| {
            all_sent_again(it);
            surveyed_whole(it, 24, 0);
        };
        "all SYNs lost at first, and many later" => Code::SynLoss, |it| {
            all_sent_again(it);
            surveyed_whole(it, 24, 12);
        };
        "dead flows" => Code::SomeFlowsFail, |it| note(it, dead());
        "dead flows, and the port silent at times" => Code::SomeFlowsFail, |it| {
            ended(it, &[(CONNECTED, 3), (SILENCE, 2)]);
            says(it, reached(4, FinalReply::SynAck), None);
            note(it, dead());
        };
        "reset once, then refused: it crashes" => Code::PortClosed, |it| ended(it, &[(reset, 1), (RST, 5)]);
        "SYNs sent again, and echoes lost" => Code::PacketLoss, |it| {
            lost_syn(it);
            it.echo = Some(batch(Protocol::Icmp, TARGET, 0, &[(Outcome::Reply, 2), (SILENCE, 1)]));
        };
        "resets at once" => Code::ResetsAtOnce, |it| ended(it, &[(reset, 5)]);
        "resets mostly" => Code::ResetsAtOnce, |it| ended(it, &[(reset, 4), (CONNECTED, 1)]);
        "resets at times" => Code::ResetsAtOnce, |it| ended(it, &[(reset, 1), (CONNECTED, 4)]);
        "reset once, then silent" => Code::PacketLoss, |it| ended(it, &[(reset, 1), (SILENCE, 4)]);
        "closes at once" => Code::ClosesAtOnce, |it| ended(it, &[(closed, 5)]);
    }
}

fn addresses_of_the_name() -> Vec<Row> {
    let second = "192.0.2.11";
    table! {
        "IPv6 dead, IPv4 fine" => Code::OnlyIpv4Works, |it| addresses(it, &[(TARGET_V6, SILENCE)]);
        "IPv4 dead, IPv6 fine" => Code::OnlyIpv6Works, |it| { all_silent(it); addresses(it, &[(TARGET_V6, CONNECTED)]); };
        "IPv4 refused, IPv6 fine" => Code::OnlyIpv6Works, |it| {
            ended(it, &[(RST, 3)]);
            addresses(it, &[(TARGET_V6, CONNECTED)]);
        };
        "first dead, second fine" => Code::OnlySomeAddressesWork, |it| { all_silent(it); addresses(it, &[(second, CONNECTED)]); };
        "first fine, second refused" => Code::OnlySomeAddressesWork, |it| addresses(it, &[(second, RST)]);
        "one of each family fine" => Code::OnlySomeAddressesWork,
            |it| addresses(it, &[(TARGET_V6, CONNECTED), (second, RST)]);
        "first has no route, second fine" => Code::NoRoute, |it| {
            local(it, LocalCause::NoRoute);
            addresses(it, &[(second, CONNECTED)]);
        };
        "both dead" => Code::HostSilent, |it| { all_silent(it); addresses(it, &[(second, SILENCE)]); };
        "both fine" => Code::Works, |it| addresses(it, &[(second, CONNECTED)]);
    }
}

fn slow() -> Vec<Row> {
    table! {
        "MTU black hole" => Code::MtuBlackHole, |it| sizes(it, Outcome::Reply, SILENCE);
        "lost SYNs" => Code::SynLoss, |it| lost_syn(it);
        "transparent proxy" => Code::ProxyAnswers,
            |it| says(it, reached(2, FinalReply::SynAck), Some(Responder::Nearer(at(9))));
        "large echoes vanish, and small packets get lost, too" => Code::PacketLoss, |it| {
            ended(it, &[(CONNECTED, 3), (SILENCE, 3)]);
            sizes(it, Outcome::Reply, SILENCE);
        };
        "answers that came too late for every probe" => Code::SlowPath, |it| {
            silent(it);
            it.port_probes.as_mut().expect("probes").late = 2;
        };
        "answers that are slower than the SYN timer" => Code::SlowPath, |it| {
            let slow = Outcome::Connected(Handshake::AfterSynAckLoss);
            ended(it, &[(slow, 6)]);
            times(it, 1230, 1220);
        };
        "slow for a neighbour, behind a tunnel" => Code::Works, |it| {
            on_link(it, NeighbourState::NoArp);
            times(it, 81, 80);
        };
        "slow here" => Code::SlowHere, |it| times(it, 180, 11);
        "slow path" => Code::SlowPath, |it| times(it, 251, 250);
        "slow neighbour" => Code::SlowPath, |it| { on_link(it, NeighbourState::Reachable); times(it, 61, 60); };
    }
}
