//! Pending signals, as the event loop reads them.

/// Signals that have arrived.
pub trait SignalState {
    /// Whether SIGINT, SIGTERM or the like arrived: stop the run and print the summary.
    fn stop_requested(&self) -> bool;
    /// Whether SIGQUIT arrived since the last call: print interim statistics.
    fn take_statistics_request(&self) -> bool;
    /// Whether SIGCONT arrived since the last call: this process may have been stopped.
    fn take_continued(&self) -> bool;
}

impl<S: SignalState + ?Sized> SignalState for &S {
    fn stop_requested(&self) -> bool {
        (**self).stop_requested()
    }
    fn take_statistics_request(&self) -> bool {
        (**self).take_statistics_request()
    }
    fn take_continued(&self) -> bool {
        (**self).take_continued()
    }
}

/// The stop signals alone, for tasks beside a run: SIGQUIT and SIGCONT are taken once, by the run itself.
#[derive(Clone, Copy, Debug)]
pub struct StopSignals<S>(pub S);

impl<S: SignalState> SignalState for StopSignals<S> {
    fn stop_requested(&self) -> bool {
        self.0.stop_requested()
    }
    fn take_statistics_request(&self) -> bool {
        false
    }
    fn take_continued(&self) -> bool {
        false
    }
}

/// No signals: for a run inside another program, which handles its own.
#[derive(Clone, Copy, Debug)]
pub struct NoSignals;

impl SignalState for NoSignals {
    fn stop_requested(&self) -> bool {
        false
    }
    fn take_statistics_request(&self) -> bool {
        false
    }
    fn take_continued(&self) -> bool {
        false
    }
}
