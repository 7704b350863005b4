//! Interfaces of this machine: state, MTU, addresses, names and indexes.

use std::sync::Arc;

use nix::net::if_::{if_indextoname, if_nametoindex};

use super::netlink::{InterfaceAddress, LinkEntry, NetlinkSocket};
use crate::platform::Link;

/// All interfaces of this thread's network namespace with their names, in the kernel's order. Empty: netlink failed.
pub fn links() -> Vec<(String, Link)> {
    NetlinkSocket::rtnetlink()
        .and_then(|netlink| read(&netlink))
        .unwrap_or_default()
}

/// The interface of that name. `None`: it does not exist, or netlink failed.
pub fn link(interface: &str) -> Option<Link> {
    let found = links().into_iter().find(|(name, _)| name == interface);
    found.map(|(_, link)| link)
}

/// The index of the interface of that name, if it exists.
pub fn interface_index(name: &str) -> Option<u32> {
    if_nametoindex(name).ok()
}

/// The name of the interface with that index, if it still exists.
pub(super) fn interface_name(index: u32) -> Option<Arc<str>> {
    let name = if_indextoname(index).ok()?;
    name.to_str().ok().map(Into::into)
}

fn read(netlink: &NetlinkSocket) -> Option<Vec<(String, Link)>> {
    let links = netlink.links().ok()?;
    let addresses = netlink.addresses().ok()?;
    let named = links
        .into_iter()
        .map(|entry| (entry.name.clone(), link_with(&entry, &addresses)));
    Some(named.collect())
}

fn link_with(entry: &LinkEntry, addresses: &[InterfaceAddress]) -> Link {
    let own = addresses
        .iter()
        .filter(|address| address.interface == entry.index);
    Link {
        index: entry.index,
        up: entry.is_up(),
        // A link that is down reports no carrier either way.
        carrier: entry.is_up().then(|| entry.is_running()),
        mtu: entry.mtu,
        addresses: own.map(|own| (own.address, own.prefix)).collect(),
        is_loopback: entry.is_loopback(),
        is_point_to_point: entry.is_point_to_point(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn loopback_is_listed_with_its_address() {
        let lo = link("lo").expect("a loopback interface");
        assert_eq!(Some(lo.index), interface_index("lo"));
        assert_eq!((lo.up, lo.carrier), (true, Some(true)));
        assert_eq!((lo.is_loopback, lo.is_point_to_point), (true, false));
        assert!(lo.mtu > Some(1280), "{lo:?}");
        assert!(
            lo.addresses.contains(&(Ipv4Addr::LOCALHOST.into(), 8)),
            "{lo:?}"
        );
        assert!(!lo.is_usable_uplink());
    }

    #[test]
    fn links_are_found_by_name() {
        for (name, found) in links() {
            assert_eq!(
                link(&name).map(|link| link.index),
                Some(found.index),
                "{name}"
            );
        }
        assert_eq!(link("no-such-if"), None);
        assert_eq!(interface_index("no-such-if"), None);
    }
}
