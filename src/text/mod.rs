//! Typed text: words of this program, and external values with their kind.
//!
//! Values stay typed until rendering: redaction replaces them by kind without searching words, and renderers escape
//! untrusted text. There is no conversion from [`String`]: formatting a value into a sentence does not compile.

mod command_line;
mod marks;
mod value;

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

pub use command_line::{CommandLine, Role, Word, shell_quote};
pub use marks::{Marked, mark};
pub(crate) use marks::{is_address_part, leading_address, service};
pub use value::Value;

/// A sequence of words and values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Text(Vec<Span>);

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Span {
    /// Words of this program, numbers and units included.
    Words(Cow<'static, str>),
    /// An external value.
    Value(Value),
}

/// Concatenates literals, numbers, values and texts: `text!["no route to ", address]`.
#[doc(hidden)]
#[macro_export]
macro_rules! text {
    ($($part:expr),* $(,)?) => {
        $crate::text::Text::from([$($crate::text::Text::from($part)),*])
    };
}

impl Text {
    /// Words made of literals and numbers only.
    pub fn words(words: impl Into<Cow<'static, str>>) -> Self {
        let words = words.into();
        if words.is_empty() {
            return Self::default();
        }
        Self(vec![Span::Words(words)])
    }

    /// The parts.
    pub fn spans(&self) -> &[Span] {
        &self.0
    }

    /// Whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Appends another text.
    pub fn push(&mut self, more: impl Into<Self>) {
        self.0.extend(more.into().0);
    }

    /// The text with its first letter in upper case, unless it begins with a value or a service (`tcp/443`).
    #[must_use]
    pub fn capitalized(mut self) -> Self {
        if let Some(Span::Words(words)) = self.0.first_mut()
            && words.starts_with(|first: char| first.is_ascii_lowercase())
            && !words
                .split(' ')
                .next()
                .is_some_and(|first| first.contains('/'))
        {
            words.to_mut()[..1].make_ascii_uppercase();
        }
        self
    }

    /// The text, neither escaped nor redacted.
    #[cfg(test)]
    pub(crate) fn plain(&self) -> String {
        let spans = self.0.iter().map(|span| match span {
            Span::Words(words) => words.clone().into_owned(),
            Span::Value(value) => value.to_string(),
        });
        spans.collect()
    }

    /// Texts, neither escaped nor redacted, one per line.
    #[cfg(test)]
    pub(crate) fn plain_lines<'a>(texts: impl IntoIterator<Item = &'a Self>) -> String {
        let lines: Vec<_> = texts.into_iter().map(Self::plain).collect();
        lines.join("\n")
    }

    /// Texts with `separator` between them.
    pub fn join(texts: impl IntoIterator<Item = Self>, separator: &'static str) -> Self {
        let mut joined = Self::default();
        for (index, text) in texts.into_iter().enumerate() {
            if index > 0 {
                joined.push(separator);
            }
            joined.push(text);
        }
        joined
    }

    /// `a, b and c`.
    pub fn list(items: Vec<Self>) -> Self {
        let end = items.len().saturating_sub(1);
        let mut list = Self::default();
        for (index, item) in items.into_iter().enumerate() {
            match index {
                0 => {}
                _ if index == end => list.push(" and "),
                _ => list.push(", "),
            }
            list.push(item);
        }
        list
    }
}

impl From<&'static str> for Text {
    fn from(words: &'static str) -> Self {
        Self::words(words)
    }
}

impl From<Cow<'static, str>> for Text {
    /// Names of outcomes, reasons and errno.
    fn from(words: Cow<'static, str>) -> Self {
        Self::words(words)
    }
}

impl From<Value> for Text {
    fn from(value: Value) -> Self {
        Self(vec![Span::Value(value)])
    }
}

impl From<IpAddr> for Text {
    fn from(address: IpAddr) -> Self {
        Value::Address(address).into()
    }
}

impl From<SocketAddr> for Text {
    fn from(endpoint: SocketAddr) -> Self {
        Value::Endpoint(endpoint).into()
    }
}

impl From<Option<Text>> for Text {
    fn from(text: Option<Text>) -> Self {
        text.unwrap_or_default()
    }
}

macro_rules! from_numbers {
    ($($number:ty),*) => {
        $(impl From<$number> for Text {
            fn from(number: $number) -> Self {
                Self::words(number.to_string())
            }
        })*
    };
}

from_numbers!(u8, u16, u32, u64, usize);

impl<const N: usize> From<[Text; N]> for Text {
    /// With no room to spare: a table of thousands of targets is made of short texts.
    fn from(texts: [Text; N]) -> Self {
        let length = texts.iter().map(|it| it.0.len()).sum();
        let mut all = Vec::with_capacity(length);
        all.extend(texts.into_iter().flat_map(|it| it.0));
        Self(all)
    }
}

impl FromIterator<Text> for Text {
    fn from_iter<I: IntoIterator<Item = Text>>(texts: I) -> Self {
        let mut all = Self::default();
        for text in texts {
            all.push(text);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn values_keep_their_kind() {
        let address = IpAddr::from(Ipv4Addr::LOCALHOST);
        let text = text!["from ", address, ", ", 3_u64, " times"];
        assert_eq!(text.spans().len(), 5);
        assert_eq!(text.spans()[1], Span::Value(Value::Address(address)));
    }

    #[test]
    fn a_service_begins_a_sentence_as_it_is() {
        let capitalized = |words: &'static str| Text::from(words).capitalized().plain();
        assert_eq!(capitalized("most likely"), "Most likely");
        assert_eq!(capitalized("tcp/443 works"), "tcp/443 works");
        assert_eq!(
            text![Text::from("tcp/443"), " works"].capitalized().plain(),
            "tcp/443 works"
        );
    }

    #[test]
    fn lists_have_commas_and_an_and() {
        let list =
            |items: &[&'static str]| Text::list(items.iter().map(|it| Text::from(*it)).collect());
        assert_eq!(list(&["a"]).plain(), "a");
        assert_eq!(list(&["a", "b", "c"]).plain(), "a, b and c");
        assert_eq!(list(&[]).plain(), "");
    }
}
