//! The document model: modes build documents, formats render them.

use crate::outcome::OutcomeKind;
use crate::text::Text;
use crate::verdict::conclusion::State;
use crate::verdict::statement::Statement;

use super::figure::{Histogram, LatencyChart, RangeBar, Sparkline, Timeline};

/// A human-readable report.
#[derive(Clone, Debug)]
pub struct Document {
    /// Subject: `db.example:5432 (10.20.0.7) TCP`.
    pub subject: Text,
    /// Amount and time: `6 probes in 8.0 s, 2026-11-20 12:00:03Z to 12:00:11Z`.
    pub scope: Text,
    /// The result in a few words.
    pub headline: Headline,
    /// Content.
    pub blocks: Vec<Block>,
    /// Version, system and command, at the end.
    pub signature: Vec<Text>,
}

/// A state and a few words.
#[derive(Clone, Debug)]
pub struct Headline {
    /// The state.
    pub state: State,
    /// The words.
    pub words: Text,
}

/// A part of a document.
#[derive(Clone, Debug)]
pub enum Block {
    /// A verdict.
    Verdict(Box<Statement>),
    /// A section.
    Section(Section),
    /// A paragraph.
    Paragraph(Text),
    /// A minor remark.
    Note(Text),
    /// A list.
    List(List),
    /// Names with values.
    Facts(Vec<Fact>),
    /// A table.
    Table(Table),
    /// A chart.
    Figure(Figure),
    /// Blocks of HTML only.
    Detail(Vec<Block>),
    /// Blocks of text and Markdown only.
    Brief(Vec<Block>),
}

/// A heading with content.
#[derive(Clone, Debug)]
pub struct Section {
    /// The heading.
    pub heading: Text,
    /// The result of this section.
    pub headline: Option<Headline>,
    /// Link target in HTML.
    pub anchor: Option<String>,
    /// The content.
    pub blocks: Vec<Block>,
}

/// A list.
#[derive(Clone, Debug)]
pub struct List {
    /// Numbered.
    pub ordered: bool,
    /// The items.
    pub items: Vec<Text>,
}

/// A name with values.
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
    /// Label for screen readers.
    pub name: &'static str,
    /// Caption.
    pub caption: Text,
    /// Columns.
    pub columns: Vec<Column>,
    /// Rows.
    pub rows: Vec<Row>,
    /// Text shows the headings.
    pub text_headings: bool,
}

/// A column of a table.
#[derive(Clone, Debug)]
pub struct Column {
    /// The heading.
    pub heading: Text,
    /// Kind of its cells.
    pub kind: ColumnKind,
    /// Where it is shown.
    pub fit: Fit,
}

/// Kind of the cells of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Names or words.
    Words,
    /// Numbers, right-aligned.
    Number,
    /// Sentences, wrapped; last column only.
    Note,
}

/// Where a column is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// In all formats.
    Always,
    /// In text if it fits; dropped after [`Fit::Wide`] columns.
    Medium,
    /// In text if it fits; dropped first.
    Wide,
    /// In HTML only.
    Detail,
}

/// A row of a table.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// One cell per column.
    pub cells: Vec<Cell>,
    /// Details: text shows them under the row, Markdown under the table.
    pub details: Vec<Block>,
    /// Anchor of its section.
    pub anchor: Option<String>,
}

/// A cell of a table.
#[derive(Clone, Debug)]
pub enum Cell {
    /// Text.
    Text(Text),
    /// An outcome and its name.
    Outcome(OutcomeKind, &'static str),
    /// A state.
    State(State),
    /// A sparkline.
    Sparkline(Sparkline),
    /// A range bar.
    Range(Option<RangeBar>),
}

/// A chart.
#[derive(Clone, Debug)]
pub enum Figure {
    /// Probes over time.
    Timeline(Box<Timeline>),
    /// Latency distribution on a logarithmic scale.
    Latencies(LatencyChart),
    /// The histogram of `-H`.
    Histogram(Histogram),
}

impl Headline {
    /// A headline.
    pub fn new(state: State, words: impl Into<Text>) -> Self {
        Self {
            state,
            words: words.into(),
        }
    }
}

impl Section {
    /// A section without headline and anchor.
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
    /// A section; absent if it is empty.
    pub fn section(heading: &'static str, blocks: Vec<Self>) -> Option<Self> {
        (!blocks.is_empty()).then(|| Self::Section(Section::new(heading, blocks)))
    }

    /// A bullet list; absent if it is empty.
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

    /// The same column with another [`Fit`].
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
    /// Words or a number of this program.
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
