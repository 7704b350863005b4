//! Name lookup, off the event loop and with a deadline.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use dns_lookup::{AddrInfoHints, LookupError, SockType, getaddrinfo};
use thiserror::Error;

use super::Lookup;

/// A lookup that takes longer has failed. glibc's own limit is 5 s a server, twice (resolv.conf(5)).
pub const DEADLINE: Duration = Duration::from_secs(10);

/// Lookups under way at once.
const WORKERS: usize = 16;

/// How often a waiting lookup looks whether the user has had enough.
const PATIENCE: Duration = Duration::from_millis(50);

/// Which addresses of a name are wanted.
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
    /// Whether `address` is of this family.
    pub fn admits(self, address: SocketAddr) -> bool {
        match self {
            Self::Any => true,
            Self::V4 => address.is_ipv4(),
            Self::V6 => address.is_ipv6(),
        }
    }

    fn constant(self) -> i32 {
        // AF_UNSPEC is 0 everywhere.
        match self {
            Self::Any => 0,
            Self::V4 => socket2::Domain::IPV4.into(),
            Self::V6 => socket2::Domain::IPV6.into(),
        }
    }
}

/// Why a name has no address.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ResolveError {
    /// The resolver said no, in its own words.
    #[error("cannot resolve {name:?}: {reason}")]
    Resolver {
        /// The name.
        name: String,
        /// The resolver's reason, with its code.
        reason: String,
    },
    /// No answer from the resolver in time.
    #[error("cannot resolve {name:?}: the resolver gave no answer within {} s", DEADLINE.as_secs())]
    Deadline {
        /// The name.
        name: String,
    },
    /// The user stopped the run meanwhile.
    #[error("stopped while resolving {name:?}")]
    Stopped {
        /// The name.
        name: String,
    },
}

/// Looks up every name, several at once; results are in the order of `names`.
///
/// A lookup past its deadline is abandoned: getaddrinfo(3) cannot be cancelled, so its thread is
/// left to end by itself.
pub fn resolve_all(
    names: &[String],
    family: Family,
    stopped: &dyn Fn() -> bool,
) -> Vec<Result<Arc<Lookup>, ResolveError>> {
    let queue: VecDeque<_> = names.iter().cloned().enumerate().collect();
    let queue = Arc::new(Mutex::new(queue));
    let (sender, answers) = mpsc::channel();
    for _ in 0..names.len().min(WORKERS) {
        let (queue, sender) = (Arc::clone(&queue), sender.clone());
        thread::spawn(move || work(&queue, family, &sender));
    }
    drop(sender);
    collect(names, &answers, stopped)
}

type Answer = (usize, Result<Arc<Lookup>, ResolveError>);

fn work(queue: &Mutex<VecDeque<(usize, String)>>, family: Family, sender: &mpsc::Sender<Answer>) {
    loop {
        let next = queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front();
        let Some((index, name)) = next else { return };
        if sender.send((index, resolve(&name, family))).is_err() {
            return;
        }
    }
}

/// Gathers answers until all are in. The deadline runs anew with each answer, so a long list of
/// names is not cut short while the resolver works.
fn collect(
    names: &[String],
    answers: &mpsc::Receiver<Answer>,
    stopped: &dyn Fn() -> bool,
) -> Vec<Result<Arc<Lookup>, ResolveError>> {
    let mut found: Vec<_> = names.iter().map(|name| Err(deadline(name))).collect();
    let mut missing = names.len();
    let mut last_answer = Instant::now();
    while missing > 0 && last_answer.elapsed() < DEADLINE {
        match answers.recv_timeout(PATIENCE) {
            Ok((index, result)) => {
                found[index] = result;
                missing -= 1;
                last_answer = Instant::now();
            }
            Err(RecvTimeoutError::Timeout) if stopped() => {
                return names.iter().map(|name| Err(stopped_at(name))).collect();
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    found
}

fn deadline(name: &str) -> ResolveError {
    ResolveError::Deadline {
        name: name.to_owned(),
    }
}

fn stopped_at(name: &str) -> ResolveError {
    ResolveError::Stopped {
        name: name.to_owned(),
    }
}

/// Asks the system's resolver.
fn resolve(name: &str, family: Family) -> Result<Arc<Lookup>, ResolveError> {
    let hints = AddrInfoHints {
        address: family.constant(),
        socktype: SockType::Stream.into(),
        ..AddrInfoHints::default()
    };
    let start = Instant::now();
    let found =
        getaddrinfo(Some(name), None, Some(hints)).map_err(|error| refused(name, &error))?;
    let took = start.elapsed();
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for info in found.flatten() {
        if !addresses.contains(&info.sockaddr) {
            addresses.push(info.sockaddr);
        }
    }
    if addresses.is_empty() {
        let reason = "it has no address of the wanted kind".to_owned();
        let name = name.to_owned();
        return Err(ResolveError::Resolver { name, reason });
    }
    Ok(Arc::new(Lookup { addresses, took }))
}

fn refused(name: &str, error: &LookupError) -> ResolveError {
    let words = error.to_string();
    let words = words
        .strip_prefix("failed to lookup address information: ")
        .unwrap_or(&words);
    ResolveError::Resolver {
        name: name.to_owned(),
        reason: format!("{words}{}", code(error)),
    }
}

/// The code as the C interface names it, such as `(EAI_NONAME)`, for whoever searches for it.
fn code(error: &LookupError) -> &'static str {
    use dns_lookup::LookupErrorKind as Kind;
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
    fn localhost_has_an_address() {
        let found = resolve_all(&["localhost".to_owned()], Family::Any, &|| false);
        let lookup = found[0].as_ref().expect("localhost resolves everywhere");
        assert!(lookup.addresses.iter().all(|a| a.ip().is_loopback()));
    }

    #[test]
    fn an_unknown_name_gives_the_resolvers_reason() {
        // RFC 6761 section 6.4: names below .invalid never resolve.
        let found = resolve_all(&["no-such-host.invalid".to_owned()], Family::Any, &|| false);
        let text = found[0].as_ref().expect_err("never resolves").to_string();
        assert!(
            text.contains("no-such-host.invalid") && text.contains("EAI_"),
            "{text}"
        );
    }
}
