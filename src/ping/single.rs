//! What modes that look at one target share with a run of probes.

use super::{RunError, check_echo, check_source, listen, outlets, targets};
use crate::hosts::Target;
use crate::plan::Plan;
use crate::platform::signals::Signals;
use crate::platform::{self, Poller};
use crate::term::{Output, ResultFile};

/// The event loop, the signals, and the one target of a plan, resolved and found fit to be probed.
pub(crate) fn prepared(plan: &Plan) -> Result<(Poller, Signals, Target), RunError> {
    let (poller, signals) = listen()?;
    make_room();
    let resolved = targets::targets(plan, &signals, &poller.waker())?;
    check_source(plan)?;
    check_echo(&resolved.targets)?;
    let mut targets = resolved.targets.into_iter();
    let target = targets.next().ok_or_else(|| {
        let unresolved = resolved.unresolved.join("; ");
        RunError::NoTarget(unresolved)
    })?;
    Ok((poller, signals, target))
}

/// The signals, for a mode that resolves and probes by itself; what the plan says of sockets is fit for use.
pub(crate) fn ready(plan: &Plan) -> Result<Signals, RunError> {
    let (_, signals) = listen()?;
    make_room();
    check_source(plan)?;
    Ok(signals)
}

/// Each probe under way has a socket of its own, and the steps of a diagnosis have a hundred and more at once. A limit
/// that cannot be raised shows in the probes that meet it.
fn make_room() {
    platform::raise_descriptor_limit();
}

/// Opens the files that results are to go to.
pub(crate) fn open_files(plan: &Plan) -> Result<Vec<ResultFile>, RunError> {
    outlets::open_files(plan, 1)
}

/// Tells the end: the first text to standard output, the others to the files, which are put in their places.
pub(crate) fn hand_over(
    output: &mut Output,
    texts: Vec<String>,
    files: Vec<ResultFile>,
) -> Result<(), RunError> {
    let mut texts = texts.into_iter();
    let screen = texts.next().unwrap_or_default();
    let told = outlets::tell_end(output, |to| to(&screen));
    files
        .into_iter()
        .zip(texts)
        .fold(told, |so_far, (mut file, text)| {
            file.write(&text);
            outlets::finish(file, so_far)
        })
}
