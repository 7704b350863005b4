//! Terminal: stdout, diagnostics on stderr, colour, progress bar, escaping, result files.

mod escape;
mod output;
mod progress;
mod result_file;

pub use escape::escape_controls;
pub use output::{Output, print_diagnostic};
pub use progress::Progress;
pub use result_file::ResultFile;
