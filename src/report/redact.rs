//! Redaction: typed values are replaced by pseudonyms before rendering; a value has one pseudonym in all formats.
//!
//! Words of this program are not searched: a host may be named `main` or `network`. Untrusted text is searched for
//! known names and for addresses.

mod pseudonyms;

use std::cell::RefCell;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::Deref;

use serde::Serialize;

use crate::hosts::Target;
use crate::text::{Span, Text, Value};
use pseudonyms::Pseudonyms;

/// Output of a [`Redactor`]. Formats that take this type cannot print values that bypassed redaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Redacted(String);

/// Replaces values by pseudonyms, if redaction is on.
#[derive(Debug, Default)]
pub struct Redactor(Option<RefCell<Pseudonyms>>);

impl Deref for Redacted {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Redactor {
    /// Redaction is on if `active`.
    pub fn new(active: bool) -> Self {
        Self(active.then(RefCell::default))
    }

    /// Redaction is off.
    pub fn off() -> Self {
        Self(None)
    }

    /// Assigns pseudonyms to a target and its addresses.
    pub fn register_target(&self, target: &Target) {
        if let Some(names) = &self.0 {
            names.borrow_mut().register_target(target);
        }
    }

    /// Assigns a pseudonym to a source address.
    pub fn register_source(&self, address: IpAddr) {
        if let Some(names) = &self.0 {
            names.borrow_mut().register_source(address);
        }
    }

    /// Assigns the pseudonym of the local host name.
    pub fn register_local_name(&self, name: &str) {
        if let Some(names) = &self.0 {
            names.borrow_mut().register_local_name(name);
        }
    }

    /// A value.
    pub fn value(&self, value: &Value) -> Redacted {
        Redacted(match &self.0 {
            None => value.to_string(),
            Some(names) => names.borrow_mut().pseudonym(value),
        })
    }

    /// A text with its values redacted.
    pub fn text(&self, text: &Text) -> Redacted {
        let spans = text.spans().iter().map(|span| match span {
            Span::Words(words) => Redacted(words.clone().into_owned()),
            Span::Value(value) => self.value(value),
        });
        Redacted(spans.map(|span| span.0).collect())
    }

    /// An address.
    pub fn address(&self, address: IpAddr) -> Redacted {
        self.value(&Value::Address(address))
    }

    /// An address and a port.
    pub fn endpoint(&self, endpoint: SocketAddr) -> Redacted {
        self.value(&Value::Endpoint(endpoint))
    }

    /// `host:port` of a target as typed.
    pub fn service(&self, target: &Target) -> Redacted {
        self.value(&Value::service(target))
    }

    /// The name of a router without its address.
    pub fn router_name(&self, name: &str, address: IpAddr) -> Redacted {
        match &self.0 {
            None => Redacted(name.to_owned()),
            Some(_) => self.address(address),
        }
    }

    /// Untrusted text.
    pub fn foreign(&self, text: &str) -> Redacted {
        match &self.0 {
            None => Redacted(text.to_owned()),
            Some(_) => self.value(&Value::Foreign(text.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::{Lookup, Protocol};
    use crate::text;
    use crate::text::{CommandLine, Role, Word};
    use proptest::prelude::*;
    use std::sync::Arc;
    use std::time::Duration;

    fn target(host: &str, last: u8) -> Target {
        let address = ([10, 20, 0, last], 5432).into();
        Target {
            protocol: Protocol::Tcp,
            host: host.into(),
            address,
            lookup: Some(Arc::new(Lookup {
                addresses: vec![address],
                took: Duration::ZERO,
            })),
        }
    }

    fn redactor(hosts: &[&str]) -> Redactor {
        let redactor = Redactor::new(true);
        for (last, host) in (7..).zip(hosts) {
            redactor.register_target(&target(host, last));
        }
        redactor.register_source([10, 20, 9, 4].into());
        redactor
    }

    fn foreign(text: &str) -> String {
        redactor(&["db.example", "far.example"])
            .foreign(text)
            .to_string()
    }

    #[test]
    fn each_kind_has_its_pseudonym() {
        let redactor = redactor(&["db.example"]);
        let router = IpAddr::from([10, 20, 0, 1]);
        let text = text![
            Value::service(&target("DB.example", 7)),
            " (",
            IpAddr::from([10, 20, 0, 7]),
            ") from ",
            SocketAddr::from(([10, 20, 9, 4], 40_000)),
            ": ICMP 3/13 from ",
            Value::Router {
                name: "gw.db.example".into(),
                address: router
            },
            ", again ",
            router,
        ];
        assert_eq!(
            &*redactor.text(&text),
            "target-1:5432 (target-1) from source-1:40000: ICMP 3/13 from router-1, again router-1"
        );
    }

    #[test]
    fn each_address_of_a_target_has_its_pseudonym() {
        let redactor = redactor(&["db.example"]);
        let mut moved = target("db.example", 8);
        moved.lookup = None;
        redactor.register_target(&moved);
        redactor.register_target(&target("db.example", 9));
        let shown = |last| redactor.address([10, 20, 0, last].into()).to_string();
        assert_eq!(shown(7), "target-1");
        assert_eq!(shown(8), "target-1-address-2");
        assert_eq!(shown(9), "target-1-address-3");
    }

    #[test]
    fn typed_address_has_the_pseudonym_of_the_address() {
        let redactor = redactor(&["db.example"]);
        for host in ["10.20.0.7", "::ffff:10.20.0.7"] {
            assert_eq!(&*redactor.value(&Value::Host(host.into())), "target-1");
        }
        redactor.register_target(&target("10.20.0.7", 7));
        let service = redactor.service(&target("10.20.0.7", 7));
        assert_eq!(
            &*service, "target-2:5432",
            "a target of its own beside the name"
        );
    }

    #[test]
    fn host_name_with_trailing_dot_is_the_same_host() {
        let redactor = redactor(&["db.example."]);
        assert_eq!(
            &*redactor.foreign("db.example: DB.EXAMPLE. fails."),
            "target-1: target-1. fails."
        );
        assert_eq!(
            &*redactor.service(&target("db.example", 7)),
            "target-1:5432"
        );
    }

    #[test]
    fn own_words_are_not_searched() {
        let redactor = redactor(&["network", "target", "tcp"]);
        let text = text![
            "the network of target ",
            Value::Host("network".into()),
            " (tcp)"
        ];
        assert_eq!(
            &*redactor.text(&text),
            "the network of target target-1 (tcp)"
        );
    }

    #[test]
    fn command_keeps_plain_words() {
        let redactor = redactor(&["db.example"]);
        let word = |prefix: &str, value: &str, role| Word {
            prefix: prefix.to_owned(),
            value: value.to_owned(),
            role,
        };
        let command = CommandLine(vec![
            Word::plain("synack"),
            Word::plain("-o"),
            word("", "db.example.html", Role::File),
            word("--output=", "/srv/x/secret.md", Role::File),
            word("--payload=", "text:secret", Role::Private),
            word("", "tcp://DB.example:22,5432", Role::Target),
            word("", "[2001:db8::7]:443", Role::Target),
            word("", "10.20.9.4:4000-4010", Role::Source),
        ]);
        assert_eq!(
            &*redactor.value(&Value::Command(command)),
            "synack -o file-1.html --output=file-2.md --payload=... tcp://target-1:22,5432 [target-2]:443 \
             source-1:4000-4010"
        );
    }

    #[test]
    fn untrusted_text_is_searched_for_known_names_and_addresses() {
        for (text, redacted) in [
            (
                "db.example:5432 (10.20.0.7) from 10.20.9.4: 10.20.0.1, again 10.20.0.1.",
                "target-1:5432 (target-1) from source-1: router-1, again router-1.",
            ),
            (
                "DB.Example 10.20.0.7:443 [fe80::1]:22 fe80::1%eth0",
                "target-1 target-1:443 [router-1]:22 router-1%eth0",
            ),
            (
                "entry 02:00:00:aB:00:01 reachable",
                "entry link-address reachable",
            ),
        ] {
            assert_eq!(foreign(text), redacted);
        }
        for text in [
            "at 12:00:03Z, 0.412 ms, 3/13, Linux 6.18.44, dead, ::, 0.0.0.0",
            "otherdb.example, db.example.org, my-db.example",
            "HISTFAAAACN4nJNpmSzMwMDAxgAB",
        ] {
            assert_eq!(foreign(text), text);
        }
    }

    #[test]
    fn values_are_unchanged_without_redaction() {
        let off = Redactor::off();
        assert_eq!(&*off.service(&target("db.example", 7)), "db.example:5432");
        assert_eq!(&*off.foreign("10.20.0.7"), "10.20.0.7");
    }

    proptest! {
        #[test]
        fn known_address_is_replaced_between_any_delimiters(before in "[ ,(\\[\"=]", behind in "[ ,)\\]\":.]") {
            let text = format!("x{before}10.20.0.7{behind} y");
            prop_assert!(!foreign(&text).contains("10.20.0.7"));
        }

        #[test]
        fn arbitrary_text_does_not_panic(text: String) {
            foreign(&text);
        }
    }
}
