//! Scripts of the scripted peer: replies and router rules as text in a scenario.

pub(crate) mod datagram_reply;
pub(crate) mod path;
pub(crate) mod router_rule;
pub(crate) mod tcp_reply;
pub(crate) mod value;
