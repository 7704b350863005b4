//! Options of a mode, defined only when that mode is asked for.

use clap::{ArgMatches, Args, Command, Error, FromArgMatches};

/// A mode's options. To define all of them takes longer than to send a probe, and most runs are of no mode.
#[derive(Debug)]
pub(super) struct Deferred<T>(pub(super) T);

impl<T: Args> Args for Deferred<T> {
    fn augment_args(command: Command) -> Command {
        // What the list of modes says of it stays, whatever the type says of itself.
        command.defer(|mode| {
            let about = mode.get_about().cloned().unwrap_or_default();
            T::augment_args(mode).about(about)
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<T: FromArgMatches> FromArgMatches for Deferred<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}
