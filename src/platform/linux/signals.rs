//! Signals as flags, and a wake-up for whoever waits.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGCONT, SIGHUP, SIGQUIT, SIGTERM};
use signal_hook::{flag, low_level::pipe};

use super::{Waker, host};
use crate::platform::SignalState;

/// A second Ctrl-C that comes later than this after the first is no double stroke: the user is waiting.
const PATIENCE: Duration = Duration::from_secs(1);

/// The exit code of a process ended by SIGINT, as shells write it.
const INTERRUPTED: i32 = 130;

/// What the signals so far have asked for.
#[derive(Clone, Default)]
pub struct Signals {
    stop: Arc<AtomicBool>,
    statistics: Arc<AtomicBool>,
    continued: Arc<AtomicBool>,
}

impl Signals {
    /// Starts listening: Ctrl-C and SIGTERM stop, SIGQUIT asks for statistics, SIGCONT is noted.
    /// SIGHUP stops too, unless it is ignored as under nohup(1). Who asks to stop and sees nothing end, because
    /// the output is blocked, asks again after a while and is obeyed at once.
    pub fn listen(waker: &Waker) -> io::Result<Self> {
        let signals = Self::default();
        let stop = Arc::clone(&signals.stop);
        let on_interrupt = waker.clone();
        let mut first = None;
        ctrlc::set_handler(move || {
            stop.store(true, Ordering::SeqCst);
            on_interrupt.wake();
            let asked: &mut Instant = first.get_or_insert_with(Instant::now);
            if asked.elapsed() > PATIENCE {
                std::process::exit(INTERRUPTED);
            }
        })
        .map_err(io::Error::other)?;
        let mut asking = vec![
            (SIGTERM, &signals.stop),
            (SIGQUIT, &signals.statistics),
            (SIGCONT, &signals.continued),
        ];
        if !host::ignores(SIGHUP) {
            asking.push((SIGHUP, &signals.stop));
        }
        for (signal, asked) in asking {
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
        take(&self.statistics)
    }

    fn take_continued(&self) -> bool {
        take(&self.continued)
    }
}

/// Asked after every wait, and hardly ever set: a look costs nothing, an exchange locks the cache line.
fn take(flag: &AtomicBool) -> bool {
    flag.load(Ordering::SeqCst) && flag.swap(false, Ordering::SeqCst)
}
