//! Client, router and server in a namespace each; the router's kernel forwards.

use crate::address_family::AddressFamily;
use crate::netns::{Namespace, shell, wait_until_up};
use crate::trial_error::Result;

/// The client's namespace is that of the trial.
pub(crate) struct RoutedNetwork {
    pub(crate) router: Namespace,
    pub(crate) server: Namespace,
}

const CLIENT: &str = "
    ip {family} addr add {client}/{prefix} dev lab0 {nodad}
    ip link set lab0 up
    ip {family} route add default via {router}";

const ROUTER: &str = "
    echo 1 > /proc/sys/net/ipv4/ip_forward
    echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
    ip {family} addr add {router}/{prefix} dev near {nodad}
    ip {family} addr add {router_far}/{prefix} dev far {nodad}
    ip link set near up
    ip link set far up";

const SERVER: &str = "
    ip {family} addr add {target}/{prefix} dev lab0 {nodad}
    ip link set lab0 up
    ip {family} route add default via {router_far}";

impl RoutedNetwork {
    /// Call it in the namespace `client`.
    pub(crate) fn build(client: &Namespace, family: AddressFamily) -> Result<Self> {
        let (router, server) = (Namespace::new()?, Namespace::new()?);
        router.run_inside(|| {
            shell(&format!(
                "ip link add near type veth peer name lab0 netns {}
                 ip link add far type veth peer name lab0 netns {}",
                client.path(),
                server.path()
            ))?;
            shell(&family.expand(ROUTER))
        })?;
        server.run_inside(|| shell(&family.expand(SERVER)))?;
        shell(&family.expand(CLIENT))?;
        wait_until_up()?;
        router.run_inside(wait_until_up)?;
        server.run_inside(wait_until_up)?;
        Ok(Self { router, server })
    }
}
