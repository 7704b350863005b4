//! Output of one run of the tool.

use serde_json::Value;

#[derive(Debug)]
pub(crate) struct RunOutput {
    pub(crate) command_line: String,
    pub(crate) exit_code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// Every line of stdout as JSON.
    pub(crate) lines: Vec<Value>,
}

impl RunOutput {
    /// JSON lines of one `type`.
    pub(crate) fn of_type<'a>(&'a self, line_type: &'a str) -> impl Iterator<Item = &'a Value> {
        let lines = self.lines.iter();
        lines.filter(move |line| line["type"] == line_type)
    }
}
