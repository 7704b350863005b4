//! Linux, as an ordinary user.

mod busy_poll;
mod cmsg;
mod counters;
mod error_queue;
mod hop_limit;
mod host;
mod links;
mod listeners;
mod neighbours;
mod netlink;
mod poller;
mod recvmmsg;
mod routes;
#[cfg(feature = "cli")]
pub mod signals;
mod sockets;
mod sockopt;
mod tcp_evidence;
mod tcp_info;

pub use cmsg::CmsgBuffer;
pub use counters::counters;
pub use error_queue::read_error_queue;
pub use hop_limit::syn_ack_hop_limit;
pub use host::{
    ephemeral_ports, host, open_descriptors, raise_descriptor_limit, reports_ttl_exceeded,
};
pub use links::{interface_index, link, links};
pub use listeners::listeners;
pub use poller::{Poller, Waker};
pub use recvmmsg::RecvBatch;
pub use sockets::{disconnect, echo_socket, tcp_socket, udp_socket};
pub use sockopt::{
    bind_to_interface, disable_auto_flow_label, enable_recverr, enable_recvttl,
    enable_timestamping, set_fragmentation, set_local_port, set_traffic_class,
};
pub use tcp_evidence::{peer_end, tcp_socket_evidence};
pub use tcp_info::tcp_info;

/// Fragmentation can be forbidden per socket.
pub const CAN_FORBID_FRAGMENTS: bool = true;

/// ICMP errors are read from an error queue, with their sender.
pub const HAS_ERROR_QUEUE: bool = true;

/// Sockets can be bound to an interface.
pub const CAN_BIND_TO_INTERFACE: bool = true;
