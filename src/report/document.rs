//! The document that every mode builds from its result, and every format for people renders.

use crate::outcome::OutcomeKind;
use crate::text::Text;

use super::figure::{Histogram, LatencyChart, Span, Sparkline, Timeline};

/// A report for people, from top to bottom.
#[derive(Clone, Debug)]
pub struct Document {
    /// What it is about: `db.example:5432 (10.20.0.7) TCP`.
    pub subject: Text,
    /// How much was done and when: `6 probes in 8.0 s, 2026-11-20 12:00:03Z to 12:00:11Z`.
    pub scope: Text,
    /// The result in a few words, for a title or a badge.
    pub headline: Headline,
    /// What follows.
    pub blocks: Vec<Block>,
    /// How and with what it was made, at the very end.
    pub signature: Vec<Text>,
}

/// A state and a few words about it.
#[derive(Clone, Debug)]
pub struct Headline {
    /// Mark and colour.
    pub state: State,
    /// The words.
    pub words: Text,
}

/// How well something works, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It does not work.
    Down,
    /// It works at times.
    Partial,
    /// It was not measured, or silence proves nothing.
    Unknown,
    /// It works.
    Up,
}

/// A part of a document.
#[derive(Clone, Debug)]
pub enum Block {
    /// What is wrong and who acts.
    Verdict(Verdict),
    /// A heading and what stands under it.
    Section(Section),
    /// A paragraph.
    Paragraph(Text),
    /// A remark of less weight.
    Note(Text),
    /// A list.
    List(List),
    /// Names with values.
    Facts(Vec<Fact>),
    /// A table.
    Table(Table),
    /// A picture.
    Figure(Figure),
    /// Blocks for a format with room: text and Markdown leave them out.
    Detail(Vec<Block>),
    /// Blocks for a format without room: HTML leaves them out.
    Brief(Vec<Block>),
}

/// What is wrong, what it means, what to do.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// The code that `synack explain` takes.
    pub code: Option<Text>,
    /// What it means, a paragraph each.
    pub meaning: Vec<Text>,
    /// What was seen.
    pub evidence: Vec<Text>,
    /// What it cannot be.
    pub ruled_out: Vec<Text>,
    /// What remains unknown.
    pub unknown: Vec<Text>,
    /// What to do next, a step each.
    pub next: Vec<Text>,
}

/// A heading and what stands under it.
#[derive(Clone, Debug)]
pub struct Section {
    /// The heading.
    pub heading: Text,
    /// The result of this part, where it has one of its own.
    pub headline: Option<Headline>,
    /// The name that a link in a table leads to.
    pub anchor: Option<String>,
    /// The content.
    pub blocks: Vec<Block>,
}

/// Items below one another.
#[derive(Clone, Debug)]
pub struct List {
    /// Whether their order matters.
    pub ordered: bool,
    /// The items.
    pub items: Vec<Text>,
}

/// A name and its value, or several.
#[derive(Clone, Debug)]
pub struct Fact {
    /// The name.
    pub name: &'static str,
    /// The values, a line each.
    pub values: Vec<Text>,
}

/// Rows and columns.
#[derive(Clone, Debug)]
pub struct Table {
    /// What it shows, for readers who do not see it.
    pub name: &'static str,
    /// A sentence about it.
    pub caption: Text,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Row>,
    /// Whether text shows the headings.
    pub text_headings: bool,
}

/// A column of a table.
#[derive(Clone, Debug)]
pub struct Column {
    /// The heading; text without headings leaves the line out.
    pub heading: Text,
    /// What its cells hold.
    pub kind: ColumnKind,
    /// What happens where there is no room.
    pub fit: Fit,
}

/// What the cells of a column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// A name or a word.
    Words,
    /// A number, aligned to the right.
    Number,
    /// A sentence that may break over several lines; the last column.
    Note,
}

/// Which formats show a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// All.
    Always,
    /// Left out of text too narrow for it, once nothing [`Fit::Wide`] is left.
    Medium,
    /// Left out of text that is too narrow for the whole table.
    Wide,
    /// Only where there is room for detail.
    Detail,
}

/// A row of a table.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// A cell for each column.
    pub cells: Vec<Cell>,
    /// More about this row: text shows it right under the row, Markdown under the table.
    pub details: Vec<Block>,
    /// The section about it.
    pub anchor: Option<String>,
}

/// A cell of a table.
#[derive(Clone, Debug)]
pub enum Cell {
    /// Text.
    Text(Text),
    /// An outcome by its word.
    Outcome(OutcomeKind, &'static str),
    /// A state.
    State(State),
    /// A small picture of a run.
    Sparkline(Sparkline),
    /// A small picture of a range.
    Span(Option<Span>),
}

/// A picture.
#[derive(Clone, Debug)]
pub enum Figure {
    /// Every probe at its time.
    Timeline(Box<Timeline>),
    /// Distribution of latencies on a logarithmic scale.
    Latencies(LatencyChart),
    /// The histogram that was asked for.
    Histogram(Histogram),
}

impl Headline {
    /// A state and words about it.
    pub fn new(state: State, words: impl Into<Text>) -> Self {
        Self {
            state,
            words: words.into(),
        }
    }
}

impl Section {
    /// A section without a result of its own.
    pub fn new(heading: impl Into<Text>, blocks: Vec<Block>) -> Self {
        Self {
            heading: heading.into(),
            headline: None,
            anchor: None,
            blocks,
        }
    }
}

impl Block {
    /// A section, unless there is nothing to show in it.
    pub fn section(heading: &'static str, blocks: Vec<Self>) -> Option<Self> {
        (!blocks.is_empty()).then(|| Self::Section(Section::new(heading, blocks)))
    }

    /// A list of bullets, unless it is empty.
    pub fn bullets(items: Vec<Text>) -> Option<Self> {
        let ordered = false;
        (!items.is_empty()).then_some(Self::List(List { ordered, items }))
    }
}

impl Fact {
    /// A name with one value.
    pub fn new(name: &'static str, value: impl Into<Text>) -> Self {
        Self {
            name,
            values: vec![value.into()],
        }
    }
}

impl Column {
    /// A column of words.
    pub fn words(heading: impl Into<Text>) -> Self {
        Self {
            heading: heading.into(),
            kind: ColumnKind::Words,
            fit: Fit::Always,
        }
    }

    /// A column of numbers.
    pub fn number(heading: impl Into<Text>) -> Self {
        Self {
            kind: ColumnKind::Number,
            ..Self::words(heading)
        }
    }

    /// A last column of sentences.
    pub fn note(heading: impl Into<Text>) -> Self {
        Self {
            kind: ColumnKind::Note,
            ..Self::words(heading)
        }
    }

    /// The same column, shown by fewer formats.
    #[must_use]
    pub fn only(self, fit: Fit) -> Self {
        Self { fit, ..self }
    }
}

impl Row {
    /// A row of cells.
    pub fn new(cells: Vec<Cell>) -> Self {
        Self {
            cells,
            ..Self::default()
        }
    }
}

impl Cell {
    /// A number or other words of this program.
    pub fn words(words: impl Into<String>) -> Self {
        Self::Text(Text::words(words.into()))
    }

    /// An empty cell.
    pub fn empty() -> Self {
        Self::Text(Text::default())
    }
}

impl From<Text> for Cell {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl State {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Down => "fails",
            Self::Partial => "fails at times",
            Self::Unknown => "unknown",
            Self::Up => "works",
        }
    }
}
