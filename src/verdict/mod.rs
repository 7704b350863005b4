//! From measurements to a verdict: observations, causes ranked by them, texts.

pub mod capture_filter;
pub mod case;
pub mod causes;
pub mod conclusion;
pub mod explanation;
pub mod glossary;
pub mod letter;
pub mod observation;
pub mod observe;
pub mod ranking;
pub mod statement;
pub mod subject;
pub mod template;
#[cfg(test)]
mod tests;
pub mod texts;
