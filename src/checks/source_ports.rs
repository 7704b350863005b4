//! Who has which of the source ports that the user chose.

use std::ops::RangeInclusive;

use super::follow_up::FLOWS;
use super::steps::PORTS;
use crate::plan::SocketPlan;

/// What is asked at the same time, from the same address, needs other ports: two sockets whose ends are the same would take
/// each other's answers, and TCP refuses the second.
#[derive(Clone, Copy, Debug)]
pub(super) enum SourcePortSplit {
    /// The probes of the asked port: one port each.
    Port,
    /// Those of its path: all others.
    Path,
    /// The source ports that are looked at.
    Flows,
    /// What is asked beside them: all others.
    Survey,
}

impl SourcePortSplit {
    /// The sockets with this part of their source ports.
    pub(super) fn of(self, sockets: &SocketPlan) -> SocketPlan {
        let mut sockets = sockets.clone();
        let chosen = sockets.source.as_mut();
        if let Some(ports) = chosen.and_then(|source| source.ports.as_mut()) {
            *ports = self.of_ports(ports);
        }
        sockets
    }

    fn of_ports(self, ports: &RangeInclusive<u16>) -> RangeInclusive<u16> {
        let (first, is_first) = match self {
            Self::Port => (PORTS, true),
            Self::Path => (PORTS, false),
            Self::Flows => (FLOWS, true),
            Self::Survey => (FLOWS, false),
        };
        let border = ports.start().saturating_add(first);
        match is_first {
            // There are too few to be shared.
            _ if ports.len() <= usize::from(first) => ports.clone(),
            true => *ports.start()..=border - 1,
            false => border..=*ports.end(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_apart_and_leave_nothing_out() {
        let all = 41_000..=41_099;
        for (first, rest) in [
            (SourcePortSplit::Port, SourcePortSplit::Path),
            (SourcePortSplit::Flows, SourcePortSplit::Survey),
        ] {
            let (first, rest) = (first.of_ports(&all), rest.of_ports(&all));
            assert_eq!(first.end() + 1, *rest.start());
            assert_eq!((first.start(), rest.end()), (all.start(), all.end()));
        }
        let few = 41_000..=41_005;
        assert_eq!(SourcePortSplit::Port.of_ports(&few), few);
        assert_eq!(SourcePortSplit::Survey.of_ports(&few), few);
        let last = 65_530..=u16::MAX;
        assert_eq!(SourcePortSplit::Survey.of_ports(&last), last);
    }
}
