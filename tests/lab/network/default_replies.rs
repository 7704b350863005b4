//! Replies of hosts and routers to what no target covers.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::endpoint::Protocol;
use crate::peer::datagram_responder::DatagramScript;
use crate::peer::path::Path;
use crate::peer::tcp_responder::TcpScript;
use crate::scenario::Target;
use crate::script::path::DefaultReplies;

#[derive(Default)]
pub(super) struct HostScripts {
    pub(super) tcp: HashMap<IpAddr, TcpScript>,
    pub(super) datagrams: HashMap<(Protocol, IpAddr), DatagramScript>,
}

impl HostScripts {
    /// For the addresses of all targets and routers.
    pub(super) fn new(targets: &[Target], path: &Path, replies: &DefaultReplies) -> Self {
        let mut scripts = Self::default();
        let targets = targets.iter().map(|target| target.address);
        for address in targets.chain(path.addresses()) {
            let tcp = TcpScript::constant(replies.tcp());
            let udp = DatagramScript::constant(replies.udp(address));
            let icmp = DatagramScript::constant(replies.icmp());
            scripts.tcp.insert(address, tcp);
            scripts.datagrams.insert((Protocol::Udp, address), udp);
            scripts.datagrams.insert((Protocol::Icmp, address), icmp);
        }
        scripts
    }
}
