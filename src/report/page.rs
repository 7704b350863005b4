//! Width and abilities of the page that text is rendered for.

/// The widest a summary gets: what a ticket shows without scrolling.
pub const WIDEST: usize = 100;

/// The narrowest page that text is broken for; below it the terminal may do as it likes.
pub const NARROWEST: usize = 40;

/// What text is rendered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its width.
    pub columns: usize,
    /// Whether it shows characters beyond ASCII.
    pub unicode: bool,
    /// Whether it shows colours.
    pub colour: bool,
}

impl Page {
    /// The page of a file: as wide as a ticket shows without scrolling.
    pub const FILE: Self = Self {
        columns: WIDEST,
        unicode: true,
        colour: false,
    };
}
