//! Redaction: typed values are replaced by pseudonyms before rendering; a value has one pseudonym in all formats.
//!
//! Words of this program are not searched: a host may be named `main` or `network`. Untrusted text is searched for
//! known names and for addresses.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::Deref;
use std::path::Path;

use serde::Serialize;

use crate::hosts::{self, Protocol, Target};
use crate::text::{CommandLine, Role, Word};
use crate::text::{Span, Text, Value, is_address_part, leading_address};

/// Output of a [`Redactor`]. Formats that take this type cannot print values that bypassed redaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Redacted(String);

/// Replaces values by pseudonyms, if redaction is on.
#[derive(Debug, Default)]
pub struct Redactor(Option<RefCell<Pseudonyms>>);

/// The pseudonyms assigned so far.
#[derive(Debug, Default)]
struct Pseudonyms {
    /// Host names in lower case.
    hosts: HashMap<String, String>,
    targets: usize,
    addresses: HashMap<IpAddr, String>,
    files: Vec<String>,
    routers: usize,
    sources: usize,
}

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
        let Some(names) = &self.0 else { return };
        let mut names = names.borrow_mut();
        let pseudonym = names.host(&target.host);
        names
            .addresses
            .entry(target.address.ip())
            .or_insert_with(|| pseudonym.clone());
        for other in target.lookup.iter().flat_map(|lookup| &lookup.addresses) {
            let number = names.addresses.len() + 1;
            let pseudonym = format!("{pseudonym}-address-{number}");
            names.addresses.entry(other.ip()).or_insert(pseudonym);
        }
    }

    /// Assigns a pseudonym to a source address.
    pub fn register_source(&self, address: IpAddr) {
        let Some(names) = &self.0 else { return };
        let mut names = names.borrow_mut();
        if !names.addresses.contains_key(&address) {
            names.sources += 1;
            let pseudonym = format!("source-{}", names.sources);
            names.addresses.insert(address, pseudonym);
        }
    }

    /// Assigns the pseudonym of the local host name.
    pub fn register_local_name(&self, name: &str) {
        let Some(names) = &self.0 else { return };
        let names = &mut names.borrow_mut();
        names
            .hosts
            .insert(name.to_lowercase(), LOCAL_NAME.to_owned());
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

/// Pseudonym of the local host name.
const LOCAL_NAME: &str = "this-host";

impl Pseudonyms {
    fn pseudonym(&mut self, value: &Value) -> String {
        match value {
            Value::Host(host) | Value::Service { host, port: None } => self.host(host),
            Value::Service {
                host,
                port: Some(port),
            } => format!("{}:{port}", self.host(host)),
            Value::Address(address) | Value::Router { address, .. } => self.address(*address),
            Value::Endpoint(endpoint) => {
                format!("{}:{}", self.address(endpoint.ip()), endpoint.port())
            }
            Value::LocalName(_) => LOCAL_NAME.to_owned(),
            Value::LinkAddress(_) => "link-address".to_owned(),
            Value::Command(command) => self.command(command),
            Value::Label(label) => label.to_string(),
            Value::Foreign(text) => self.foreign(text),
        }
    }

    fn host(&mut self, host: &str) -> String {
        let targets = &mut self.targets;
        let word = self.hosts.entry(host.to_lowercase()).or_insert_with(|| {
            *targets += 1;
            format!("target-{targets}")
        });
        word.clone()
    }

    /// An address that was not registered is most likely a router's.
    fn address(&mut self, address: IpAddr) -> String {
        if address.is_unspecified() {
            return address.to_string();
        }
        if let Some(word) = self.addresses.get(&address) {
            return word.clone();
        }
        self.routers += 1;
        let word = format!("router-{}", self.routers);
        self.addresses.insert(address, word.clone());
        word
    }

    fn command(&mut self, command: &CommandLine) -> String {
        let words = command.0.iter().map(|word| {
            let value = match word.role {
                Role::Plain => word.value.clone(),
                Role::Target => self.typed_target(&word.value),
                Role::Source => self.foreign(&word.value),
                Role::File => self.file(&word.value),
                Role::Private => "...".to_owned(),
            };
            Word {
                value,
                ..word.clone()
            }
        });
        CommandLine(words.collect()).to_string()
    }

    /// A TARGET with its host replaced; scheme and ports stay.
    fn typed_target(&mut self, text: &str) -> String {
        let Ok(spec) = hosts::parse(text, Protocol::Tcp, |_| Some(0)) else {
            return "...".to_owned();
        };
        let start = text.find("://").map_or(0, |at| at + "://".len());
        let (scheme, rest) = text.split_at(start);
        scheme.to_owned() + &rest.replacen(spec.host.text(), &self.host(spec.host.text()), 1)
    }

    fn file(&mut self, path: &str) -> String {
        let known = self.files.iter().position(|file| file == path);
        let place = known.unwrap_or_else(|| {
            self.files.push(path.to_owned());
            self.files.len() - 1
        });
        let extension = Path::new(path).extension();
        let extension = extension.map(|it| format!(".{}", it.to_string_lossy()));
        format!("file-{}{}", place + 1, extension.unwrap_or_default())
    }

    /// Replaces known names and all addresses that stand alone.
    fn foreign(&mut self, text: &str) -> String {
        let text = replace_runs(text, is_name_part, |run| self.without_name(run));
        replace_runs(&text, is_address_part, |run| self.without_address(run))
    }

    /// Replaces a known name, case-insensitively; a trailing dot may end a sentence.
    fn without_name(&self, run: &str) -> String {
        let name = run.trim_end_matches('.');
        match self.hosts.get(&name.to_lowercase()) {
            Some(word) => word.clone() + &run[name.len()..],
            None => run.to_owned(),
        }
    }

    /// Replaces an address, possibly followed by a port or a full stop.
    fn without_address(&mut self, run: &str) -> String {
        if is_link_address(run) {
            return "link-address".to_owned();
        }
        match leading_address(run) {
            Some((address, behind)) => self.address(address) + behind,
            None => run.to_owned(),
        }
    }
}

/// Replaces each longest run of characters for which `is_part` holds.
fn replace_runs(
    text: &str,
    is_part: fn(char) -> bool,
    mut replace: impl FnMut(&str) -> String,
) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let start = rest.find(is_part).unwrap_or(rest.len());
        let (before, run) = rest.split_at(start);
        let end = run.find(|c| !is_part(c)).unwrap_or(run.len());
        let (run, after) = run.split_at(end);
        replaced.push_str(before);
        replaced.push_str(&replace(run));
        rest = after;
    }
    replaced
}

/// Characters of a host name.
fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.') || !c.is_ascii()
}

/// A MAC address, which identifies the vendor (OUI) and the device.
fn is_link_address(text: &str) -> bool {
    let mut groups = text.split(':');
    text.len() == 17 && groups.clone().count() == 6 && groups.all(|group| group.len() == 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::Lookup;
    use crate::text;
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
