//! CSV (RFC 4180): a row for each probe, or one for each target.
//!
//! Lines end with LF, not with the CRLF of RFC 4180: rows are also read line by line, where a CR would become part
//! of the last cell, and spreadsheets and CSV parsers take either. A row is always one line. Cells are empty where
//! there is no value, times are RFC 3339 in UTC, columns that end in `_us` are microseconds.

use std::fmt::Display;

use super::summary::{RunInfo, RunSummary, TargetSummary};
use crate::clock::rfc3339;
use crate::hosts::Target;
use crate::outcome::{Errno, Evidence, EvidenceKind, OutcomeClass, ReplySummary, RttClock, Sample};
use crate::report::Redactor;
use crate::report::machine_numbers::{PERCENTILES, rounded, sender, us};
use crate::stats::{Distribution, OutcomeGroup};
use crate::term::escape_controls;
use crate::text::Value;

/// The columns of a probe's row: the fields of the JSON line, flattened.
const PROBE: [&str; 24] = [
    "time",
    "target",
    "address",
    "port",
    "protocol",
    "seq",
    "warmup",
    "local",
    "outcome",
    "reason",
    "late",
    "connect_us",
    "rtt_us",
    "rtt_clock",
    "syn_sent",
    "held_us",
    "ttl",
    "answer",
    "evidence",
    "icmp_type",
    "icmp_code",
    "icmp_from",
    "icmp_mtu",
    "errno",
];

/// The columns of a target's row before those of its distributions.
const COUNTS: [&str; 18] = [
    "target",
    "address",
    "port",
    "protocol",
    "started",
    "ended",
    "sent",
    "succeeded",
    "failed",
    "local_errors",
    "late",
    "unfinished",
    "duplicates",
    "strays",
    "reordered",
    "loss_percent",
    "loss_low_percent",
    "loss_high_percent",
];

/// The columns of a target's row after those of its distributions.
const CONCLUSIONS: [&str; 7] = [
    "jitter_us",
    "outages",
    "first_cause_outcome",
    "first_cause_reason",
    "first_cause_from",
    "first_cause_count",
    "verdict",
];

/// Column prefixes of the distributions.
const DISTRIBUTIONS: [&str; 3] = ["connect", "rtt", "refused"];

/// First characters of a spreadsheet formula (OWASP, "CSV Injection"), full-width forms included.
const FORMULA: &str = "=+-@\t\r\n\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}";

/// The header row of probes.
pub(super) fn heading() -> String {
    PROBE.join(",") + "\n"
}

/// The row of one probe.
pub(super) fn row(info: &RunInfo, sample: &Sample, redactor: &Redactor) -> String {
    let target = &info.targets[sample.target.index()];
    let result = &sample.result;
    let local = result.local.map(|local| match target.port() {
        Some(_) => redactor.endpoint(local),
        None => redactor.address(local.ip()),
    });
    let mut line = Line::default();
    line.plain(rfc3339(info.clock.at(sample.sent_at)));
    line.target(target, redactor);
    line.plain(sample.seq);
    line.plain(sample.warmup);
    line.maybe(local);
    line.plain(result.outcome.kind().name());
    line.maybe(result.outcome.reason());
    line.plain(sample.late);
    line.maybe(result.connect.map(us));
    line.maybe(result.rtt.map(|rtt| us(rtt.time)));
    line.maybe(result.rtt.map(|rtt| RttClock::name(rtt.clock)));
    line.maybe(result.syn_sent);
    line.maybe(result.established_for.map(us));
    line.maybe(result.ttl);
    let said = result
        .reply_summary
        .as_ref()
        .map_or("", ReplySummary::as_str);
    line.text(&redactor.foreign(said));
    line.evidence(&result.evidence, redactor);
    line.end()
}

/// A header row, and a row for each target.
pub(super) fn summary(summary: &RunSummary, redactor: &Redactor) -> String {
    let targets = summary.targets();
    let rows = targets.map(|target| target_row(summary, &target, redactor));
    summary_heading() + &rows.collect::<String>()
}

fn summary_heading() -> String {
    let mut line = Line::default();
    for name in COUNTS {
        line.plain(name);
    }
    for name in DISTRIBUTIONS {
        line.plain(format!("{name}_count"));
        for figure in ["min", "mean", "stddev"] {
            line.plain(format!("{name}_{figure}_us"));
        }
        for (_, percentile, _) in PERCENTILES {
            line.plain(format!("{name}_{percentile}_us"));
        }
        line.plain(format!("{name}_max_us"));
    }
    for name in CONCLUSIONS {
        line.plain(name);
    }
    line.end()
}

fn target_row(summary: &RunSummary, target: &TargetSummary, redactor: &Redactor) -> String {
    let recorder = target.recorder;
    let mut line = Line::default();
    line.target(target.target, redactor);
    line.plain(rfc3339(summary.info.clock.at(summary.record.started)));
    line.plain(rfc3339(summary.info.clock.at(summary.record.ended)));
    line.counts(target);
    for values in [&recorder.connect, &recorder.rtt, &recorder.refused] {
        line.distribution(values);
    }
    line.maybe(recorder.jitter.mean_us().map(rounded));
    let outages = Some(recorder.outages.total());
    line.maybe(outages.filter(|_| !target.never_answers()));
    line.first_cause(recorder.outcome_groups.first(), redactor);
    line.plain(target.conclusion().code.name());
    line.end()
}

/// A row under construction.
#[derive(Default)]
struct Line(String);

impl Line {
    /// A trusted cell: no special characters of CSV or spreadsheets.
    fn plain(&mut self, value: impl Display) {
        self.0 += &format!("{value},");
    }

    /// A cell that is empty without a value.
    fn maybe(&mut self, value: Option<impl Display>) {
        match value {
            Some(value) => self.plain(value),
            None => self.plain(""),
        }
    }

    /// An untrusted cell.
    fn text(&mut self, text: &str) {
        self.plain(quoted(&harmless(&escape_controls(text))));
    }

    fn target(&mut self, target: &Target, redactor: &Redactor) {
        self.text(&redactor.service(target));
        self.text(&redactor.value(&Value::address(target)));
        self.maybe(target.port());
        self.plain(target.protocol.name());
    }

    fn evidence(&mut self, evidence: &Evidence, redactor: &Redactor) {
        let icmp = evidence.icmp;
        self.maybe(evidence.kind.map(EvidenceKind::name));
        self.maybe(icmp.map(|icmp| icmp.kind));
        self.maybe(icmp.map(|icmp| icmp.code));
        let from = icmp.and_then(|icmp| icmp.from);
        self.maybe(from.map(|from| redactor.address(from)));
        self.maybe(icmp.and_then(|icmp| icmp.mtu));
        self.maybe(evidence.errno.map(Errno::name));
    }

    fn counts(&mut self, target: &TargetSummary) {
        let recorder = target.recorder;
        let loss = target.loss();
        self.plain(recorder.sent());
        for class in [
            OutcomeClass::Succeeded,
            OutcomeClass::Failed,
            OutcomeClass::Local,
        ] {
            self.plain(recorder.count_class(class));
        }
        self.plain(recorder.late);
        self.plain(recorder.count_class(OutcomeClass::Unfinished));
        self.plain(recorder.replies.duplicates);
        self.plain(recorder.replies.strays);
        self.plain(recorder.replies.reordered);
        self.maybe(loss.map(|loss| rounded(loss.percent)));
        self.maybe(loss.map(|loss| rounded(loss.low)));
        self.maybe(loss.map(|loss| rounded(loss.high)));
    }

    fn distribution(&mut self, values: &Distribution) {
        let figures = values.figures();
        self.plain(values.count());
        self.maybe(figures.map(|it| rounded(it.min)));
        self.maybe(figures.map(|it| rounded(it.mean)));
        self.maybe(figures.and_then(|it| it.stddev).map(rounded));
        for (percent, _, _) in PERCENTILES {
            self.maybe(values.percentile(percent).map(rounded));
        }
        self.maybe(figures.map(|it| rounded(it.max)));
    }

    fn first_cause(&mut self, cause: Option<&OutcomeGroup>, redactor: &Redactor) {
        self.maybe(cause.map(|it| it.outcome.kind().name()));
        self.maybe(cause.and_then(|it| it.outcome.reason()));
        let from = cause.and_then(|it| sender(&it.outcome));
        self.maybe(from.map(|from| redactor.address(from)));
        self.maybe(cause.map(|it| it.count));
    }

    /// The row with its line end.
    fn end(mut self) -> String {
        self.0.pop();
        self.0 + "\n"
    }
}

/// Puts an apostrophe before what a spreadsheet would evaluate as a formula.
///
/// That is the beginning of a cell, spaces apart, and also what follows a semicolon: where the decimal point is a
/// comma, spreadsheets split a line there.
fn harmless(text: &str) -> String {
    let mut marked = String::with_capacity(text.len());
    let mut at_start = true;
    for c in text.chars() {
        if at_start && FORMULA.contains(c) {
            marked.push('\'');
        }
        let passed_over = c == '"' || c.is_whitespace();
        at_start = matches!(c, ';' | '\t' | '\r' | '\n') || at_start && passed_over;
        marked.push(c);
    }
    marked
}

/// A cell in quotation marks, where it needs them (RFC 4180 section 2).
fn quoted(text: &str) -> String {
    let needs = |c| matches!(c, '"' | ',' | ';' | ' ' | '\t' | '\r' | '\n');
    if text.contains(needs) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The cells of each row, as RFC 4180 reads them.
    pub(in crate::modes::ping) fn read(text: &str) -> Vec<Vec<String>> {
        let mut rows = vec![vec![String::new()]];
        let mut within = false;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let row = rows.last_mut().expect("a row");
            let cell = row.last_mut().expect("a cell");
            match c {
                '"' if within && chars.peek() == Some(&'"') => {
                    chars.next();
                    cell.push('"');
                }
                '"' => within = !within,
                ',' if !within => row.push(String::new()),
                '\n' if !within => rows.push(vec![String::new()]),
                c => cell.push(c),
            }
        }
        assert!(!within, "an open quotation mark");
        assert_eq!(rows.pop(), Some(vec![String::new()]), "an end of line");
        rows
    }

    fn of_text(text: &str) -> String {
        let mut line = Line::default();
        line.plain("before");
        line.text(text);
        line.plain("after");
        line.end()
    }

    #[test]
    fn a_formula_becomes_text() {
        let cases = [
            ("=1+1", "'=1+1"),
            ("-host", "'-host"),
            ("@a", "'@a"),
            (" \u{a0}+1", " \u{a0}'+1"),
            ("a;\"=1", "a;\"'=1"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("1-1=0", "1-1=0"),
            ("stratum 3", "stratum 3"),
        ];
        for (text, marked) in cases {
            assert_eq!(harmless(text), marked);
        }
    }

    #[test]
    fn each_heading_has_its_cell_once() {
        let summary = summary_heading();
        for heading in [heading(), summary] {
            let rows = read(&heading);
            let mut names = rows[0].clone();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), rows[0].len());
        }
    }

    proptest! {
        #[test]
        fn any_text_is_one_cell_of_one_line_and_reads_back(text in r#"[\PC\n\r\t",;'=+\-@ \u{202e}]{0,40}"#) {
            let line = of_text(&text);
            prop_assert_eq!(line.matches('\n').count(), 1);
            let rows = read(&line);
            prop_assert_eq!(&rows[0], &["before", &harmless(&escape_controls(&text)), "after"]);
        }

        #[test]
        fn the_apostrophe_is_all_that_is_added(text in any::<String>()) {
            let mut left = text.chars().peekable();
            for c in harmless(&text).chars() {
                let _ = left.next_if_eq(&c);
            }
            prop_assert_eq!(left.next(), None);
            prop_assert_eq!(read(&(quoted(&text) + "\n"))[0].concat(), text);
        }

        #[test]
        fn no_cell_begins_a_formula_however_the_line_is_split(text in r#"[a=+\-@"; ,\t]{0,30}"#) {
            let line = of_text(&text);
            for piece in line.trim_end().split(';') {
                let piece = piece.trim_start_matches(['"', ' ']);
                prop_assert!(!piece.starts_with(|c| FORMULA.contains(c)), "{}", line);
            }
            let cell = &read(&line)[0][1];
            prop_assert!(!cell.trim_start().starts_with(|c| FORMULA.contains(c)), "{}", cell);
        }
    }
}
