//! Split of the chosen source ports among parallel checks.

use std::ops::RangeInclusive;

use crate::plan::SocketPlan;

/// Probes of the target port, each from its own source port.
pub(super) const TARGET_PORT_PROBES: u16 = 6;

/// Source ports of the source port check.
pub(super) const FLOWS: u16 = 16;

/// Part of the chosen source ports. Parallel checks must not share a port: two UDP sockets with the same 5-tuple would
/// receive each other's replies, and TCP refuses the second.
#[derive(Clone, Copy, Debug)]
pub(super) enum SourcePortSplit {
    /// Probes of the target port: the first ports.
    Port,
    /// Path trace, in parallel: the other ports.
    Path,
    /// Source port check: the first ports.
    Flows,
    /// Loss survey, in parallel: the other ports.
    Survey,
}

impl SourcePortSplit {
    /// Socket options with this part of the source ports.
    pub(super) fn apply_to(self, sockets: &SocketPlan) -> SocketPlan {
        let mut sockets = sockets.clone();
        let chosen = sockets.source.as_mut();
        if let Some(ports) = chosen.and_then(|source| source.ports.as_mut()) {
            *ports = self.part_of(ports);
        }
        sockets
    }

    fn part_of(self, ports: &RangeInclusive<u16>) -> RangeInclusive<u16> {
        let (count, is_first) = match self {
            Self::Port => (TARGET_PORT_PROBES, true),
            Self::Path => (TARGET_PORT_PROBES, false),
            Self::Flows => (FLOWS, true),
            Self::Survey => (FLOWS, false),
        };
        let border = ports.start().saturating_add(count);
        match is_first {
            // Too few to split.
            _ if ports.len() <= usize::from(count) => ports.clone(),
            true => *ports.start()..=border - 1,
            false => border..=*ports.end(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_disjoint_and_complete() {
        let all = 41_000..=41_099;
        for (first, rest) in [
            (SourcePortSplit::Port, SourcePortSplit::Path),
            (SourcePortSplit::Flows, SourcePortSplit::Survey),
        ] {
            let (first, rest) = (first.part_of(&all), rest.part_of(&all));
            assert_eq!(first.end() + 1, *rest.start());
            assert_eq!((first.start(), rest.end()), (all.start(), all.end()));
        }
    }

    #[test]
    fn few_ports_are_not_split() {
        let few = 41_000..=41_005;
        assert_eq!(SourcePortSplit::Port.part_of(&few), few);
        assert_eq!(SourcePortSplit::Survey.part_of(&few), few);
        let last = 65_530..=u16::MAX;
        assert_eq!(SourcePortSplit::Survey.part_of(&last), last);
    }
}
