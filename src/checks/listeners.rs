//! Listening sockets, where the target is this machine.

use super::ListenerFindings;
use crate::hosts::Target;
use crate::platform::{self, LocalHost};

/// Listeners on the target port; absent where the target is another machine. To be read after the probes: they fill the
/// accept queue of a listener that does not accept.
pub(super) fn check(target: &Target) -> Option<ListenerFindings> {
    let port = target.port()?;
    LocalHost::is_local_address(target.address.ip()).then(|| ListenerFindings {
        sockets: platform::listeners(target.protocol, port),
    })
}
