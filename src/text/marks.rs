//! Values inside strings: between two private-use characters, so that prose can be put together with `format!` and taken
//! apart again.
//!
//! The rules of [`crate::verdict`] write their sentences as strings. Host names and foreign text that they insert go
//! through [`mark`], and [`Text::from`] gives them back as typed values. Addresses need no mark: their syntax is
//! unambiguous.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::{Span, Text, Value};

/// Before and after a marked value. Private-use characters: no host name, address or command holds them unescaped.
const OPEN: char = '\u{e000}';
const CLOSE: char = '\u{e001}';

/// A string with marked values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked<'a>(pub &'a str);

/// A value as it stands in a sentence.
pub fn mark(value: Value) -> impl fmt::Display {
    struct Mark(Value);

    impl fmt::Display for Mark {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let kind = match &self.0 {
                Value::Host(_) => 'h',
                Value::Service { .. } => 's',
                Value::Address(_) => 'a',
                Value::LinkAddress(_) => 'l',
                Value::Foreign(_) => 'f',
                _ => 'w',
            };
            write!(f, "{OPEN}{kind}{}{CLOSE}", self.0)
        }
    }

    Mark(value)
}

impl From<Marked<'_>> for Text {
    fn from(Marked(string): Marked<'_>) -> Self {
        let mut spans = Vec::new();
        let mut rest = string;
        while let Some((words, after)) = rest.split_once(OPEN) {
            spans.extend(words_of(words));
            let (value, after) = after.split_once(CLOSE).unwrap_or((after, ""));
            spans.extend(value_of(value).map(Span::Value));
            rest = after;
        }
        spans.extend(words_of(rest));
        Self(spans)
    }
}

/// Words, and the addresses among them.
fn words_of(words: &str) -> Vec<Span> {
    let (mut spans, mut plain) = (Vec::new(), String::new());
    for run in words.split_inclusive(|c| !is_address_part(c)) {
        let end = run.find(|c| !is_address_part(c)).unwrap_or(run.len());
        let (word, rest) = run.split_at(end);
        match leading_address(word) {
            Some((address, behind)) => {
                spans.extend(words_span(std::mem::take(&mut plain)));
                spans.push(Span::Value(Value::Address(address)));
                plain = behind.to_owned() + rest;
            }
            None => plain += run,
        }
    }
    spans.extend(words_span(plain));
    spans
}

fn words_span(words: String) -> Option<Span> {
    (!words.is_empty()).then(|| Span::Words(words.into()))
}

/// Characters of an address: hexadecimal digits, and what stands between them.
pub(crate) fn is_address_part(c: char) -> bool {
    c.is_ascii_hexdigit() || c == '.' || c == ':'
}

/// The address that a word begins with, and a port or the dot of a sentence behind it.
pub(crate) fn leading_address(word: &str) -> Option<(IpAddr, &str)> {
    (1..=word.len()).rev().find_map(|end| {
        let (head, behind) = (word.get(..end)?, word.get(end..)?);
        let whole = behind.is_empty() || behind.starts_with([':', '.']);
        Some((whole.then(|| parsed(head)).flatten()?, behind))
    })
}

/// An address in full: three dots, or at least two colons; nothing shorter, which could be a number or a time.
fn parsed(text: &str) -> Option<IpAddr> {
    if text.bytes().filter(|byte| *byte == b'.').count() == 3 && !text.contains(':') {
        return text.parse::<Ipv4Addr>().ok().map(IpAddr::from);
    }
    let colons = text.bytes().filter(|byte| *byte == b':').count();
    let v6 = text.parse::<Ipv6Addr>().ok().filter(|_| colons >= 2);
    v6.map(IpAddr::from)
}

fn value_of(marked: &str) -> Option<Value> {
    let mut rest = marked.chars();
    let kind = rest.next()?;
    let text = rest.as_str();
    let shared: Arc<str> = text.into();
    Some(match kind {
        'h' => Value::Host(shared),
        's' => service(text),
        'a' => text.parse().map_or(Value::Foreign(shared), Value::Address),
        'l' => Value::LinkAddress(shared),
        'f' => Value::Foreign(shared),
        _ => Value::Label(shared),
    })
}

/// `host:port`, `[v6]:port` or `host`.
pub(crate) fn service(text: &str) -> Value {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.starts_with('[') => {
            (host, port.parse().ok())
        }
        _ => (text, None),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']').into();
    Value::Service { host, port }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marked_value_comes_back_with_its_kind() {
        let address = IpAddr::from(Ipv6Addr::LOCALHOST);
        let service = Value::Service {
            host: "::1".into(),
            port: Some(443),
        };
        for value in [
            Value::Address(address),
            service,
            Value::Host("a.example".into()),
        ] {
            let string = format!("from {} on", mark(value.clone()));
            let text = Text::from(Marked(&string));
            assert_eq!(text.spans()[1], Span::Value(value));
            assert_eq!(text.spans().len(), 3);
        }
        assert_eq!(Text::from(Marked("plain")), Text::from("plain"));
    }

    #[test]
    fn an_address_is_a_value_without_a_mark() {
        let text = Text::from(Marked("hop 3 (10.0.0.1), then 2001:db8::1: at 12:00:03Z."));
        let values = text
            .spans()
            .iter()
            .filter(|it| matches!(it, Span::Value(_)));
        assert_eq!(values.count(), 2, "{text:?}");
    }
}
