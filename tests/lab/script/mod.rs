pub(crate) mod datagram;
pub(crate) mod router_rule;
pub(crate) mod tcp;
