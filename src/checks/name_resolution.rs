//! Name resolution: addresses of the target's name, and its entries in the hosts file.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::NameFindings;
use crate::hosts::resolve::{Family, ResolveError, resolve_all};
use crate::hosts::{Host, TargetSpec};
use crate::platform;

/// Timeout of the lookup.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(8);

/// Findings, and the addresses as sockets need them.
pub(super) fn check(
    spec: &TargetSpec,
    family: Family,
    stopped: &dyn Fn() -> bool,
) -> (NameFindings, Vec<SocketAddr>) {
    match &spec.host {
        Host::Address { address, .. } => {
            let found = NameFindings {
                addresses: vec![address.ip()],
                ..NameFindings::default()
            };
            (found, vec![*address])
        }
        Host::Name(name) => look_up(name, family, stopped),
    }
}

fn look_up(
    name: &str,
    family: Family,
    stopped: &dyn Fn() -> bool,
) -> (NameFindings, Vec<SocketAddr>) {
    let mut addresses = Vec::new();
    let mut found = NameFindings {
        name: Some(name.to_owned()),
        family,
        hosts_file: platform::hosts_file_entries(name).unwrap_or_default(),
        ..NameFindings::default()
    };
    let started = Instant::now();
    let give_up = || stopped() || started.elapsed() > LOOKUP_TIMEOUT;
    match resolve_all(&[name.to_owned()], family, &give_up).pop() {
        Some(Ok(lookup)) => {
            found.addresses = lookup.addresses.iter().map(SocketAddr::ip).collect();
            found.took = Some(lookup.took);
            addresses.clone_from(&lookup.addresses);
        }
        Some(Err(error)) => {
            let error = match error {
                ResolveError::Stopped { name } if !stopped() => {
                    let after = LOOKUP_TIMEOUT;
                    ResolveError::Deadline { name, after }
                }
                error => error,
            };
            found.took = Some(started.elapsed());
            found.error = Some(error);
        }
        None => {}
    }
    (found, addresses)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::Protocol;

    #[test]
    fn failed_lookup_has_a_duration() {
        let spec = TargetSpec {
            protocol: Protocol::Tcp,
            // Labels have at most 63 octets (RFC 1035 section 2.3.4): no query is sent.
            host: Host::Name("x".repeat(64)),
            ports: vec![80..=80],
        };
        let (found, addresses) = check(&spec, Family::Any, &|| false);
        assert!(found.error.is_some() && addresses.is_empty());
        assert!(found.took.is_some());
    }
}
