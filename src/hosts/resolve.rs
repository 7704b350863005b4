//! Name resolution by getaddrinfo(3), on worker threads with a timeout.

use std::collections::{BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use dns_lookup::{AddrInfoHints, LookupError, LookupErrorKind, SockType, getaddrinfo};
use thiserror::Error;

use super::Lookup;

/// Lookup timeout. With one dead name server glibc returns an error after 2 * 5 s (resolv.conf(5)); this is longer to
/// report that error.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Concurrent lookups.
const WORKERS: usize = 16;

/// Interval of checks whether the run was stopped.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Address family to resolve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Family {
    /// Either.
    #[default]
    Any,
    /// IPv4 only.
    V4,
    /// IPv6 only.
    V6,
}

impl Family {
    /// The family of an address.
    pub fn of(address: IpAddr) -> Self {
        if address.is_ipv4() {
            Self::V4
        } else {
            Self::V6
        }
    }

    /// This family, or that of a source address; absent where they contradict each other.
    pub fn with_source(self, source: Option<IpAddr>) -> Option<Self> {
        match source.map(Self::of) {
            Some(implied) => (self == Self::Any || self == implied).then_some(implied),
            None => Some(self),
        }
    }

    /// Whether `address` is of this family.
    pub fn admits(self, address: SocketAddr) -> bool {
        match self {
            Self::Any => true,
            Self::V4 => address.is_ipv4(),
            Self::V6 => address.is_ipv6(),
        }
    }

    fn af(self) -> i32 {
        // AF_UNSPEC is 0 on every system.
        match self {
            Self::Any => 0,
            Self::V4 => socket2::Domain::IPV4.into(),
            Self::V6 => socket2::Domain::IPV6.into(),
        }
    }
}

/// Why a name has no address.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{} {:?}{}", self.words().0, self.name(), self.words().1)]
#[non_exhaustive]
pub enum ResolveError {
    /// The resolver returned an error.
    Resolver {
        /// The name.
        name: String,
        /// The resolver's message with its EAI code.
        reason: String,
        /// Negative answer: the name does not exist or has no such address. False for timeouts and failures.
        is_negative: bool,
    },
    /// No result before the timeout.
    Deadline {
        /// The name.
        name: String,
        /// The timeout.
        after: Duration,
    },
    /// Not looked up: earlier lookups occupied every worker until the timeout.
    NotAttempted {
        /// The name.
        name: String,
    },
    /// The run was stopped.
    Stopped {
        /// The name.
        name: String,
    },
}

impl ResolveError {
    /// The name as it was typed.
    pub fn name(&self) -> &str {
        match self {
            Self::Resolver { name, .. }
            | Self::Deadline { name, .. }
            | Self::NotAttempted { name }
            | Self::Stopped { name } => name,
        }
    }

    /// What a message says before the name and behind it.
    pub fn words(&self) -> (&'static str, String) {
        match self {
            Self::Resolver { reason, .. } => ("cannot resolve", format!(": {reason}")),
            Self::Deadline { after, .. } => {
                let after = after.as_secs();
                let words = format!(": the resolver did not reply within {after} s");
                ("cannot resolve", words)
            }
            Self::NotAttempted { .. } => {
                let words = ": lookups of earlier names timed out";
                ("did not resolve", words.to_owned())
            }
            Self::Stopped { .. } => ("stopped while resolving", String::new()),
        }
    }

    /// Whether this is a negative answer (RFC 2308): the name does not exist or has no such address.
    pub fn is_negative(&self) -> bool {
        matches!(
            self,
            Self::Resolver {
                is_negative: true,
                ..
            }
        )
    }
}

/// Resolves names concurrently; results in the order of `names`.
pub fn resolve_all(
    names: &[String],
    family: Family,
    stopped: &dyn Fn() -> bool,
) -> Vec<LookupResult> {
    let mut results: Vec<Option<_>> = names.iter().map(|_| None).collect();
    resolve_each(names, family, stopped, &mut |index, result| {
        results[index] = Some(result);
    });
    let missing = |index: usize| {
        let name = names[index].clone();
        Err(ResolveError::NotAttempted { name })
    };
    let indexed = results.into_iter().enumerate();
    indexed
        .map(|(index, result)| result.unwrap_or_else(|| missing(index)))
        .collect()
}

/// Resolves names concurrently; calls `on_result` once for each, when its result arrives, with its index in `names`.
///
/// getaddrinfo(3) cannot be cancelled: after the timeout its thread is detached.
pub fn resolve_each(
    names: &[String],
    family: Family,
    stopped: &dyn Fn() -> bool,
    on_result: &mut dyn FnMut(usize, LookupResult),
) {
    let queue: VecDeque<_> = names.iter().cloned().enumerate().collect();
    let queue = Arc::new(Mutex::new(queue));
    let (sender, results) = mpsc::channel();
    for _ in 0..names.len().min(WORKERS) {
        let (queue, sender) = (Arc::clone(&queue), sender.clone());
        thread::spawn(move || worker(&queue, family, &sender));
    }
    drop(sender);
    let mut pending: BTreeSet<usize> = (0..names.len()).collect();
    let was_stopped = collect(&mut pending, &results, stopped, on_result);
    let started = names.len() - lock(&queue).drain(..).len();
    for index in pending {
        let name = names[index].clone();
        let error = match (was_stopped, index < started) {
            (true, _) => ResolveError::Stopped { name },
            (false, true) => {
                let after = TIMEOUT;
                ResolveError::Deadline { name, after }
            }
            (false, false) => ResolveError::NotAttempted { name },
        };
        on_result(index, Err(error));
    }
}

/// Result of a lookup.
pub type LookupResult = Result<Arc<Lookup>, ResolveError>;
type Queue = Mutex<VecDeque<(usize, String)>>;

fn lock(queue: &Queue) -> MutexGuard<'_, VecDeque<(usize, String)>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

fn worker(queue: &Queue, family: Family, sender: &mpsc::Sender<(usize, LookupResult)>) {
    loop {
        let next = lock(queue).pop_front();
        let Some((index, name)) = next else { return };
        if sender.send((index, resolve(&name, family))).is_err() {
            return;
        }
    }
}

/// Passes on results until none is pending. True: the run was stopped. Each result restarts the timeout: a long list is
/// not cut short while the resolver works.
fn collect(
    pending: &mut BTreeSet<usize>,
    results: &mpsc::Receiver<(usize, LookupResult)>,
    stopped: &dyn Fn() -> bool,
    on_result: &mut dyn FnMut(usize, LookupResult),
) -> bool {
    let mut last_result = Instant::now();
    while !pending.is_empty() && last_result.elapsed() < TIMEOUT {
        match results.recv_timeout(POLL_INTERVAL) {
            Ok((index, result)) => {
                pending.remove(&index);
                on_result(index, result);
                last_result = Instant::now();
            }
            Err(RecvTimeoutError::Timeout) if stopped() => return true,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    false
}

/// Calls getaddrinfo(3).
fn resolve(name: &str, family: Family) -> Result<Arc<Lookup>, ResolveError> {
    let hints = AddrInfoHints {
        address: family.af(),
        socktype: SockType::Stream.into(),
        ..AddrInfoHints::default()
    };
    let start = Instant::now();
    let infos =
        getaddrinfo(Some(name), None, Some(hints)).map_err(|error| resolver_error(name, &error))?;
    let took = start.elapsed();
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for info in infos.flatten() {
        if !addresses.contains(&info.sockaddr) {
            addresses.push(info.sockaddr);
        }
    }
    if addresses.is_empty() {
        let reason = "no address of the requested IP version".to_owned();
        let name = name.to_owned();
        return Err(ResolveError::Resolver {
            name,
            reason,
            is_negative: true,
        });
    }
    Ok(Arc::new(Lookup { addresses, took }))
}

fn resolver_error(name: &str, error: &LookupError) -> ResolveError {
    let message = error.to_string();
    let message = message
        .strip_prefix("failed to lookup address information: ")
        .unwrap_or(&message);
    ResolveError::Resolver {
        name: name.to_owned(),
        reason: format!("{message}{}", eai_code(error)),
        // NXDOMAIN or NODATA, see getaddrinfo(3).
        is_negative: matches!(
            error.kind(),
            LookupErrorKind::NoName | LookupErrorKind::NoData
        ),
    }
}

/// EAI code of getaddrinfo(3), for searching.
fn eai_code(error: &LookupError) -> &'static str {
    use LookupErrorKind as Kind;
    match error.kind() {
        Kind::Again => " (EAI_AGAIN)",
        Kind::NoName => " (EAI_NONAME)",
        Kind::NoData => " (EAI_NODATA)",
        Kind::Fail => " (EAI_FAIL)",
        Kind::Family => " (EAI_FAMILY)",
        Kind::Memory => " (EAI_MEMORY)",
        Kind::System => " (EAI_SYSTEM)",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn localhost_resolves_to_loopback() {
        let results = resolve_all(&["localhost".to_owned()], Family::Any, &|| false);
        let lookup = results[0].as_ref().expect("localhost resolves everywhere");
        assert!(lookup.addresses.iter().all(|a| a.ip().is_loopback()));
    }

    #[test]
    fn an_unknown_name_reports_the_eai_code() {
        // RFC 6761 section 6.4: names below .invalid never resolve.
        let results = resolve_all(&["no-such-host.invalid".to_owned()], Family::Any, &|| false);
        let text = results[0].as_ref().expect_err("never resolves").to_string();
        assert!(
            text.contains("no-such-host.invalid") && text.contains("EAI_"),
            "{text}"
        );
    }
}
