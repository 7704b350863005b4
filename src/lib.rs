//! `synack` is ping for TCP and UDP ports that says why.
//!
//! It opens TCP connections, or sends UDP datagrams or ICMP echoes, again and again, measures each, and tells apart
//! how a probe fails: RST, ICMP error and the device that sent it, error of the local machine, no reply.
//!
//! Data flows from top to bottom: [`cli`] parses the command line into plans, a mode runs them, [`engine`] sends
//! probes, each ends as an [`outcome::Sample`], [`stats`] counts samples, [`verdict`] judges them, [`report`] renders
//! the result.
//!
//! The rooms, from bottom to top; each imports only from rooms listed before it (`tests/structure`):
//!
//! - [`outcome`]: what happened to one probe, and the evidence; classification (pure)
//! - [`hosts`]: `host:port` to addresses: parsing (pure), name resolution
//! - [`clock`]: the wall clock of a run; times as text
//! - [`payload`]: UDP requests, and how replies are matched: bytes only
//! - [`mod@text`]: typed text: words of this program, and values from outside by kind
//! - [`term`]: stdout, stderr, progress bar, result files
//! - [`stats`]: histograms, counters, outages, confidence intervals (pure)
//! - [`platform`]: the operating system: sockets, poller, error queue, `TCP_INFO`, timestamps, routes, counters; the
//!   only unsafe code
//! - [`plan`]: the validated command line: a plan per concern
//! - [`probe`]: one attempt: TCP, UDP, ICMP echo
//! - [`engine`]: when to send, when to give up; many targets in one loop
//! - [`path`]: TTL sweeps, hops, ECMP, distance of the responder, where loss begins
//! - [`checks`]: the steps of a diagnosis: name, route, neighbour, port, other ports, packet sizes, listeners, counters
//! - [`assertions`]: `--expect`, `--fail-if`, `--until`
//! - [`verdict`]: what observations mean: causes, explanations, next steps by owner
//! - [`report`]: documents as text, Markdown, HTML; JSON; redaction of typed values
//! - [`session`]: shared by every run: signals, resolution and re-resolution, outputs, errors, exit status
//! - [`modes`]: one module per mode: ping, trace, diagnose, demo
//! - [`cli`]: what the user typed, parsed into validated plans; help, man page, completions; the only user of clap

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
