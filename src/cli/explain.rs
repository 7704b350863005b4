//! `synack explain`: what a code means.

use std::iter;

use crate::report::{MAX_WIDTH, wrap};
use crate::verdict::diagnosis::Code;
use crate::verdict::explain;

/// The text of a code, or the list of all codes.
pub(super) fn text(code: Option<&str>) -> Result<String, String> {
    let text = match code {
        None => explain::all() + &verdicts(),
        Some(code) => explain::about(code)
            .or_else(|| verdict(code))
            .ok_or_else(|| format!("unknown code {code:?}: synack explain lists all codes"))?,
    };
    let lines = text.lines().map(|line| {
        let indent = line.len() - line.trim_start().len();
        wrap(line, indent, MAX_WIDTH) + "\n"
    });
    Ok(lines.collect())
}

/// Verdict codes of the modes, each with its meaning.
fn verdict_texts() -> impl Iterator<Item = (&'static str, String)> {
    let of_paths = explain::path::CODES
        .iter()
        .copied()
        .zip(iter::repeat("trace"));
    let of_diagnoses = Code::explained().zip(iter::repeat("diagnose"));
    of_paths.chain(of_diagnoses).map(|((code, meaning), mode)| {
        let text = format!("{code}, a verdict of synack {mode}\n  {meaning}\n\n");
        (code, text)
    })
}

fn verdicts() -> String {
    verdict_texts().map(|(_, text)| text).collect()
}

/// Meaning of a verdict code, in every mode that has it.
fn verdict(code: &str) -> Option<String> {
    let texts = verdict_texts().filter(|(name, _)| *name == code);
    let text: String = texts.map(|(_, text)| text).collect();
    (!text.is_empty()).then_some(text)
}
