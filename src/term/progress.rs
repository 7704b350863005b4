//! The progress bar on stderr, for a run that is long or says nothing.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use console::Term;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

/// How often the bar is brought up to date: drawing must not cost the probes anything.
const REFRESH: Duration = Duration::from_millis(100);

/// A terminal that is a little wider than it says.
///
/// indicatif leaves the cursor in the last column. The terminal's echo of Ctrl-C, two characters, would
/// wrap from there onto the next line, and the bar would be cleared from the wrong one.
#[derive(Debug)]
struct Short(Term);

/// Room for the echo of a few keys.
const ECHO: u16 = 8;

impl TermLike for Short {
    fn width(&self) -> u16 {
        TermLike::width(&self.0).saturating_sub(ECHO)
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
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(Short(Term::stderr())), 10);
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
            refreshed: None,
        }
    }

    /// Shows how far the run is, now and then.
    pub fn refresh(&mut self, ended: u64, failed: u64) {
        let Some(bar) = &self.bar else {
            return;
        };
        let due = self.refreshed.is_none_or(|at| at.elapsed() >= REFRESH);
        if due && bar.position() != ended {
            bar.set_position(ended);
            bar.set_message(format!("{failed} failed"));
            self.refreshed = Some(Instant::now());
        }
    }

    /// A line on stderr that says what is under way, if that is a terminal.
    pub fn spinner() -> Self {
        let progress = Self::on_stderr(None);
        if let (Some(bar), Ok(style)) = (
            &progress.bar,
            ProgressStyle::with_template("{spinner} {elapsed}, under way: {msg}"),
        ) {
            bar.set_style(style);
        }
        progress
    }

    /// Says what is under way.
    pub fn set_message(&self, what: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(what.to_owned());
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
