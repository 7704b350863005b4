//! Progress bar on stderr, for long or quiet runs.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use console::Term;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

/// Minimum time between updates: drawing must not delay probes.
const UPDATE_INTERVAL: Duration = Duration::from_millis(100);

/// Terminal that reports a smaller width.
///
/// indicatif leaves the cursor in the last column. The echo of Ctrl-C, two characters, would wrap to the next line, and
/// the wrong line would be cleared.
#[derive(Debug)]
struct NarrowTerm(Term);

/// Columns reserved for echoed keys.
const ECHO_COLUMNS: u16 = 8;

impl TermLike for NarrowTerm {
    fn width(&self) -> u16 {
        TermLike::width(&self.0).saturating_sub(ECHO_COLUMNS)
    }
    fn height(&self) -> u16 {
        TermLike::height(&self.0)
    }
    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        TermLike::move_cursor_up(&self.0, n)
    }
    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        TermLike::move_cursor_down(&self.0, n)
    }
    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        TermLike::move_cursor_right(&self.0, n)
    }
    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        TermLike::move_cursor_left(&self.0, n)
    }
    fn write_line(&self, s: &str) -> io::Result<()> {
        TermLike::write_line(&self.0, s)
    }
    fn write_str(&self, s: &str) -> io::Result<()> {
        TermLike::write_str(&self.0, s)
    }
    fn clear_line(&self) -> io::Result<()> {
        TermLike::clear_line(&self.0)
    }
    fn flush(&self) -> io::Result<()> {
        TermLike::flush(&self.0)
    }
}

/// A progress bar or spinner; nothing if stderr is no terminal.
#[derive(Debug, Default)]
pub struct Progress {
    bar: Option<ProgressBar>,
    updated: Option<Instant>,
}

impl Progress {
    /// A bar on stderr, if that is a terminal. `probes`: total number, if known.
    pub fn on_stderr(probes: Option<u64>) -> Self {
        if !io::stderr().is_terminal() {
            return Self::default();
        }
        let target =
            ProgressDrawTarget::term_like_with_hz(Box::new(NarrowTerm(Term::stderr())), 10);
        let bar = ProgressBar::with_draw_target(probes, target);
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
            updated: None,
        }
    }

    /// Updates the counts, rate-limited.
    pub fn refresh(&mut self, ended: u64, failed: u64) {
        let Some(bar) = &self.bar else {
            return;
        };
        let due = self
            .updated
            .is_none_or(|at| at.elapsed() >= UPDATE_INTERVAL);
        if due && bar.position() != ended {
            bar.set_position(ended);
            bar.set_message(format!("{failed} failed"));
            self.updated = Some(Instant::now());
        }
    }

    /// A spinner with the current step on stderr, if that is a terminal.
    pub fn spinner() -> Self {
        let progress = Self::on_stderr(None);
        if let (Some(bar), Ok(style)) = (
            &progress.bar,
            ProgressStyle::with_template("{spinner} {elapsed}, running: {msg}"),
        ) {
            bar.set_style(style);
        }
        progress
    }

    /// Sets the current step.
    pub fn set_message(&self, step: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(step.to_owned());
        }
    }

    /// Hides the bar while `print` runs.
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
