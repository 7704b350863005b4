//! The only writer to stdout. Never panics on write errors.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use anstream::{AutoStream, ColorChoice};

use super::{Progress, escape_controls};

/// Results on stdout.
pub struct Output {
    out: BufWriter<Stdout>,
    is_terminal: bool,
    colour: bool,
    /// Written since the last flush.
    unflushed: bool,
    failure: Option<io::Error>,
    progress: Progress,
}

impl Default for Output {
    fn default() -> Self {
        Self::new()
    }
}

impl Output {
    /// Detects terminal and colour: colour only on a terminal without `NO_COLOR`.
    pub fn new() -> Self {
        let stdout = io::stdout();
        Self {
            is_terminal: stdout.is_terminal(),
            colour: AutoStream::choice(&stdout) != ColorChoice::Never,
            out: BufWriter::new(stdout),
            unflushed: false,
            failure: None,
            progress: Progress::default(),
        }
    }

    /// Whether output is coloured.
    pub fn colour(&self) -> bool {
        self.colour
    }

    /// Whether stdout is a terminal.
    pub fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Terminal width; unlimited without a terminal.
    pub fn columns(&self) -> usize {
        let size = terminal_size::terminal_size_of(io::stdout());
        size.filter(|_| self.is_terminal)
            .map_or(usize::MAX, |(width, _)| usize::from(width.0))
    }

    /// Whether stdout is a terminal with a UTF-8 locale (locale(7)).
    pub fn shows_unicode(&self) -> bool {
        let set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let first = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find(set);
        let locale = first.and_then(std::env::var_os).unwrap_or_default();
        let locale = locale.to_string_lossy().to_ascii_lowercase();
        self.is_terminal && (locale.contains("utf-8") || locale.contains("utf8"))
    }

    /// Shows a progress bar; results are printed above it.
    pub fn show(&mut self, progress: Progress) {
        self.progress = progress;
    }

    /// The progress bar.
    pub fn progress(&mut self) -> &mut Progress {
        &mut self.progress
    }

    /// Writes results. The first error is kept, and nothing is written after it.
    pub fn write(&mut self, text: &str) {
        if self.failure.is_some() {
            return;
        }
        let result = if self.is_terminal {
            let out = &mut self.out;
            self.progress.suspend(|| {
                out.write_all(text.as_bytes())?;
                out.flush()
            })
        } else {
            self.out.write_all(text.as_bytes())
        };
        self.unflushed = true;
        self.failure = result.err();
    }

    /// Flushes the buffer.
    pub fn flush(&mut self) {
        if std::mem::take(&mut self.unflushed) && self.failure.is_none() {
            self.failure = self.out.flush().err();
        }
    }

    /// Removes the progress bar.
    pub fn finish_progress(&mut self) {
        self.progress = Progress::default();
    }

    /// Whether stdout was closed (EPIPE, as by `| head -1`).
    pub fn is_closed(&self) -> bool {
        self.failure.as_ref().map(io::Error::kind) == Some(io::ErrorKind::BrokenPipe)
    }

    /// The first write error, except EPIPE.
    pub fn failure(&self) -> Option<&io::Error> {
        self.failure.as_ref().filter(|_| !self.is_closed())
    }
}

/// Prints a diagnostic line on stderr, escaped. Write errors are ignored.
pub fn print_diagnostic(text: &str) {
    let _ = writeln!(io::stderr(), "synack: {}", escape_controls(text));
}
