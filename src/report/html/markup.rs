//! HTML builder: text is escaped, only literals are not.

use std::fmt::Display;

use crate::term::escape_controls;

/// Well-formed HTML that is also XML: every element is closed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::report) struct Markup(String);

/// Attributes of an element, in order.
pub(in crate::report) type Attributes<'a> = &'a [(&'static str, &'a dyn Display)];

impl Markup {
    /// A literal that is markup already.
    pub(in crate::report) fn literal(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    pub(in crate::report) fn push(&mut self, more: impl Into<Self>) {
        self.0 += &more.into().0;
    }

    pub(in crate::report) fn into_string(self) -> String {
        self.0
    }
}

impl From<&str> for Markup {
    fn from(text: &str) -> Self {
        Self(escaped(text))
    }
}

impl From<String> for Markup {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<Option<Markup>> for Markup {
    fn from(markup: Option<Markup>) -> Self {
        markup.unwrap_or_default()
    }
}

impl From<Vec<Markup>> for Markup {
    fn from(parts: Vec<Markup>) -> Self {
        parts.into_iter().collect()
    }
}

impl<const N: usize> From<[Markup; N]> for Markup {
    fn from(parts: [Markup; N]) -> Self {
        parts.into_iter().collect()
    }
}

impl FromIterator<Markup> for Markup {
    fn from_iter<T: IntoIterator<Item = Markup>>(parts: T) -> Self {
        Self(parts.into_iter().map(|part| part.0).collect())
    }
}

/// An element with content, inline.
pub(in crate::report) fn tag(
    name: &'static str,
    attributes: Attributes,
    content: impl Into<Markup>,
) -> Markup {
    let mut text = opened(name, attributes) + ">";
    text += &content.into().0;
    Markup(text + "</" + name + ">")
}

/// An element with content, followed by a newline.
pub(in crate::report) fn block(
    name: &'static str,
    attributes: Attributes,
    content: impl Into<Markup>,
) -> Markup {
    Markup(tag(name, attributes, content).0 + "\n")
}

/// An empty element. Only for HTML's void elements and for SVG.
pub(in crate::report) fn leaf(name: &'static str, attributes: Attributes) -> Markup {
    Markup(opened(name, attributes) + "/>")
}

fn opened(name: &'static str, attributes: Attributes) -> String {
    let mut text = format!("<{name}");
    for (attribute, value) in attributes {
        let value = escaped(&value.to_string());
        // An empty class is omitted.
        if *attribute != "class" || !value.is_empty() {
            text += &format!(" {attribute}=\"{value}\"");
        }
    }
    text
}

/// Escapes markup, and characters that hide or reorder text.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in escape_controls(text).chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_and_attributes_are_escaped() {
        let hostile = "<b a='1' c=\"2\">&\u{1b}\u{202e}";
        let shown = "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;\\u{1b}\\u{202e}";
        let element = tag("p", &[("title", &hostile)], hostile).into_string();
        assert_eq!(element, format!("<p title=\"{shown}\">{shown}</p>"));
    }

    #[test]
    fn elements_nest() {
        let items: Markup = ["a", "b"].map(|text| tag("li", &[], text)).into();
        let list = block("ul", &[("class", &"x")], items).into_string();
        assert_eq!(list, "<ul class=\"x\"><li>a</li><li>b</li></ul>\n");
        assert_eq!(leaf("br", &[]).into_string(), "<br/>");
    }
}
