//! A table of situations and what each is, and what every diagnosis must have.

mod build;
mod evidence;
mod rows;
mod words;
