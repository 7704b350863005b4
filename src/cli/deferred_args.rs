//! Options of a mode, defined only when that mode is asked for.

use clap::{ArgMatches, Args, Command, Error, FromArgMatches};

/// Options of a mode, defined lazily: defining all of them takes longer than a probe.
#[derive(Debug)]
pub(super) struct Deferred<T>(pub(super) T);

impl<T: Args> Args for Deferred<T> {
    fn augment_args(command: Command) -> Command {
        // The description in the list of modes stays.
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
