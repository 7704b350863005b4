//! `synack` is ping for TCP and UDP ports, and it says why.
//!
//! It opens TCP connections (or sends UDP datagrams, or ICMP echoes) again and again, measures each, and
//! tells apart every way a probe can fail: a RST, an ICMP error and which device sent it, this machine's own
//! fault, silence.
//!
//! Data flows one way: [`cli`] turns arguments into a [`plan`], [`engine`] drives [`probe`]s over a
//! [`platform`] (what a UDP probe says is a [`payload`]), each probe becomes a sample with an [`outcome`], [`stats`] tallies samples, and
//! [`report`] turns them into bytes, judged by [`verdict`] and [`assertions`]. [`modes`] run them from start to end.

pub mod assertions;
pub mod checks;
pub mod cli;
pub mod clock;
pub mod engine;

pub mod hosts;
pub mod modes;
pub mod outcome;
pub mod path;
pub mod payload;
pub mod plan;
pub mod platform;
pub mod probe;
pub mod report;
pub mod session;
pub mod stats;
pub mod term;
pub mod text;
pub mod verdict;
