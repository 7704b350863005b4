//! Periodic re-resolution of names during a run, on a thread of its own: a slow resolver delays no probe.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use crate::hosts::resolve::{Family, LookupResult, resolve_all};
use crate::platform::Waker;

/// However often somebody asks, a resolver is not asked more often than this.
const AT_MOST_EVERY: Duration = Duration::from_secs(1);

/// Looks names up again and again, until it is dropped.
pub(crate) struct Reresolver {
    hurry: Sender<()>,
    found: Receiver<Vec<(String, LookupResult)>>,
}

impl Reresolver {
    /// Looks `names` up every so often, and wakes the event loop with what it found.
    pub(crate) fn start(names: Vec<String>, family: Family, every: Duration, waker: Waker) -> Self {
        let (hurry, hurried) = mpsc::channel();
        let (tell, found) = mpsc::channel();
        thread::spawn(move || {
            while is_time(&hurried, every) {
                let started = Instant::now();
                let results = resolve_all(&names, family, &|| false);
                let results = names.iter().cloned().zip(results).collect();
                if tell.send(results).is_err() {
                    break;
                }
                waker.wake();
                thread::sleep(AT_MOST_EVERY.saturating_sub(started.elapsed()));
            }
        });
        Self { hurry, found }
    }

    /// Something has changed: looks now instead of when it is time.
    pub(crate) fn resolve_now(&self) {
        // A thread that has ended has nothing to hurry for.
        let _ = self.hurry.send(());
    }

    /// What has been found since the last time.
    pub(crate) fn take_results(&self) -> Vec<(String, LookupResult)> {
        self.found.try_iter().flatten().collect()
    }
}

/// Waits until it is time, or somebody is in a hurry; false when nobody listens any more.
fn is_time(hurried: &Receiver<()>, every: Duration) -> bool {
    let waited = hurried.recv_timeout(every);
    // Whoever asked meanwhile is answered by the same lookup.
    while hurried.try_recv().is_ok() {}
    waited != Err(RecvTimeoutError::Disconnected)
}
