//! Real servers in the namespace of the target.

pub(crate) mod tcp_listener;
pub(crate) mod udp_service;
