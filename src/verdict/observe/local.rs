//! Local errors: what stopped the probes on this machine.

use crate::outcome::LocalCause;
use crate::verdict::observation::{Kernel, LocalNet, Observations, Sent};

/// Probes of this machine left it.
pub fn set_left(seen: &mut Observations) {
    seen.set(Sent::Left);
    seen.set(Kernel::None);
}

/// Observations from a local cause. Each cause is one observation: either how the packets were stopped, or the error that
/// names its cause itself.
pub fn set_cause(seen: &mut Observations, cause: LocalCause) {
    if let Some(sent) = sent(cause) {
        seen.set(Kernel::None);
        seen.set(sent);
        // All others got as far as a route.
        let has_route = cause != LocalCause::NoRoute;
        seen.set(if has_route {
            LocalNet::Fine
        } else {
            LocalNet::NoRoute
        });
    } else {
        seen.set(kernel(cause));
        match cause {
            LocalCause::AddressNotAvailable => seen.set(LocalNet::NoSource),
            LocalCause::NetworkDown => seen.set(LocalNet::LinkDown),
            _ => {}
        }
    }
}

fn sent(cause: LocalCause) -> Option<Sent> {
    Some(match cause {
        LocalCause::NoRoute => Sent::Error,
        LocalCause::NoNeighbour => Sent::Queued,
        LocalCause::DroppedLocally => Sent::DroppedHere,
        LocalCause::PortsExhausted => Sent::Exhausted,
        _ => return None,
    })
}

fn kernel(cause: LocalCause) -> Kernel {
    match cause {
        LocalCause::RouteUnreachable => Kernel::RouteUnreachable,
        LocalCause::RouteProhibited => Kernel::RouteProhibited,
        LocalCause::RouteBlackhole => Kernel::RouteBlackhole,
        LocalCause::LocalFirewall => Kernel::LocalFirewall,
        LocalCause::StuckInQueue => Kernel::StuckInQueue,
        LocalCause::TooManyOpenFiles => Kernel::TooManyOpenFiles,
        LocalCause::AddressNotAvailable => Kernel::AddressNotAvailable,
        LocalCause::MessageTooLong => Kernel::MessageTooLong,
        LocalCause::GroupTarget => Kernel::GroupTarget,
        LocalCause::NoSuchInterface => Kernel::NoSuchInterface,
        LocalCause::NetworkDown => Kernel::NetworkDown,
        LocalCause::FamilyNotSupported => Kernel::FamilyNotSupported,
        LocalCause::Permission => Kernel::Permission,
        LocalCause::SelfConnect => Kernel::SelfConnect,
        LocalCause::OutOfMemory => Kernel::OutOfMemory,
        LocalCause::SystemError
        | LocalCause::NoRoute
        | LocalCause::NoNeighbour
        | LocalCause::DroppedLocally
        | LocalCause::PortsExhausted => Kernel::SystemError,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::observation::{Place, Port, Protocol};
    use crate::verdict::ranking::{Certainty, rank};

    /// A local cause is what the kernel says: the verdict bears its name.
    #[test]
    fn each_local_cause_is_its_own_verdict() {
        for cause in LocalCause::ALL {
            let mut seen = Observations::default();
            seen.set(Protocol::Tcp);
            seen.set(Port::Local);
            seen.set(Place::Routed);
            set_cause(&mut seen, *cause);
            let ranking = rank(&seen);
            let expected = match cause {
                // What does not answer is the gateway, as the target is routed.
                LocalCause::NoNeighbour => "gateway-dead",
                LocalCause::NetworkDown => "link-down",
                cause => cause.reason(),
            };
            assert_eq!(
                ranking.code().name(),
                expected,
                "{:?}",
                ranking.possible().collect::<Vec<_>>()
            );
            assert!(ranking.certainty() > Certainty::OneOf, "{cause:?}");
        }
    }
}
