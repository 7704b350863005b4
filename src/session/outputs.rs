//! Result files and standard output.

use std::io;

use super::RunError;
use crate::plan::{Format, OutputPlan};
use crate::term::{Output, ResultFile, escape_controls, print_diagnostic};

/// Opens the files that results are to go to, before anything is measured.
pub(crate) fn open(plan: &OutputPlan, targets: usize) -> Result<Vec<ResultFile>, RunError> {
    let files = plan.files.iter();
    files
        .map(|file| {
            let path = escape_controls(&file.path.to_string_lossy());
            if file.format == Format::Hgrm && targets > 1 {
                return Err(RunError::OneTargetOnly(path));
            }
            ResultFile::create(&file.path).map_err(|error| RunError::File { path, error })
        })
        .collect()
}

/// Tells what is known so far; where every line has its meaning for a program, to stderr.
pub(crate) fn write_interim(output: &mut Output, plan: &OutputPlan, text: &str) {
    if plan.screen == Format::Text {
        output.write(&format!("\n{text}\n"));
    } else {
        to_stderr(text);
    }
}

/// Tells the end on standard output. Nothing measured is lost: where it takes no more, all is told again on stderr.
pub(crate) fn write_final(
    output: &mut Output,
    mut write: impl FnMut(&mut dyn FnMut(&str)),
) -> Result<(), RunError> {
    write(&mut |text| output.write(text));
    output.flush();
    let Some(failure) = output.failure() else {
        return Ok(());
    };
    let failure = failure.to_string();
    write(&mut to_stderr);
    Err(RunError::Output(failure))
}

fn to_stderr(text: &str) {
    let _ = io::Write::write_all(&mut io::stderr(), text.as_bytes());
}

/// Puts a file in its place. The first failure is told as the run's end, the others here.
pub(crate) fn finish(file: ResultFile, so_far: Result<(), RunError>) -> Result<(), RunError> {
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

/// Writes the final text to standard output, and the others to the files, which are put in place.
pub(crate) fn write_all(
    output: &mut Output,
    texts: Vec<String>,
    files: Vec<ResultFile>,
) -> Result<(), RunError> {
    let mut texts = texts.into_iter();
    let screen = texts.next().unwrap_or_default();
    let written = write_final(output, |to| to(&screen));
    files
        .into_iter()
        .zip(texts)
        .fold(written, |so_far, (mut file, text)| {
            file.write(&text);
            finish(file, so_far)
        })
}
