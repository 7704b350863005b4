//! Hops of rounds, loss survey and discovery sweep, merged.

use crate::path::{Hop, Path};

/// One hop per TTL, up to the path end: from the rounds, or where these got no reply, from the loss survey or the
/// discovery sweep.
pub fn merged_hops(path: &Path) -> Vec<Hop> {
    let survey: &[Hop] = path.survey.as_ref().map_or(&[], |flow| &flow.hops);
    let discovery = &path.discovery_hops;
    let all = discovery.iter().chain(&path.hops).chain(survey);
    // The discovery sweep also probes TTLs beyond the path end.
    let ends = all
        .filter(|hop| hop.is_path_end())
        .filter_map(|hop| hop.ttl);
    let end = ends.min().map_or(discovery.len(), usize::from);
    let count = path.hops.len().max(survey.len()).max(end);
    let hop = |index: usize| {
        let sources = [
            path.hops.get(index),
            survey.get(index),
            discovery.get(index),
        ];
        let hops = sources.into_iter().flatten().cloned();
        hops.reduce(|known, more| {
            if known.is_unanswered() {
                known.with_replies_of(&more)
            } else {
                known
            }
        })
    };
    (0..count).filter_map(hop).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::Protocol;
    use crate::path::fixture::{PathFixture, router};

    #[test]
    fn discovery_fills_an_unanswered_hop() {
        let fixture = PathFixture::new(Protocol::Tcp)
            .discovery("1 2 S")
            .rounds("1 * S");
        let hops = merged_hops(&fixture.path);
        assert_eq!(hops[1].router(), Some(router(2)));
        assert_eq!((hops[1].sent, hops[1].answered), (2, 1));
    }

    #[test]
    fn loss_survey_fills_an_unanswered_hop() {
        let mut path = PathFixture::of("1 * * >*").path;
        path.survey = PathFixture::of("1 2 S|1 2 *").path.flows.pop();
        assert_eq!(merged_hops(&path)[1].router(), Some(router(2)));
    }
}
