//! Large packets beside small ones.

use super::probed::attempts_of;
use crate::checks::Findings;
use crate::text;
use crate::verdict::observation::{Observations, Sizes};

pub(super) fn observe(seen: &mut Observations, findings: &Findings) {
    let Some(sizes) = &findings.sizes else { return };
    let (small, large) = (
        attempts_of(&sizes.small_probes),
        attempts_of(&sizes.large_probes),
    );
    let value = match (small.succeeded(), large.succeeded()) {
        (0, _) => return,
        (_, 0) if large.silent > 0 && large.rejected() == 0 => Sizes::IcmpLargeLost,
        (_, 0) => return,
        _ => Sizes::Ok,
    };
    let figures = text![
        sizes.large_bytes,
        " bytes: ",
        large.succeeded(),
        " of ",
        large.total()
    ];
    seen.set_with(value, figures);
}
