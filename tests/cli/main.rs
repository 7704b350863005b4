//! The command as a person or a script meets it: arguments, streams, signals, the JSON contract.

mod checks;
mod contract;
mod datagram;
mod demo;
mod files;
mod input;
mod modes;
mod run;
mod signals;
mod streams;
mod support;
mod watch;
