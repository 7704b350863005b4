//! Names and addresses replaced by what they are for, the same one always by the same word, in whatever form the
//! results have: a ticket may leave the house. Pure text in, text out.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{RunInfo, csv, over_text};
use crate::hosts::Target;
use crate::plan::Format;
use crate::platform::HostInfo;

/// Replaces names and addresses.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    /// What is known before the run, longest first, in small letters.
    names: Vec<(String, String)>,
    addresses: HashMap<IpAddr, String>,
    routers: usize,
}

impl Redactor {
    /// Knows targets with their addresses, source addresses, and this machine.
    pub fn new<'a>(
        targets: impl IntoIterator<Item = &'a Target>,
        sources: impl IntoIterator<Item = IpAddr>,
        host: &HostInfo,
    ) -> Self {
        let mut redactor = Self::default();
        for target in targets {
            redactor.add_target(target);
        }
        for source in sources {
            redactor.add_address(source, "source");
        }
        let name = host.name.iter();
        redactor
            .names
            .extend(name.map(|name| (name.to_lowercase(), "this-host".to_owned())));
        redactor.put_in_order();
        redactor
    }

    /// Knows the targets of a run, their addresses, and this machine.
    pub fn of_run(info: &RunInfo) -> Self {
        let routes = info.routes.iter().flatten();
        let sources = routes.filter_map(|route| route.source);
        Self::new(&info.targets, sources, &info.host)
    }

    /// One more target, whose name and addresses must not be told.
    pub fn learn(&mut self, target: &Target) {
        self.add_target(target);
        self.put_in_order();
    }

    /// A name within another one must not spoil it.
    fn put_in_order(&mut self) {
        self.names
            .sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    }

    fn add_target(&mut self, target: &Target) {
        let host = target.host.to_lowercase();
        let known = self.names.iter().find(|(name, _)| *name == host);
        let word = known.map(|(_, word)| word.clone());
        let word = word.unwrap_or_else(|| format!("target-{}", self.names.len() + 1));
        if known.is_none() {
            self.names.push((host, word.clone()));
        }
        self.addresses
            .entry(target.address.ip())
            .or_insert_with(|| word.clone());
        let others = target.lookup.iter().flat_map(|lookup| &lookup.addresses);
        for other in others {
            let number = self.addresses.len() + 1;
            let word = format!("{word}-address-{number}");
            self.addresses.entry(other.ip()).or_insert(word);
        }
    }

    fn add_address(&mut self, address: IpAddr, what: &str) {
        let known = self
            .addresses
            .values()
            .filter(|word| word.starts_with(what))
            .count();
        let word = format!("{what}-{}", known + 1);
        self.addresses.entry(address).or_insert(word);
    }

    /// A text of this form without names and addresses. What a program reads by stays: a host may be called `main`
    /// or `target`, and neither an element of a page nor the name of a field is that host.
    pub fn redact_form(&mut self, format: Format, text: &str) -> String {
        match format {
            Format::Html => over_text(text, |text| self.redact(text)),
            Format::Json | Format::OpenMetrics => self.redact_values(text),
            // A row begins with a time of day, only the heading with the word for it.
            Format::Csv if text == csv::heading() => text.to_owned(),
            Format::CsvSummary if !text.is_empty() => {
                let (heading, rows) = text.split_once('\n').unwrap_or((text, ""));
                format!("{heading}\n{}", self.redact(rows))
            }
            _ => self.redact(text),
        }
    }

    /// The text without names and addresses. An address that was never seen before is a router's, most likely.
    pub fn redact(&mut self, text: &str) -> String {
        let text = self.without_names(text);
        let mut redacted = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let plain = rest.find(is_part).unwrap_or(rest.len());
            redacted.push_str(&rest[..plain]);
            rest = &rest[plain..];
            let word = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            redacted.push_str(&self.without_address(&rest[..word]));
            rest = &rest[word..];
        }
        redacted
    }

    /// As [`Redactor::redact`], but only within double quotes, as JSON and metrics have them, and neither in the name
    /// of a field nor in the value of one that has a fixed set of words.
    pub fn redact_values(&mut self, text: &str) -> String {
        let mut redacted = String::with_capacity(text.len());
        let (mut rest, mut field) = (text, "");
        while let Some((before, quoted)) = rest.split_once('"') {
            redacted += before;
            let end = end_of_quote(quoted);
            let (value, after) = quoted.split_at(end);
            let after = after.strip_prefix('"').unwrap_or(after);
            // In metrics a label's name stands before `=`, in JSON a field's before `:`.
            if let Some(label) = before.strip_suffix('=') {
                field = label.rsplit(['{', ',']).next().unwrap_or_default();
            }
            let is_name = after.starts_with(':');
            let kept = is_name || FIXED.contains(&field);
            let value_out = if kept {
                value.to_owned()
            } else {
                self.redact(value)
            };
            redacted += &format!("\"{value_out}\"");
            if is_name {
                field = value;
            }
            rest = after;
        }
        redacted + rest
    }

    /// Replaces known names where they stand alone, whatever their case.
    fn without_names(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, word) in &self.names {
            let mut from = 0;
            while let Some(at) = find(&text, name, from) {
                text.replace_range(at..at + name.len(), word);
                from = at + word.len();
            }
        }
        text
    }

    /// Replaces a word that is an address, perhaps with a port or the dot of a sentence behind it.
    fn without_address(&mut self, word: &str) -> String {
        if is_link_address(word) {
            return "link-address".to_owned();
        }
        let ends = (1..=word.len())
            .rev()
            .filter(|end| word.is_char_boundary(*end));
        for end in ends {
            let (head, tail) = word.split_at(end);
            let whole = tail.is_empty() || tail.starts_with([':', '.']);
            if let Some(address) = whole.then(|| address(head)).flatten() {
                return self.word_for(address) + tail;
            }
        }
        word.to_owned()
    }

    fn word_for(&mut self, address: IpAddr) -> String {
        if address.is_unspecified() {
            return address.to_string();
        }
        if !self.addresses.contains_key(&address) {
            self.routers += 1;
            self.addresses
                .insert(address, format!("router-{}", self.routers));
        }
        self.addresses[&address].clone()
    }
}

/// Fields whose values are words of this program.
const FIXED: [&str; 19] = [
    "type",
    "protocol",
    "outcome",
    "reason",
    "kind",
    "rtt_clock",
    "errno",
    "now",
    "code",
    "version",
    "time",
    "connect_us",
    "rtt_us",
    "purpose",
    "how",
    "host_by",
    "speaker",
    "step",
    "who",
];

/// Where a quoted text ends: at the first quote that no backslash stands before.
fn end_of_quote(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().position(|byte| {
        let is_end = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        is_end
    });
    end.unwrap_or(text.len())
}

/// Letters of an address: digits, and what stands between them.
fn is_part(c: char) -> bool {
    c.is_ascii_hexdigit() || c == '.' || c == ':'
}

/// An Ethernet address, six times two digits: it tells who made the device, and which one it is.
fn is_link_address(text: &str) -> bool {
    let mut groups = text.split(':');
    text.len() == 17 && groups.clone().count() == 6 && groups.all(|group| group.len() == 2)
}

/// An address in full: three dots, or at least two colons; nothing shorter, which could be a number or a time.
fn address(text: &str) -> Option<IpAddr> {
    if text.bytes().filter(|byte| *byte == b'.').count() == 3 && !text.contains(':') {
        return text.parse::<Ipv4Addr>().ok().map(IpAddr::from);
    }
    let colons = text.bytes().filter(|byte| *byte == b':').count();
    let v6 = text.parse::<Ipv6Addr>().ok().filter(|_| colons >= 2);
    v6.map(IpAddr::from)
}

/// Where `name` stands alone in `text`, from `from` on, whatever the case.
fn find(text: &str, name: &str, from: usize) -> Option<usize> {
    if name.is_empty() || address(name).is_some() {
        return None;
    }
    let bytes = text.as_bytes();
    let part = |byte: Option<&u8>| {
        byte.is_some_and(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || *byte >= 0x80
        })
    };
    let last = bytes.len().checked_sub(name.len())?;
    (from..=last).find(|&at| {
        let end = at + name.len();
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        // A dot before belongs to a longer name; one behind may end a sentence.
        let alone = !part(before) && before != Some(&b'.') && !part(bytes.get(end));
        let longer = bytes.get(end) == Some(&b'.') && part(bytes.get(end + 1));
        alone
            && !longer
            && text.is_char_boundary(at)
            && text.is_char_boundary(end)
            && text[at..end].eq_ignore_ascii_case(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::info_of;
    use proptest::prelude::*;

    fn redactor() -> Redactor {
        Redactor::of_run(&info_of(&["db.example", "far.example"]))
    }

    #[test]
    fn names_and_addresses_become_what_they_are_for() {
        let text = "db.example:5432 (10.20.0.7) from 10.20.9.4: ICMP 3/13 from 10.20.0.1, again 10.20.0.1.";
        assert_eq!(
            redactor().redact(text),
            "target-1:5432 (target-1) from source-1: ICMP 3/13 from router-1, again router-1."
        );
    }

    #[test]
    fn what_only_looks_like_a_name_or_an_address_stays() {
        for text in [
            "at 12:00:03Z, 0.412 ms, 3/13, Linux 6.18.44, dead, ::, 0.0.0.0",
            "otherdb.example, db.example.org, my-db.example",
            "HISTFAAAACN4nJNpmSzMwMDAxgAB",
        ] {
            assert_eq!(redactor().redact(text), text);
        }
    }

    #[test]
    fn a_device_is_not_told_by_its_link_layer_address() {
        let redacted = redactor().redact("10.20.9.1, link-layer entry 02:00:00:aB:00:01 reachable");
        assert_eq!(
            redacted,
            "router-1, link-layer entry link-address reachable"
        );
    }

    #[test]
    fn ports_brackets_and_case_are_no_hiding_place() {
        let redacted = redactor().redact("DB.Example 10.20.0.7:443 [fe80::1]:22 fe80::1%eth0");
        assert_eq!(
            redacted,
            "target-1 target-1:443 [router-1]:22 router-1%eth0"
        );
    }

    #[test]
    fn a_host_called_like_a_field_breaks_nothing() {
        let mut redactor = Redactor::of_run(&info_of(&["target", "type", "tcp"]));
        let line = r#"{"type":"probe","target":"target:1","protocol":"tcp","answer":"a \"type\" 10.20.0.7"}"#;
        assert_eq!(
            redactor.redact_values(line),
            r#"{"type":"probe","target":"target-1:1","protocol":"tcp","answer":"a \"target-2\" target-1"}"#
        );
        let metric = "synack_sent{target=\"target:1\",protocol=\"tcp\"} 4\n";
        assert_eq!(
            redactor.redact_values(metric),
            "synack_sent{target=\"target-1:1\",protocol=\"tcp\"} 4\n"
        );
    }

    proptest! {
        #[test]
        fn no_known_address_survives_wherever_it_stands(before in "[ ,(\\[\"=]", behind in "[ ,)\\]\":.]") {
            let text = format!("x{before}10.20.0.7{behind} y");
            prop_assert!(!redactor().redact(&text).contains("10.20.0.7"));
        }

        #[test]
        fn no_text_is_a_panic(text: String) {
            redactor().redact(&text);
            redactor().redact_values(&text);
        }
    }
}
