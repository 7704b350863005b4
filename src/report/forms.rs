//! All forms that one run's results are wanted in: that of standard output first, then those of the files.

use super::Redactor;
use crate::plan::{Format, OutputPlan};

/// The forms, and what takes names and addresses out of them if that is wanted.
#[derive(Clone, Debug)]
pub struct Forms {
    formats: Vec<Format>,
    redactor: Option<Redactor>,
}

impl Forms {
    /// The forms that the plan asks for.
    pub fn new(plan: &OutputPlan, redactor: impl FnOnce() -> Redactor) -> Self {
        let files = plan.files.iter().map(|file| file.format);
        Self {
            formats: std::iter::once(plan.screen).chain(files).collect(),
            redactor: plan.redact.then(redactor),
        }
    }

    /// What there is to tell, in every form.
    pub fn each(&mut self, of: impl Fn(Format) -> String) -> Vec<String> {
        let redactor = &mut self.redactor;
        let formats = self.formats.iter();
        formats
            .map(|format| told(redactor.as_mut(), *format, of(*format)))
            .collect()
    }

    /// What is told as text, whatever form the results have.
    pub fn text(&mut self, text: String) -> String {
        told(self.redactor.as_mut(), Format::Text, text)
    }
}

fn told(redactor: Option<&mut Redactor>, format: Format, text: String) -> String {
    match redactor {
        Some(redactor) => redactor.redact_form(format, &text),
        None => text,
    }
}
