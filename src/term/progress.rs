//! The progress bar on stderr, for a run that is long or says nothing.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A progress bar, or none.
#[derive(Debug, Default)]
pub struct Progress(Option<ProgressBar>);

impl Progress {
    /// A bar on stderr; indicatif hides it where that is no terminal. `probes`: how many there will be,
    /// if that is known.
    pub fn on_stderr(probes: Option<u64>) -> Self {
        let bar = ProgressBar::with_draw_target(probes, ProgressDrawTarget::stderr());
        let template = match probes {
            Some(_) => "{bar:24} {pos}/{len} probes, {elapsed}, {msg}",
            None => "{spinner} {pos} probes, {elapsed}, {msg}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.enable_steady_tick(Duration::from_millis(250));
        Self(Some(bar))
    }

    /// One probe more has ended.
    pub fn advance(&self, failed: u64) {
        if let Some(bar) = &self.0 {
            bar.inc(1);
            bar.set_message(format!("{failed} failed"));
        }
    }

    /// Takes the bar off the screen while `print` prints.
    pub fn suspend<R>(&self, print: impl FnOnce() -> R) -> R {
        match &self.0 {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
