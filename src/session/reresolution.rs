//! Periodic re-resolution of names during a run, on its own thread: a slow resolver delays no probe.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use crate::hosts::resolve::{Family, LookupResult, resolve_all};
use crate::platform::Waker;

/// Minimum time between lookups of the same names.
const MIN_INTERVAL: Duration = Duration::from_secs(1);

/// Resolves names periodically until it is dropped.
pub(crate) struct Reresolver {
    trigger: Sender<()>,
    results: Receiver<Vec<(String, LookupResult)>>,
}

impl Reresolver {
    /// Starts periodic re-resolution of `names`; each round of results wakes the event loop.
    pub(crate) fn start(
        names: Vec<String>,
        family: Family,
        interval: Duration,
        waker: Waker,
    ) -> Self {
        let (trigger, triggered) = mpsc::channel();
        let (sender, results) = mpsc::channel();
        thread::spawn(move || {
            while wait(&triggered, interval) {
                let started = Instant::now();
                let found = resolve_all(&names, family, &|| false);
                let found = names.iter().cloned().zip(found).collect();
                if sender.send(found).is_err() {
                    break;
                }
                waker.wake();
                thread::sleep(MIN_INTERVAL.saturating_sub(started.elapsed()));
            }
        });
        Self { trigger, results }
    }

    /// Resolves now, without waiting for the interval.
    pub(crate) fn resolve_now(&self) {
        // Fails only if the thread has ended.
        let _ = self.trigger.send(());
    }

    /// Results since the last call.
    pub(crate) fn take_results(&self) -> Vec<(String, LookupResult)> {
        self.results.try_iter().flatten().collect()
    }
}

/// Waits for the interval or a trigger. False: the [`Reresolver`] was dropped.
fn wait(triggered: &Receiver<()>, interval: Duration) -> bool {
    let waited = triggered.recv_timeout(interval);
    // One lookup serves all pending triggers.
    while triggered.try_recv().is_ok() {}
    waited != Err(RecvTimeoutError::Disconnected)
}
