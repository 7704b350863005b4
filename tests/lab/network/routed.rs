//! Client, router and server, each in a namespace of its own, with the kernel's own forwarding.

use crate::address_family::Family;
use crate::netns::{Namespace, settle, shell};
use crate::trial_error::Result;

/// The two namespaces beyond the client's.
pub(crate) struct Routed {
    pub(crate) router: Namespace,
    pub(crate) server: Namespace,
}

const CLIENT: &str = "
    ip {f} addr add {host}/{prefix} dev lab0 {nodad}
    ip link set lab0 up
    ip {f} route add default via {router}";

const ROUTER: &str = "
    echo 1 > /proc/sys/net/ipv4/ip_forward
    echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
    ip {f} addr add {router}/{prefix} dev near {nodad}
    ip {f} addr add {router_far}/{prefix} dev far {nodad}
    ip link set near up
    ip link set far up";

const SERVER: &str = "
    ip {f} addr add {target}/{prefix} dev lab0 {nodad}
    ip link set lab0 up
    ip {f} route add default via {router_far}";

impl Routed {
    /// The calling thread must be in the `client` namespace.
    pub(crate) fn build(client: &Namespace, family: Family) -> Result<Self> {
        let (router, server) = (Namespace::new()?, Namespace::new()?);
        router.inside(|| {
            shell(&format!(
                "ip link add near type veth peer name lab0 netns {}
                 ip link add far type veth peer name lab0 netns {}",
                client.path(),
                server.path()
            ))?;
            shell(&family.fill(ROUTER))
        })?;
        server.inside(|| shell(&family.fill(SERVER)))?;
        shell(&family.fill(CLIENT))?;
        settle()?;
        router.inside(settle)?;
        server.inside(settle)?;
        Ok(Self { router, server })
    }
}
