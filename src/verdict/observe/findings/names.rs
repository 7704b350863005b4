//! The name of the target, its addresses, and who resolved it.

use std::net::IpAddr;

use super::probed::{address, attempts_of};
use crate::checks::{Findings, ProbeBatch};
use crate::outcome::LocalCause;
use crate::text;
use crate::text::{Text, Value};
use crate::verdict::observation::{Name, Observations, OtherAddress, Port, Resolver};

pub(super) fn observe(seen: &mut Observations, findings: &Findings) {
    let name = &findings.name;
    match &name.error {
        // The user stopped the lookup.
        Some(_) if name.addresses.is_empty() && findings.interrupted => {}
        // Nothing was sent: the lookup is the result.
        Some(error) if name.addresses.is_empty() => {
            seen.set(Port::Local);
            let words = error.words().1;
            // The message names no host: nothing to redact.
            let error = Value::label(words.trim_start_matches(": ")).into();
            let kind = if name.is_unknown_name() {
                Resolver::Nxdomain
            } else {
                Resolver::Again
            };
            seen.set_with(kind, error);
        }
        _ => seen.set(Resolver::Ok),
    }
    if let Some(value) = origin(findings) {
        seen.set(value);
    }
    if let Some((value, figures)) = other_address(findings) {
        seen.set_with(value, figures);
    }
}

/// Where the address comes from. The hosts file is not compared with DNS.
fn origin(findings: &Findings) -> Option<Name> {
    let address = address(findings)?;
    Some(if findings.name.name.is_none() {
        Name::Plain
    } else if address.is_unspecified() {
        Name::Sinkhole
    } else if findings.name.hosts_file.contains(&address) {
        Name::HostsFile
    } else {
        Name::Plain
    })
}

fn works(batch: &ProbeBatch) -> bool {
    attempts_of(batch).succeeded() > 0
}

/// An address family that this machine cannot use shows nothing about the target.
fn is_usable_here(batch: &ProbeBatch) -> bool {
    let attempts = attempts_of(batch);
    let lacks_family = |cause: LocalCause| {
        matches!(
            cause,
            LocalCause::NoRoute | LocalCause::FamilyNotSupported | LocalCause::AddressNotAvailable
        )
    };
    let only_local = attempts.total() == attempts.local_errors();
    attempts.total() > 0 && !(only_local && attempts.usual_local_cause().is_some_and(lacks_family))
}

/// Other addresses, and how many of them work.
fn other_address(findings: &Findings) -> Option<(OtherAddress, Text)> {
    let own = address(findings)?;
    let others = findings.other_addresses.iter();
    let others = others.filter(|it| it.target.address.ip() != own && is_usable_here(it));
    let others: Vec<_> = others.collect();
    let (working, failing): (Vec<_>, Vec<_>) = others.iter().partition(|it| works(it));
    let of_family = |all: &[&&ProbeBatch]| {
        all.iter()
            .any(|it| it.target.address.is_ipv4() == own.is_ipv4())
    };
    let own_works = findings.target_probes().is_some_and(works);
    let value = match (own_works, working.len(), failing.len()) {
        // The hosts file hides what DNS has.
        _ if others.is_empty() && origin(findings) == Some(Name::HostsFile) => return None,
        (_, 0, 0) if findings.name.addresses.len() > 1 => return None,
        (_, 0, 0) => OtherAddress::Only,
        (true, _, 0) => OtherAddress::Works,
        (true, ..) if of_family(&failing) || !of_family(&working) && !working.is_empty() => {
            OtherAddress::SomeFail
        }
        (true, ..) => OtherAddress::OtherFamilyFails,
        (false, 0, _) => OtherAddress::Fails,
        (false, ..) if of_family(&working) => OtherAddress::Works,
        (false, ..) => OtherAddress::OtherFamily,
    };
    let figures = text![working.len(), " of ", others.len()];
    let is_told = !others.is_empty();
    Some((value, if is_told { figures } else { Text::default() }))
}

/// Another address of the name that works.
pub(super) fn working_address(findings: &Findings) -> Option<IpAddr> {
    let own = address(findings)?;
    let mut others = findings.other_addresses.iter().filter(|it| works(it));
    others
        .find(|it| it.target.address.ip() != own)
        .map(|it| it.target.address.ip())
}
