//! The table: causes by observations.
//!
//! A row says for each kind of observation that the cause has something to do with how likely it shows each value. Kinds
//! that a row does not name have the letters of `observation/kinds.rs`. Ranking, certainty, evidence, what is ruled out and
//! what to look at next all follow from it, see `ranking.rs`.
//!
//! A new situation comes first (`tests/situations.toml`): it fails, a letter changes, and all others must still hold. A
//! letter that is not obvious has a comment.

mod cause;
mod code;
mod host;
mod local;
mod names;
mod network;
mod owner;
mod row;
mod segment;
mod service;
mod works;

pub use cause::Cause;
pub use code::Code;
pub use owner::Owner;
pub use row::Row;

/// All rows.
const TABLE: &[&[Row]] = &[
    works::ROWS,
    service::ROWS,
    host::ROWS,
    network::ROWS,
    segment::ROWS,
    local::ROWS,
    names::ROWS,
];

/// Every row.
pub fn rows() -> impl Iterator<Item = &'static Row> + Clone {
    TABLE.iter().copied().flatten()
}

// Each cause has exactly one row, or this does not compile.
const _: () = {
    let mut found = [0_u8; Cause::ALL.len()];
    let mut room = 0;
    while room < TABLE.len() {
        let mut row = 0;
        while row < TABLE[room].len() {
            found[TABLE[room][row].cause as usize] += 1;
            row += 1;
        }
        room += 1;
    }
    let mut cause = 0;
    while cause < found.len() {
        assert!(found[cause] == 1, "a cause has no row, or two");
        cause += 1;
    }
};

impl Cause {
    /// The row.
    ///
    /// # Panics
    /// Never: that each cause has a row is checked when this is compiled.
    pub fn row(self) -> &'static Row {
        rows()
            .find(|row| row.cause == self)
            .expect("each cause has a row")
    }
}
