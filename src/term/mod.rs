//! The terminal: where output goes, whether it is coloured, and the progress bar.

mod file;
mod output;
mod progress;
mod safe;

pub use file::ResultFile;
pub use output::{Output, complain};
pub use progress::Progress;
pub use safe::safe;
