//! The terminal: where output goes, whether it is coloured, and the progress bar.

mod escape;
mod output;
mod progress;
mod result_file;

pub use escape::escape_controls;
pub use output::{Output, print_diagnostic};
pub use progress::Progress;
pub use result_file::ResultFile;
