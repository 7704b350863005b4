//! Standard output and result files, each in its format.

use std::io;

use super::RunError;
use crate::plan::{DataFormat, DocumentFormat, Format, OutputPlan};
use crate::report::{MAX_WIDTH, MIN_WIDTH, Page};
use crate::term::{Output, ResultFile, escape_controls, print_diagnostic};

/// All outputs of one run; `D` are the data formats of its mode.
pub(crate) struct Outputs<'a, D> {
    pub(crate) output: &'a mut Output,
    screen: Format<D>,
    page: Page,
    files: Vec<(Format<D>, ResultFile)>,
}

impl<'a, D: DataFormat> Outputs<'a, D> {
    /// Opens the result files, so that a bad path fails before anything is measured.
    pub(crate) fn open(plan: &OutputPlan<D>, output: &'a mut Output) -> Result<Self, RunError> {
        let files = plan.files.iter().map(|file| {
            let path = escape_controls(&file.path.to_string_lossy());
            let opened = ResultFile::create(&file.path);
            let opened = opened.map_err(|error| RunError::File { path, error })?;
            Ok((file.format, opened))
        });
        Ok(Self {
            files: files.collect::<Result<_, _>>()?,
            screen: plan.screen,
            page: Page {
                columns: output.columns().clamp(MIN_WIDTH, MAX_WIDTH),
                unicode: output.shows_unicode(),
                colour: output.colour(),
            },
            output,
        })
    }

    /// Whether anything is written to files.
    pub(crate) fn has_files(&self) -> bool {
        !self.files.is_empty()
    }

    /// Writes what `render` makes of something for each format.
    pub(crate) fn write(&mut self, mut render: impl FnMut(Format<D>, &Page) -> String) {
        let text = render(self.screen, &self.page);
        self.output.write(&text);
        self.write_to_files(render);
    }

    /// As [`Outputs::write`], without standard output.
    pub(crate) fn write_to_files(&mut self, mut render: impl FnMut(Format<D>, &Page) -> String) {
        for (format, file) in &mut self.files {
            file.write(&render(*format, &Page::FILE));
        }
    }

    /// Writes interim statistics as text; to stderr where standard output is read by a program.
    pub(crate) fn write_interim(&mut self, render: impl FnOnce(&Page) -> String) {
        let text = render(&self.page);
        if matches!(self.screen, Format::Document(DocumentFormat::Text)) {
            self.output.write(&format!("\n{text}\n"));
        } else {
            to_stderr(&text);
        }
    }

    /// Writes the end, piece by piece, and puts the files in place. Nothing measured is lost: where standard output
    /// takes no more, everything goes to stderr.
    pub(crate) fn finish(
        self,
        mut render: impl FnMut(Format<D>, &Page, &mut dyn FnMut(&str)),
    ) -> Result<(), RunError> {
        render(self.screen, &self.page, &mut |text| self.output.write(text));
        self.output.flush();
        let mut result = match self.output.failure() {
            None => Ok(()),
            Some(failure) => {
                let failure = failure.to_string();
                render(self.screen, &self.page, &mut to_stderr);
                Err(RunError::Output(failure))
            }
        };
        for (format, mut file) in self.files {
            render(format, &Page::FILE, &mut |text| file.write(text));
            result = put_in_place(file, result);
        }
        result
    }
}

fn to_stderr(text: &str) {
    let _ = io::Write::write_all(&mut io::stderr(), text.as_bytes());
}

/// The first failure ends the run, further ones are warnings.
fn put_in_place(file: ResultFile, so_far: Result<(), RunError>) -> Result<(), RunError> {
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
