//! Values that a shell completes.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Command, Error};

use crate::outcome::Outcome;
use crate::outcome::catalog::outcomes;
use crate::payload::AppProtocol;
use crate::verdict::explanation;

/// A parser with the values that a shell offers; it may accept others, too.
#[derive(Clone)]
pub(super) struct Listed<P> {
    parser: P,
    values: fn() -> Vec<String>,
}

/// `parser`, with the values that a shell offers.
pub(super) fn listed<P: TypedValueParser>(parser: P, values: fn() -> Vec<String>) -> Listed<P> {
    Listed { parser, values }
}

impl<P: TypedValueParser> TypedValueParser for Listed<P> {
    type Value = P::Value;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Self::Value, Error> {
        self.parser.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let values = (self.values)().into_iter();
        Some(Box::new(values.map(PossibleValue::new)))
    }
}

/// Names of UDP payloads, and the prefixes of custom ones.
pub(super) fn payloads() -> Vec<String> {
    let names = AppProtocol::ALL.map(AppProtocol::name);
    let names = names.into_iter().chain(["text:", "hex:", "file:"]);
    names.map(str::to_owned).collect()
}

/// How connections are closed.
pub(super) fn closes() -> Vec<String> {
    vec!["fin".to_owned(), "rst".to_owned()]
}

/// Outcomes and their reasons.
pub(super) fn expectations() -> Vec<String> {
    let mut names = BTreeSet::from(["ok".to_owned(), "failure".to_owned()]);
    // Unfinished probes are no result.
    for outcome in outcomes().filter(|it| *it != Outcome::Unfinished) {
        names.insert(outcome.kind().name().to_owned());
        names.extend(outcome.reason().map(Cow::into_owned));
    }
    names.into_iter().collect()
}

/// Everything that can be explained.
pub(super) fn explained() -> Vec<String> {
    let names = explanation::all().into_iter();
    let names: BTreeSet<_> = names.map(|(_, name, _)| name.to_owned()).collect();
    names.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::values;

    #[test]
    fn what_a_shell_offers_is_accepted() {
        for name in expectations() {
            assert!(values::expected(&name).is_ok(), "{name}");
        }
        for name in closes() {
            assert!(values::close(&name).is_ok(), "{name}");
        }
        for name in payloads().iter().filter(|it| !it.ends_with(':')) {
            assert!(values::payload(name).is_ok(), "{name}");
        }
        for name in explained() {
            assert!(!explanation::explain(&name).is_empty(), "{name}");
        }
    }
}
