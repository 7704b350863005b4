//! Ctrl-C and termination requests, on systems other than Linux.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Waker;
use crate::platform::SignalState;

/// Flag of the signals received so far.
#[derive(Clone, Default)]
pub struct Signals {
    stop: Arc<AtomicBool>,
}

impl Signals {
    /// Installs the handler: Ctrl-C, Ctrl-Break and termination requests stop the run.
    pub fn listen(waker: &Waker) -> io::Result<Self> {
        let signals = Self::default();
        let stop = Arc::clone(&signals.stop);
        let waker = waker.clone();
        ctrlc::set_handler(move || {
            stop.store(true, Ordering::SeqCst);
            waker.wake();
        })
        .map_err(io::Error::other)?;
        Ok(signals)
    }
}

impl SignalState for Signals {
    fn stop_requested(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    fn take_statistics_request(&self) -> bool {
        false
    }

    fn take_continued(&self) -> bool {
        false
    }
}
