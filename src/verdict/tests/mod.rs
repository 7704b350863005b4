//! The table against situations: what a run would see, and which cause is true.

mod simulation;
mod situations;
