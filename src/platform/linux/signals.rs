//! Signal handlers: SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGCONT set flags and wake the poller.

use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGCONT, SIGHUP, SIGQUIT, SIGTERM};
use signal_hook::{flag, low_level::pipe};

use super::Waker;
use crate::platform::SignalState;

/// A second SIGINT within this time is a double press; a later one exits at once.
const DOUBLE_PRESS: Duration = Duration::from_secs(1);

/// Exit status of a process ended by SIGINT: 128 + 2.
const EXIT_SIGINT: i32 = 130;

/// Flags of the signals received so far.
#[derive(Clone, Default)]
pub struct Signals {
    stop: Arc<AtomicBool>,
    statistics: Arc<AtomicBool>,
    continued: Arc<AtomicBool>,
}

impl Signals {
    /// Installs the handlers. SIGINT, SIGTERM and SIGHUP stop the run, unless SIGHUP is ignored as under nohup(1);
    /// SIGQUIT requests statistics; SIGCONT is recorded. A later second SIGINT exits at once, for a run that cannot
    /// stop because its output blocks.
    pub fn listen(waker: &Waker) -> io::Result<Self> {
        let signals = Self::default();
        let stop = Arc::clone(&signals.stop);
        let poller = waker.clone();
        let mut first = None;
        ctrlc::set_handler(move || {
            stop.store(true, Ordering::SeqCst);
            poller.wake();
            let first: &mut Instant = first.get_or_insert_with(Instant::now);
            if first.elapsed() > DOUBLE_PRESS {
                std::process::exit(EXIT_SIGINT);
            }
        })
        .map_err(io::Error::other)?;
        let mut flags = vec![
            (SIGTERM, &signals.stop),
            (SIGQUIT, &signals.statistics),
            (SIGCONT, &signals.continued),
        ];
        if !is_ignored(SIGHUP) {
            flags.push((SIGHUP, &signals.stop));
        }
        for (signal, flag) in flags {
            flag::register(signal, Arc::clone(flag))?;
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

/// Read after every wait and rarely set: the load avoids a locked exchange.
fn take(flag: &AtomicBool) -> bool {
    flag.load(Ordering::SeqCst) && flag.swap(false, Ordering::SeqCst)
}

/// Whether the disposition of `signal` is `SIG_IGN`, inherited from the parent if no handler was installed.
#[allow(unsafe_code)]
fn is_ignored(signal: i32) -> bool {
    let mut current = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: with a null new action sigaction(2) changes nothing. It writes the current one to `current`, which is
    // exclusively ours and has the size and alignment of the type. It is read only on success, when it is initialised.
    let action = unsafe {
        match libc::sigaction(signal, ptr::null(), current.as_mut_ptr()) {
            0 => current.assume_init(),
            _ => return false,
        }
    };
    action.sa_sigaction == libc::SIG_IGN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_detected() {
        // The Rust runtime ignores SIGPIPE.
        assert!(is_ignored(libc::SIGPIPE));
        assert!(!is_ignored(libc::SIGUSR2));
        assert!(!is_ignored(-1), "an invalid signal");
    }
}
