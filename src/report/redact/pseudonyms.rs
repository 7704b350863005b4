//! Pseudonyms of hosts, addresses and files.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::path::Path;

use crate::hosts::{self, Protocol, Target};
use crate::text::{CommandLine, Role, Value, Word, is_address_part, leading_address};

/// The pseudonyms assigned so far.
#[derive(Debug, Default)]
pub(super) struct Pseudonyms {
    /// By host name, see [`host_key`].
    hosts: HashMap<String, String>,
    targets: usize,
    addresses: HashMap<IpAddr, String>,
    /// Number of addresses per pseudonym of a host.
    address_counts: HashMap<String, usize>,
    files: Vec<String>,
    routers: usize,
    sources: usize,
}

/// Pseudonym of the local host name.
const LOCAL_NAME: &str = "this-host";

impl Pseudonyms {
    pub(super) fn register_target(&mut self, target: &Target) {
        let pseudonym = self.target(&target.host);
        self.target_address(&pseudonym, target.address.ip());
        for other in target.lookup.iter().flat_map(|lookup| &lookup.addresses) {
            self.target_address(&pseudonym, other.ip());
        }
    }

    pub(super) fn register_source(&mut self, address: IpAddr) {
        let sources = &mut self.sources;
        self.addresses.entry(address).or_insert_with(|| {
            *sources += 1;
            format!("source-{sources}")
        });
    }

    pub(super) fn register_local_name(&mut self, name: &str) {
        self.hosts.insert(host_key(name), LOCAL_NAME.to_owned());
    }

    /// The pseudonym of a value.
    pub(super) fn pseudonym(&mut self, value: &Value) -> String {
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

    /// A host that was not registered may be the text of an address that was.
    fn host(&mut self, host: &str) -> String {
        if let Some(word) = self.hosts.get(&host_key(host)) {
            return word.clone();
        }
        let address = typed_address(host).and_then(|it| self.addresses.get(&it));
        address.cloned().unwrap_or_else(|| self.target(host))
    }

    /// The pseudonym of a target, a new one for a new host.
    fn target(&mut self, host: &str) -> String {
        let targets = &mut self.targets;
        let word = self.hosts.entry(host_key(host)).or_insert_with(|| {
            *targets += 1;
            format!("target-{targets}")
        });
        word.clone()
    }

    /// The first address of a target has its pseudonym; others are numbered.
    fn target_address(&mut self, target: &str, address: IpAddr) {
        let Entry::Vacant(vacant) = self.addresses.entry(address) else {
            return;
        };
        let count = self.address_counts.entry(target.to_owned()).or_default();
        *count += 1;
        vacant.insert(match count {
            1 => target.to_owned(),
            number => format!("{target}-address-{number}"),
        });
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
        match self.hosts.get(&host_key(name)) {
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

/// Host names are case-insensitive; a trailing dot only makes them absolute.
fn host_key(host: &str) -> String {
    host.trim_end_matches('.').to_lowercase()
}

/// The address that a host was typed as, without its zone.
fn typed_address(host: &str) -> Option<IpAddr> {
    let address = host.split('%').next().unwrap_or_default();
    address.parse().ok().map(|it: IpAddr| it.to_canonical())
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
