//! Conclusions from what was measured: what is wrong, how that is known, and who acts.
//!
//! [`explain`] judges the targets of a plain run and a traced path, [`diagnosis`] the findings of
//! `synack diagnose`.

pub mod diagnosis;
pub mod explain;
