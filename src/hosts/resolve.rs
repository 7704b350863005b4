//! Name lookup, off the event loop and with a deadline.

use std::collections::{BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use dns_lookup::{AddrInfoHints, LookupError, LookupErrorKind, SockType, getaddrinfo};
use thiserror::Error;

use super::Lookup;

/// A lookup that takes longer has failed. With one dead server glibc gives up by itself after twice 5 s
/// (resolv.conf(5)), and its own reason is worth waiting for.
pub const DEADLINE: Duration = Duration::from_secs(15);

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
    /// The family of an address.
    pub fn of(address: IpAddr) -> Self {
        if address.is_ipv4() {
            Self::V4
        } else {
            Self::V6
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
        /// Whether that is all there is to know of the name: no name server may have been asked, or none answered.
        is_negative: bool,
    },
    /// No answer from the resolver in time.
    #[error("cannot resolve {name:?}: the resolver gave no answer within {} s", after.as_secs())]
    Deadline {
        /// The name.
        name: String,
        /// How long it was waited for.
        after: Duration,
    },
    /// The resolver gave no answer to other names, so this one was not even asked.
    #[error("did not resolve {name:?}: the resolver did not answer for the names before it")]
    NotAttempted {
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

impl ResolveError {
    /// Whether a name server said that the name has no address; else it is not known.
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

/// Looks up every name, several at once; results are in the order of `names`.
pub fn resolve_all(
    names: &[String],
    family: Family,
    stopped: &dyn Fn() -> bool,
) -> Vec<LookupResult> {
    let mut found: Vec<Option<_>> = names.iter().map(|_| None).collect();
    resolve_each(names, family, stopped, &mut |index, result| {
        found[index] = Some(result);
    });
    let missing = |index: usize| {
        let name = names[index].clone();
        Err(ResolveError::NotAttempted { name })
    };
    let indexed = found.into_iter().enumerate();
    indexed
        .map(|(index, result)| result.unwrap_or_else(|| missing(index)))
        .collect()
}

/// Looks up every name, several at once, and tells what became of each as soon as that is known, with its place in
/// `names`. Every name is told once.
///
/// A lookup past its deadline is abandoned: getaddrinfo(3) cannot be cancelled, so its thread is
/// left to end by itself.
pub fn resolve_each(
    names: &[String],
    family: Family,
    stopped: &dyn Fn() -> bool,
    tell: &mut dyn FnMut(usize, LookupResult),
) {
    let queue: VecDeque<_> = names.iter().cloned().enumerate().collect();
    let queue = Arc::new(Mutex::new(queue));
    let (sender, answers) = mpsc::channel();
    for _ in 0..names.len().min(WORKERS) {
        let (queue, sender) = (Arc::clone(&queue), sender.clone());
        thread::spawn(move || work(&queue, family, &sender));
    }
    drop(sender);
    let mut waiting: BTreeSet<usize> = (0..names.len()).collect();
    let was_stopped = collect(&mut waiting, &answers, stopped, tell);
    let asked = names.len() - lock(&queue).drain(..).len();
    for index in waiting {
        let name = names[index].clone();
        let error = match (was_stopped, index < asked) {
            (true, _) => ResolveError::Stopped { name },
            (false, true) => {
                let after = DEADLINE;
                ResolveError::Deadline { name, after }
            }
            (false, false) => ResolveError::NotAttempted { name },
        };
        tell(index, Err(error));
    }
}

/// What became of a lookup.
pub type LookupResult = Result<Arc<Lookup>, ResolveError>;
type Queue = Mutex<VecDeque<(usize, String)>>;

fn lock(queue: &Queue) -> MutexGuard<'_, VecDeque<(usize, String)>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

fn work(queue: &Queue, family: Family, sender: &mpsc::Sender<(usize, LookupResult)>) {
    loop {
        let next = lock(queue).pop_front();
        let Some((index, name)) = next else { return };
        if sender.send((index, resolve(&name, family))).is_err() {
            return;
        }
    }
}

/// Tells answers until all are in; says whether the user stopped it. The deadline runs anew with each
/// answer, so a long list of names is not cut short while the resolver works.
fn collect(
    waiting: &mut BTreeSet<usize>,
    answers: &mpsc::Receiver<(usize, LookupResult)>,
    stopped: &dyn Fn() -> bool,
    tell: &mut dyn FnMut(usize, LookupResult),
) -> bool {
    let mut last_answer = Instant::now();
    while !waiting.is_empty() && last_answer.elapsed() < DEADLINE {
        match answers.recv_timeout(PATIENCE) {
            Ok((index, result)) => {
                waiting.remove(&index);
                tell(index, result);
                last_answer = Instant::now();
            }
            Err(RecvTimeoutError::Timeout) if stopped() => return true,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    false
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
        return Err(ResolveError::Resolver {
            name,
            reason,
            is_negative: true,
        });
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
        // getaddrinfo(3): the name servers know no such name, or no such address of it.
        is_negative: matches!(
            error.kind(),
            LookupErrorKind::NoName | LookupErrorKind::NoData
        ),
    }
}

/// The code as the C interface names it, such as `(EAI_NONAME)`, for whoever searches for it.
fn code(error: &LookupError) -> &'static str {
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
