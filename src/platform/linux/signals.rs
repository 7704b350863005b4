//! Signals as flags, and a wake-up for whoever waits.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGCONT, SIGQUIT, SIGTERM};
use signal_hook::{flag, low_level::pipe};

use super::Waker;
use crate::platform::SignalState;

/// What the signals so far have asked for.
#[derive(Clone, Default)]
pub struct Signals {
    stop: Arc<AtomicBool>,
    statistics: Arc<AtomicBool>,
    continued: Arc<AtomicBool>,
}

impl Signals {
    /// Starts listening: Ctrl-C and SIGTERM stop, SIGQUIT asks for statistics, SIGCONT is noted.
    /// SIGHUP is left alone, so that nohup(1) works.
    pub fn listen(waker: &Waker) -> io::Result<Self> {
        let signals = Self::default();
        let stop = Arc::clone(&signals.stop);
        let on_interrupt = waker.clone();
        ctrlc::set_handler(move || {
            stop.store(true, Ordering::SeqCst);
            on_interrupt.wake();
        })
        .map_err(io::Error::other)?;
        for (signal, asked) in [
            (SIGTERM, &signals.stop),
            (SIGQUIT, &signals.statistics),
            (SIGCONT, &signals.continued),
        ] {
            flag::register(signal, Arc::clone(asked))?;
            pipe::register(signal, waker.stream()?)?;
        }
        Ok(signals)
    }
}

impl SignalState for Signals {
    fn stop_requested(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    fn take_statistics_request(&self) -> bool {
        self.statistics.swap(false, Ordering::SeqCst)
    }

    fn take_continued(&self) -> bool {
        self.continued.swap(false, Ordering::SeqCst)
    }
}
