//! From measurements to a verdict.

pub mod capture_filter;
pub mod causes;
pub mod diagnosis;
pub mod explain;
pub mod letter;
pub mod observation;
pub mod ranking;
pub mod subject;
pub mod template;
#[cfg(test)]
mod tests;
pub mod texts;
