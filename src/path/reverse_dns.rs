//! Reverse DNS: names of routers, looked up by worker threads so that no probe waits for a resolver.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Lookups in parallel.
const WORKERS: usize = 8;

/// Addresses looked up in one run: an endless run may meet ever more routers.
const MAX_NAMES: usize = 4096;

/// Names of addresses.
#[derive(Debug)]
pub struct RouterNames {
    /// `None`: requested, no name yet.
    names: HashMap<IpAddr, Option<String>>,
    pending: usize,
    /// Absent where lookups are off.
    requests: Option<Sender<IpAddr>>,
    results: Receiver<(IpAddr, Option<String>)>,
}

impl RouterNames {
    /// Starts the workers, or with `enabled` false looks nothing up.
    pub fn new(enabled: bool) -> Self {
        let (requests, queue) = mpsc::channel();
        let (sender, results) = mpsc::channel();
        if enabled {
            let queue = Arc::new(Mutex::new(queue));
            for _ in 0..WORKERS {
                let (queue, sender) = (Arc::clone(&queue), sender.clone());
                thread::spawn(move || look_up(&queue, &sender));
            }
        }
        Self {
            names: HashMap::new(),
            pending: 0,
            requests: enabled.then_some(requests),
            results,
        }
    }

    /// Fixed names, without lookups.
    #[cfg(test)]
    pub(crate) fn with_names(names: impl IntoIterator<Item = (IpAddr, String)>) -> Self {
        let names = names
            .into_iter()
            .map(|(address, name)| (address, Some(name)));
        Self {
            names: names.collect(),
            ..Self::new(false)
        }
    }

    /// Requests the name of an address; repeated requests are ignored.
    pub fn request(&mut self, address: IpAddr) {
        let Some(requests) = &self.requests else {
            return;
        };
        if self.names.len() < MAX_NAMES && !self.names.contains_key(&address) {
            self.names.insert(address, None);
            self.pending += usize::from(requests.send(address).is_ok());
        }
    }

    /// Waits for pending lookups, at most `timeout`.
    pub fn wait(&mut self, timeout: Duration) {
        let until = Instant::now() + timeout;
        while self.pending > 0 {
            let left = until.saturating_duration_since(Instant::now());
            let Ok((address, name)) = self.results.recv_timeout(left) else {
                return;
            };
            self.pending -= 1;
            self.names.insert(address, name);
        }
    }

    /// The name of an address, once it is looked up.
    pub fn get(&self, address: IpAddr) -> Option<&str> {
        self.names.get(&address)?.as_deref()
    }
}

/// Worker loop. getnameinfo(3) cannot be cancelled: a blocked worker ends with the process.
fn look_up(queue: &Mutex<Receiver<IpAddr>>, sender: &Sender<(IpAddr, Option<String>)>) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(address) = next else { return };
        let name = dns_lookup::lookup_addr(&address).ok();
        // Without a PTR record getnameinfo(3) returns the numeric address.
        let name = name.filter(|name| name.parse::<IpAddr>().is_err());
        if sender.send((address, name)).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn disabled_lookup_returns_no_name() {
        let mut names = RouterNames::new(false);
        names.request(Ipv4Addr::LOCALHOST.into());
        names.wait(Duration::from_secs(5));
        assert_eq!(names.get(Ipv4Addr::LOCALHOST.into()), None);
    }

    #[test]
    fn requested_lookup_completes() {
        let mut names = RouterNames::new(true);
        names.request(Ipv4Addr::LOCALHOST.into());
        names.wait(Duration::from_secs(30));
        assert_eq!(names.pending, 0);
    }
}
