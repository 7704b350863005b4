//! The one writer of results. It never panics, whatever becomes of stdout.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use anstream::{AutoStream, ColorChoice};

use super::{Progress, escape_controls};

/// Standard output for results.
pub struct Output {
    out: BufWriter<Stdout>,
    is_terminal: bool,
    colour: bool,
    /// Something was written since the last flush.
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
    /// Looks at stdout: colour only on a terminal, and not against `NO_COLOR`.
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

    /// Whether lines may be coloured.
    pub fn colour(&self) -> bool {
        self.colour
    }

    /// Whether a person is looking at the results as they come.
    pub fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// How wide the terminal is; unlimited where there is none.
    pub fn columns(&self) -> usize {
        let size = terminal_size::terminal_size_of(io::stdout());
        size.filter(|_| self.is_terminal)
            .map_or(usize::MAX, |(width, _)| usize::from(width.0))
    }

    /// Whether a person looks at a terminal that shows more than ASCII, as the locale has it (locale(7)).
    pub fn shows_unicode(&self) -> bool {
        let set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let first = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find(set);
        let locale = first.and_then(std::env::var_os).unwrap_or_default();
        let locale = locale.to_string_lossy().to_ascii_lowercase();
        self.is_terminal && (locale.contains("utf-8") || locale.contains("utf8"))
    }

    /// Shows `progress` until it is dropped; results are printed above it.
    pub fn show(&mut self, progress: Progress) {
        self.progress = progress;
    }

    /// The progress being shown.
    pub fn progress(&mut self) -> &mut Progress {
        &mut self.progress
    }

    /// Writes results. After a failure nothing more is written, and the failure is kept.
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

    /// Hands everything written so far to the system.
    pub fn flush(&mut self) {
        if std::mem::take(&mut self.unflushed) && self.failure.is_none() {
            self.failure = self.out.flush().err();
        }
    }

    /// Ends the progress display.
    pub fn finish_progress(&mut self) {
        self.progress = Progress::default();
    }

    /// Whether the reader has gone away (`| head -1`): there is nobody left to measure for.
    pub fn is_closed(&self) -> bool {
        self.failure.as_ref().map(io::Error::kind) == Some(io::ErrorKind::BrokenPipe)
    }

    /// Why results could not be written, if that happened for any reason but a reader gone away.
    pub fn failure(&self) -> Option<&io::Error> {
        self.failure.as_ref().filter(|_| !self.is_closed())
    }
}

/// Writes a diagnostic line to stderr. If even that fails there is nobody to tell.
pub fn print_diagnostic(text: &str) {
    let _ = writeln!(io::stderr(), "synack: {}", escape_controls(text));
}
