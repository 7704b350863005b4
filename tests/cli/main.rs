//! The command from outside: arguments, output streams, files, signals, JSON.

mod assertions;
mod demo;
mod diagnose;
mod harness;
mod interim_output;
mod json_schema;
mod loopback;
mod namespaces;
mod output_files;
mod ping;
mod redaction;
mod reresolution;
mod signals;
mod stdio;
mod trace;
mod udp_and_icmp;
mod usage_errors;
