//! The interfaces of this machine, from rtnetlink(7).

use super::interfaces::{AddressFound, LinkFound};
use super::netlink::Conversation;
use crate::platform::Link;

/// Every interface of this thread's network namespace with its name, in the kernel's order. Empty: the kernel does
/// not tell.
pub fn links() -> Vec<(String, Link)> {
    Conversation::begin()
        .and_then(|it| all(&it))
        .unwrap_or_default()
}

/// The interface of that name. `None`: there is none, or this system does not tell.
pub fn link(interface: &str) -> Option<Link> {
    let found = links().into_iter().find(|(name, _)| name == interface);
    found.map(|(_, link)| link)
}

fn all(kernel: &Conversation) -> Option<Vec<(String, Link)>> {
    let links = kernel.links().ok()?;
    let addresses = kernel.addresses().ok()?;
    let named = links
        .into_iter()
        .map(|found| (found.name.clone(), with(&found, &addresses)));
    Some(named.collect())
}

fn with(found: &LinkFound, addresses: &[AddressFound]) -> Link {
    let own = addresses
        .iter()
        .filter(|address| address.interface == found.index);
    Link {
        index: found.index,
        up: found.is_up(),
        // What is switched off tells nothing of its cable.
        carrier: found.is_up().then(|| found.is_running()),
        mtu: found.mtu,
        addresses: own.map(|own| (own.address, own.prefix)).collect(),
        is_loopback: found.is_loopback(),
        is_point_to_point: found.is_point_to_point(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::interface_index;
    use std::net::Ipv4Addr;

    #[test]
    fn loopback_is_a_link() {
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
    fn every_link_can_be_asked_for_by_its_name() {
        for (name, found) in links() {
            assert_eq!(
                link(&name).map(|link| link.index),
                Some(found.index),
                "{name}"
            );
        }
        assert_eq!(link("no-such-if"), None);
    }
}
