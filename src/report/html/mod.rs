//! Documents as a self-contained HTML page: no scripts, no external resources.

mod axes;
mod latency_chart;
pub(super) mod markup;
mod sparkline;
mod state_badge;
mod symbols;
mod table;
mod timeline;
#[cfg(test)]
pub(crate) mod well_formed;

use std::cell::Cell;

use super::Redactor;
use super::document::{Block, Document, Fact, Figure, Headline, List, Section};
use super::text::histogram_lines;
use crate::text::{Span, Text, Value};
use crate::verdict::statement::Statement;
use markup::{Attributes, Markup, block, leaf, tag};

const STYLE: &str = include_str!("style.css");

/// Content security policy: no external resources, no scripts.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// Renders a page.
pub(super) fn render(document: &Document, redactor: &Redactor) -> String {
    let writer = Writer {
        redactor,
        figures: Cell::default(),
    };
    let header = [
        block("h1", &[], writer.text(&document.subject)),
        block("p", &[("class", &"when")], writer.text(&document.scope)),
        writer.badge(&document.headline),
    ];
    let signature = document
        .signature
        .iter()
        .map(|it| block("p", &[], writer.text(it)));
    let content = [
        symbols::definitions(),
        block("header", &[], header),
        block("main", &[], writer.blocks(&document.blocks, 2)),
        block("footer", &[], signature.collect::<Markup>()),
    ];
    let (subject, words) = (&document.subject, &document.headline.words);
    let title = format!("{}: {}", redactor.text(subject), redactor.text(words));
    let page = [head(&title), block("body", &[], content)];
    let page = block("html", &[("lang", &"en")], page);
    format!("<!DOCTYPE html>\n{}", page.into_string())
}

fn head(title: &str) -> Markup {
    let meta = |name: &'static str, content: &'static str| {
        block_leaf("meta", &[("name", &name), ("content", &content)])
    };
    let policy: Attributes = &[
        ("http-equiv", &"Content-Security-Policy"),
        ("content", &CONTENT_SECURITY_POLICY),
    ];
    let parts = [
        block_leaf("meta", &[("charset", &"utf-8")]),
        block_leaf("meta", policy),
        meta("viewport", "width=device-width, initial-scale=1"),
        meta("color-scheme", "light dark"),
        block("title", &[], title),
        block("style", &[], Markup::literal(STYLE)),
    ];
    block("head", &[], parts)
}

fn block_leaf(name: &'static str, attributes: Attributes) -> Markup {
    [leaf(name, attributes), Markup::literal("\n")].into()
}

/// Renders blocks; `level` is the level of their headings.
struct Writer<'a> {
    redactor: &'a Redactor,
    /// Number of figures so far, for unique ids.
    figures: Cell<usize>,
}

impl Writer<'_> {
    fn text(&self, text: &Text) -> Markup {
        let spans = text.spans().iter().map(|span| match span {
            Span::Words(words) => Markup::from(&**words),
            Span::Value(value) => self.value(value),
        });
        spans.collect()
    }

    /// `bdi` isolates bidirectional text of values from its surroundings.
    fn value(&self, value: &Value) -> Markup {
        let shown = Markup::from(&*self.redactor.value(value));
        match value {
            Value::Command(_) => tag("code", &[], shown),
            Value::Address(_) | Value::Endpoint(_) | Value::LinkAddress(_) => shown,
            _ => tag("bdi", &[], shown),
        }
    }

    fn blocks(&self, blocks: &[Block], level: usize) -> Markup {
        blocks
            .iter()
            .map(|block| self.block(block, level))
            .collect()
    }

    fn block(&self, it: &Block, level: usize) -> Markup {
        match it {
            Block::Verdict(verdict) => self.verdict(verdict, level),
            Block::Section(section) => self.section(section, level),
            Block::Paragraph(text) => block("p", &[], self.text(text)),
            Block::Note(text) => block("p", &[("class", &"quiet")], self.text(text)),
            Block::List(List { ordered, items }) => self.list(*ordered, items),
            Block::Facts(facts) => self.facts(facts),
            Block::Table(table) => self.table(table),
            Block::Figure(figure) => self.figure(figure),
            Block::Detail(blocks) => self.blocks(blocks, level),
            Block::Brief(_) => Markup::default(),
        }
    }

    fn badge(&self, headline: &Headline) -> Markup {
        state_badge::badge(headline.state, self.text(&headline.words))
    }

    fn verdict(&self, verdict: &Statement, level: usize) -> Markup {
        let title = [Markup::from("Verdict: "), self.text(&verdict.headline)];
        let mut markup = heading(level, title);
        for paragraph in &verdict.meaning {
            markup.push(block("p", &[], self.text(paragraph)));
        }
        for (title, items) in verdict.lists() {
            if !items.is_empty() {
                markup.push(heading(level + 1, title));
                markup.push(self.list(title == "Next", &items));
            }
        }
        block("section", &[("class", &"verdict")], markup)
    }

    fn section(&self, section: &Section, level: usize) -> Markup {
        let mut markup = heading(level, self.text(&section.heading));
        if let Some(headline) = &section.headline {
            markup.push(self.badge(headline));
        }
        markup.push(self.blocks(&section.blocks, level + 1));
        match &section.anchor {
            Some(anchor) => block("section", &[("class", &"target"), ("id", anchor)], markup),
            None => block("section", &[], markup),
        }
    }

    fn list(&self, ordered: bool, items: &[Text]) -> Markup {
        let items = items.iter().map(|item| block("li", &[], self.text(item)));
        let kind = if ordered { "ol" } else { "ul" };
        block(kind, &[], items.collect::<Markup>())
    }

    fn facts(&self, facts: &[Fact]) -> Markup {
        let rows = facts.iter().map(|fact| {
            let value = match fact.values.as_slice() {
                [value] => self.text(value),
                values => self.list(false, values),
            };
            Markup::from([tag("dt", &[], fact.name), block("dd", &[], value)])
        });
        block("dl", &[("class", &"facts")], rows.collect::<Markup>())
    }

    fn figure(&self, figure: &Figure) -> Markup {
        let number = self.figures.get() + 1;
        self.figures.set(number);
        match figure {
            Figure::Timeline(timeline) => timeline::figure(timeline, number).into(),
            Figure::Latencies(chart) => latency_chart::figure(chart, number),
            Figure::Histogram(histogram) => block("pre", &[], histogram_lines(histogram)),
        }
    }
}

/// A heading, h2 to h6.
fn heading(level: usize, title: impl Into<Markup>) -> Markup {
    let name = match level {
        ..=2 => "h2",
        3 => "h3",
        4 => "h4",
        5 => "h5",
        _ => "h6",
    };
    block(name, &[], title)
}
