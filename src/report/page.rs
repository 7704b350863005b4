//! The page that text is rendered for: width, characters, colour.

/// Maximum width: a ticket shows it without scrolling.
pub const MAX_WIDTH: usize = 100;

/// Minimum width that text is wrapped to.
pub const MIN_WIDTH: usize = 40;

/// The page that text is rendered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Width.
    pub columns: usize,
    /// Characters beyond ASCII are shown.
    pub unicode: bool,
    /// Colours are shown.
    pub colour: bool,
}

impl Page {
    /// The page of a result file.
    pub const FILE: Self = Self {
        columns: MAX_WIDTH,
        unicode: true,
        colour: false,
    };
}
