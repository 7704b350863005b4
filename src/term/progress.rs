//! The progress bar on stderr, for a run that is long or says nothing.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often the bar is brought up to date: drawing must not cost the probes anything.
const REFRESH: Duration = Duration::from_millis(100);

/// A progress bar, or none.
#[derive(Debug, Default)]
pub struct Progress {
    bar: Option<ProgressBar>,
    refreshed: Option<Instant>,
}

impl Progress {
    /// A bar on stderr, if that is a terminal. `probes`: how many there will be, if that is known.
    pub fn on_stderr(probes: Option<u64>) -> Self {
        if !io::stderr().is_terminal() {
            return Self::default();
        }
        let bar = ProgressBar::with_draw_target(probes, ProgressDrawTarget::stderr());
        let template = match probes {
            Some(_) => "{bar:24} {pos}/{len} probes, {elapsed}, {msg}",
            None => "{spinner} {pos} probes, {elapsed}, {msg}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.enable_steady_tick(Duration::from_millis(250));
        Self {
            bar: Some(bar),
            refreshed: None,
        }
    }

    /// Shows how far the run is, now and then.
    pub fn refresh(&mut self, ended: u64, failed: u64) {
        let Some(bar) = &self.bar else {
            return;
        };
        if self.refreshed.is_none_or(|at| at.elapsed() >= REFRESH) {
            bar.set_position(ended);
            bar.set_message(format!("{failed} failed"));
            self.refreshed = Some(Instant::now());
        }
    }

    /// Takes the bar off the screen while `print` prints.
    pub fn suspend<R>(&self, print: impl FnOnce() -> R) -> R {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
