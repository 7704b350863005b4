//! Names of routers, looked up beside the loop: nothing waits for a resolver.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Lookups under way at once.
const WORKERS: usize = 8;

/// Addresses asked for in one run; the path of a run that goes on for ever may change without end.
const MOST_NAMES: usize = 4096;

/// What is known of addresses' names.
#[derive(Debug)]
pub struct RouterNames {
    /// `None`: asked for, and not known.
    known: HashMap<IpAddr, Option<String>>,
    waiting: usize,
    questions: Option<Sender<IpAddr>>,
    answers: Receiver<(IpAddr, Option<String>)>,
}

impl RouterNames {
    /// Looks names up, or with `wanted` false never does.
    pub fn new(wanted: bool) -> Self {
        let (questions, queue) = mpsc::channel();
        let (sender, answers) = mpsc::channel();
        if wanted {
            let queue = Arc::new(Mutex::new(queue));
            for _ in 0..WORKERS {
                let (queue, sender) = (Arc::clone(&queue), sender.clone());
                thread::spawn(move || work(&queue, &sender));
            }
        }
        Self {
            known: HashMap::new(),
            waiting: 0,
            questions: wanted.then_some(questions),
            answers,
        }
    }

    /// Knows these names and looks none up.
    #[cfg(test)]
    pub(crate) fn with_names(names: impl IntoIterator<Item = (IpAddr, String)>) -> Self {
        let known = names
            .into_iter()
            .map(|(address, name)| (address, Some(name)));
        Self {
            known: known.collect(),
            ..Self::new(false)
        }
    }

    /// Asks for the name of an address, once.
    pub fn request(&mut self, address: IpAddr) {
        let Some(questions) = &self.questions else {
            return;
        };
        if self.known.len() < MOST_NAMES && !self.known.contains_key(&address) {
            self.known.insert(address, None);
            self.waiting += usize::from(questions.send(address).is_ok());
        }
    }

    /// Takes in answers, for so long at most as long as some are missing.
    pub fn wait(&mut self, patience: Duration) {
        let until = Instant::now() + patience;
        while self.waiting > 0 {
            let left = until.saturating_duration_since(Instant::now());
            let Ok((address, name)) = self.answers.recv_timeout(left) else {
                return;
            };
            self.waiting -= 1;
            self.known.insert(address, name);
        }
    }

    /// The name of an address, if it is known.
    pub fn get(&self, address: IpAddr) -> Option<&str> {
        self.known.get(&address)?.as_deref()
    }
}

/// getnameinfo(3) cannot be cancelled: a worker that is stuck in it is left to end with the process.
fn work(queue: &Mutex<Receiver<IpAddr>>, sender: &Sender<(IpAddr, Option<String>)>) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(address) = next else { return };
        let name = dns_lookup::lookup_addr(&address).ok();
        // Without a name the resolver gives the address back.
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
    fn nobody_is_asked_where_no_names_are_wanted() {
        let mut names = RouterNames::new(false);
        names.request(Ipv4Addr::LOCALHOST.into());
        names.wait(Duration::from_secs(5));
        assert_eq!(names.get(Ipv4Addr::LOCALHOST.into()), None);
    }

    #[test]
    fn an_address_that_was_asked_for_gets_its_answer() {
        let mut names = RouterNames::new(true);
        names.request(Ipv4Addr::LOCALHOST.into());
        names.wait(Duration::from_secs(30));
        assert_eq!(names.waiting, 0, "whatever it is called");
    }
}
