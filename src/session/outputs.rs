//! Standard output and result files, each in its format.

use std::io;

use super::RunError;
use crate::plan::{DataFormat, DocumentFormat, Format, OutputPlan};
use crate::report::{MAX_WIDTH, MIN_WIDTH, Page};
use crate::term::{Output, ResultFile, escape_controls, print_diagnostic};

/// Outputs of one run; `D` are the data formats of its mode.
pub(crate) struct Outputs<'a, D> {
    pub(crate) output: &'a mut Output,
    stdout_format: Format<D>,
    page: Page,
    files: Vec<(Format<D>, ResultFile)>,
}

impl<'a, D: DataFormat> Outputs<'a, D> {
    /// Opens the result files: a wrong path fails before the first probe.
    pub(crate) fn open(plan: &OutputPlan<D>, output: &'a mut Output) -> Result<Self, RunError> {
        let files = plan.files.iter().map(|file| {
            let path = escape_controls(&file.path.to_string_lossy());
            let opened = ResultFile::create(&file.path);
            let opened = opened.map_err(|error| RunError::File { path, error })?;
            Ok((file.format, opened))
        });
        Ok(Self {
            files: files.collect::<Result<_, _>>()?,
            stdout_format: plan.stdout,
            page: Page {
                columns: output.columns().clamp(MIN_WIDTH, MAX_WIDTH),
                unicode: output.shows_unicode(),
                colour: output.colour(),
            },
            output,
        })
    }

    /// Whether there are result files.
    pub(crate) fn has_files(&self) -> bool {
        !self.files.is_empty()
    }

    /// Renders in each format and writes to standard output and files.
    pub(crate) fn write(&mut self, mut render: impl FnMut(Format<D>, &Page) -> String) {
        let text = render(self.stdout_format, &self.page);
        self.output.write(&text);
        self.write_to_files(render);
    }

    /// As [`Outputs::write`], to files only.
    pub(crate) fn write_to_files(&mut self, mut render: impl FnMut(Format<D>, &Page) -> String) {
        for (format, file) in &mut self.files {
            file.write(&render(*format, &Page::FILE));
        }
    }

    /// Writes interim statistics as text: to standard output if it is text, else to stderr.
    pub(crate) fn write_interim(&mut self, render: impl FnOnce(&Page) -> String) {
        let text = render(&self.page);
        if matches!(self.stdout_format, Format::Document(DocumentFormat::Text)) {
            self.output.write(&format!("\n{text}\n"));
        } else {
            to_stderr(&text);
        }
    }

    /// Writes the end of the results and completes the files. If standard output fails, the results go to stderr.
    pub(crate) fn finish(
        self,
        mut render: impl FnMut(Format<D>, &Page, &mut dyn FnMut(&str)),
    ) -> Result<(), RunError> {
        render(self.stdout_format, &self.page, &mut |text| {
            self.output.write(text);
        });
        self.output.flush();
        let mut result = match self.output.failure() {
            None => Ok(()),
            Some(failure) => {
                let failure = failure.to_string();
                render(self.stdout_format, &self.page, &mut to_stderr);
                Err(RunError::Output(failure))
            }
        };
        for (format, mut file) in self.files {
            render(format, &Page::FILE, &mut |text| file.write(text));
            result = complete(file, result);
        }
        result
    }
}

fn to_stderr(text: &str) {
    let _ = io::Write::write_all(&mut io::stderr(), text.as_bytes());
}

/// Completes a file. The first error is returned, further ones are printed.
fn complete(file: ResultFile, so_far: Result<(), RunError>) -> Result<(), RunError> {
    let path = escape_controls(&file.path().to_string_lossy());
    match file.finish() {
        Ok(()) => so_far,
        Err(error) if so_far.is_ok() => Err(RunError::File { path, error }),
        Err(error) => {
            print_diagnostic(&format!("cannot write {path}: {error}"));
            so_far
        }
    }
}
