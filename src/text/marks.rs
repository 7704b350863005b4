//! Values inside strings, delimited by private-use characters: sentences are built with `format!` and parsed back into
//! typed text.
//!
//! The rules of [`crate::verdict`] build strings. [`mark`] delimits host names and untrusted text; [`Text::from`]
//! restores the values. Addresses need no delimiters: their syntax is unambiguous.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::{Span, Text, Value};

/// Delimiters. Private-use characters do not occur unescaped in host names, addresses or commands.
const OPEN: char = '\u{e000}';
const CLOSE: char = '\u{e001}';

/// A string with marked values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked<'a>(pub &'a str);

/// Delimits a value in a string.
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

/// Splits words and addresses.
fn words_of(words: &str) -> Vec<Span> {
    let (mut spans, mut plain) = (Vec::new(), String::new());
    for run in words.split_inclusive(|c| !is_address_part(c)) {
        let end = run.find(|c| !is_address_part(c)).unwrap_or(run.len());
        let (word, rest) = run.split_at(end);
        match leading_address(word) {
            Some((address, after)) => {
                spans.extend(words_span(std::mem::take(&mut plain)));
                spans.push(Span::Value(Value::Address(address)));
                plain = after.to_owned() + rest;
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

/// Characters of an address: hexadecimal digits, dot, colon.
pub(crate) fn is_address_part(c: char) -> bool {
    c.is_ascii_hexdigit() || c == '.' || c == ':'
}

/// The address at the start of a word, and the rest: empty, a port, or a full stop.
pub(crate) fn leading_address(word: &str) -> Option<(IpAddr, &str)> {
    (1..=word.len()).rev().find_map(|end| {
        let (head, rest) = (word.get(..end)?, word.get(end..)?);
        let is_delimited = rest.is_empty() || rest.starts_with([':', '.']);
        Some((is_delimited.then(|| parsed(head)).flatten()?, rest))
    })
}

/// A complete address: three dots, or at least two colons. Anything shorter may be a number or a time.
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

/// Parses `host:port`, `[v6]:port` or `host`.
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
    fn marked_values_round_trip() {
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
    fn addresses_are_values_without_marks() {
        let text = Text::from(Marked("hop 3 (10.0.0.1), then 2001:db8::1: at 12:00:03Z."));
        let values = text
            .spans()
            .iter()
            .filter(|it| matches!(it, Span::Value(_)));
        assert_eq!(values.count(), 2, "{text:?}");
    }
}
