//! Formats other than plain text and JSON, as snapshots; no text from outside breaks out of any.

use proptest::prelude::*;

use std::time::Duration;

use super::fixture::{OK, RunFixture, SECOND, mixed, rejected, several};
use crate::assertions::AssertionResult;
use crate::engine::RunRecord;
use crate::hosts::Protocol;
use crate::hosts::resolve::ResolveError;
use crate::modes::ping::summary::RunSummary;
use crate::modes::ping::{csv, document, hgrm, openmetrics};
use crate::outcome::{
    ExtraReply, LocalCause, Outcome, ReplySummary, Rtt, RttClock, TargetId, UnreachableBy,
};
use crate::plan::DocumentFormat;
use crate::report::figure::Buckets;
use crate::report::{self, Page, Redactor};
use crate::stats::Distribution;
use crate::text;
use crate::text::{CommandLine, Value, Word};

/// Text that means something in each of the formats.
const HOSTILE: [&str; 6] = [
    "x|y`z\\",
    "[a](http://b) ![c](d) <img src=e onerror=f>",
    "=cmd|' /C calc'!A0;=1,2\"3",
    "a\nb\r\n# c\u{1b}[2J\u{202e}d",
    "@team #1 **b** _c_ ~d~ $e$ &amp; www.f.example",
    "a\",b=\"c\\\"} 1\n#",
];

fn alone_with_local_trouble() -> RunFixture {
    let mut fixture = RunFixture::new(&["far.example"]);
    fixture.probe(0, 0, Outcome::Local(LocalCause::NoRoute));
    fixture
}

/// Answers to datagrams, with everything that can be worth a line.
fn answered(hosts: &[&str], answers: &[&str]) -> RunFixture {
    let mut fixture = RunFixture::new(hosts);
    for (place, target) in fixture.info.targets.iter_mut().enumerate() {
        target.protocol = [Protocol::Udp, Protocol::Icmp][place % 2];
    }
    fixture.info.is_mixed = fixture.info.targets.len() > 1;
    for place in 0..hosts.len() {
        for said in answers {
            fixture.probe(place, 412, Outcome::Reply);
            let result = &mut fixture.samples.last_mut().expect("a sample").result;
            result.reply_summary = Some(ReplySummary::new(said));
            result.ttl = Some(57);
            result.rtt = Some(Rtt {
                time: Duration::from_micros(400),
                clock: RttClock::User,
            });
        }
    }
    fixture
}

/// Hostile text wherever text from outside can stand.
fn hostile(text: &str) -> RunFixture {
    let mut fixture = answered(&[text, text, text], &[text, "ok"]);
    for target in 0..3 {
        fixture.probe(target, 4_000_000, Outcome::NoReply);
        fixture.probe(target, 501, rejected());
    }
    let info = &mut fixture.info;
    info.plan.output.command_line = CommandLine(vec![Word::plain("synack"), Word::plain(text)]);
    info.unresolved = vec![ResolveError::Resolver {
        name: text.to_owned(),
        reason: text.to_owned(),
        is_negative: true,
    }];
    text.clone_into(&mut info.host.system);
    let route = info.routes[0].as_mut().expect("a route");
    route.interface = Some(text.into());
    fixture
}

fn csv_rows(fixture: &RunFixture) -> String {
    let off = Redactor::off();
    let samples = fixture.samples.iter();
    let rows = samples.map(|it| csv::row(&fixture.info, it, &off));
    csv::heading() + &rows.collect::<String>()
}

fn csv_summary(fixture: &RunFixture) -> String {
    fixture.summarized(|summary| csv::summary(summary, &Redactor::off()))
}

fn metrics(fixture: &RunFixture) -> String {
    fixture.summarized(|summary| openmetrics::text(summary, &Redactor::off()))
}

fn markdown(fixture: &RunFixture) -> String {
    fixture.document(DocumentFormat::Markdown)
}

fn fixtures() -> [(&'static str, RunFixture); 5] {
    let mut histogram = mixed();
    histogram.info.plan.display.histogram = Some(Buckets::Equal(3));
    [
        ("mixed", histogram),
        ("several", several()),
        ("local", alone_with_local_trouble()),
        (
            "datagrams",
            answered(&["ntp.example", "2001:db8::1"], &["stratum 2", "stratum 3"]),
        ),
        ("hostile", hostile("-1|`[a](b)<i>\n")),
    ]
}

#[test]
fn every_format_of_every_run() {
    for (name, fixture) in fixtures() {
        insta::assert_snapshot!(format!("{name}_markdown"), markdown(&fixture));
        insta::assert_snapshot!(format!("{name}_csv_probes"), csv_rows(&fixture));
        insta::assert_snapshot!(format!("{name}_csv_summary"), csv_summary(&fixture));
        insta::assert_snapshot!(format!("{name}_metrics"), metrics(&fixture));
    }
}

#[test]
fn a_percentile_file() {
    let mut values = Distribution::new(3);
    assert_eq!(hgrm::percentiles(&values), None);
    values.record(Duration::from_micros(412));
    let text = hgrm::percentiles(&values).expect("a value");
    assert!(text.contains("StdDeviation   =          NaN]"), "{text}");
    (1..=1000).for_each(|us| values.record(Duration::from_micros(us * 7)));
    insta::assert_snapshot!(
        "percentiles_hgrm",
        hgrm::percentiles(&values).expect("values")
    );
}

#[test]
fn the_plotter_reads_a_percentile_file() {
    let mut values = Distribution::new(3);
    (1..=100).for_each(|us| values.record(Duration::from_micros(us * 10)));
    let text = hgrm::percentiles(&values).expect("values");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let numbers = |line: &str| -> Option<Vec<f64>> {
        line.split_whitespace().map(|it| it.parse().ok()).collect()
    };
    let rows: Vec<_> = lines
        .filter_map(numbers)
        .filter(|it| !it.is_empty())
        .collect();
    let (last, plotted) = rows.split_last().expect("rows");
    assert!(plotted.iter().all(|row| row.len() == 4));
    assert_eq!(last, &[1.0, 1.0, 100.0]);
    let rises = |place: usize| rows.windows(2).all(|two| two[0][place] <= two[1][place]);
    assert!((0..3).all(rises), "{text}");
    let median = plotted.iter().find(|row| row[1] >= 0.5).expect("a median");
    assert_eq!(median, &[0.5, 0.5, 50.0, 2.0]);
}

#[test]
fn what_was_not_measured_has_no_metric_no_cell_and_no_row() {
    let fixture = alone_with_local_trouble();
    let text = metrics(&fixture);
    for name in ["loss", "connect", "rtt", "refused", "jitter"] {
        assert!(!text.contains(&format!("synack_{name}")), "{name}: {text}");
    }
    let rows = csv::tests::read(&csv_summary(&fixture));
    let cells = rows[0].iter().zip(&rows[1]);
    let timed = cells.filter(|(name, _)| name.ends_with("_us") || name.starts_with("loss"));
    assert!(timed.clone().all(|(_, cell)| cell.is_empty()), "{rows:?}");
    assert!(!markdown(&fixture).contains("stddev"));
}

#[test]
fn a_target_given_twice_has_metrics_of_its_own() {
    let mut fixture = RunFixture::new(&["db.example", "db.example"]);
    fixture.probe(0, 412, OK);
    fixture.probe(1, 413, OK);
    let text = metrics(&fixture);
    let mut names: Vec<_> = samples(&text)
        .map(|line| line.rsplit_once(' ').expect("a number").0)
        .collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all, "{text}");
}

#[test]
fn senders_of_the_same_error_share_a_metric() {
    let mut fixture = RunFixture::new(&["db.example"]);
    fixture.probe(0, 501, rejected());
    fixture.probe(0, 501, rejected());
    let other = &mut fixture.samples[1].result.outcome;
    if let Outcome::Unreachable(UnreachableBy::Icmp(icmp)) = other {
        icmp.from = Some([10, 20, 0, 2].into());
    }
    let text = metrics(&fixture);
    let probes = samples(&text).filter(|line| line.starts_with("synack_probes{"));
    let numbers: Vec<_> = probes
        .map(|line| openmetrics::tests::read(line).2)
        .collect();
    assert_eq!(numbers, [2.0]);
}

#[test]
fn duplicates_and_failed_assertions_are_shown() {
    let fixture = answered(&["ntp.example"], &["stratum 2"]);
    let text = fixture.summarized(|summary| {
        let mut statistics = summary.statistics.clone();
        statistics.record_extra(TargetId(0), ExtraReply::Duplicate);
        let summary = RunSummary {
            statistics: &statistics,
            assertions: &[AssertionResult {
                condition: "fail if loss > 1 %".to_owned(),
                observed: text!["loss of ", Value::foreign("[ntp]"), " is 25 %"],
                passed: false,
            }],
            ..summary.clone()
        };
        let document = document::document(&summary, Vec::new());
        let format = DocumentFormat::Markdown;
        report::render(&document, format, &Page::FILE, &Redactor::off())
    });
    let check = r"- FAILED  fail if loss \> 1 %: loss of `[ntp]` is 25 %";
    assert!(text.contains(check), "{text}");
    assert!(text.contains("- duplicates: 1 further reply"), "{text}");
}

#[test]
fn everything_about_the_run_is_in_every_document() {
    mixed().summarized(|summary| {
        let record = RunRecord {
            stalled: SECOND,
            behind: Duration::from_micros(1),
            skipped: 9_568,
            descriptor_cap: Some(7),
            wall_clock_moved: -90.0,
            ..summary.record
        };
        let summary = RunSummary {
            record,
            ..summary.clone()
        };
        let document = document::document(&summary, Vec::new());
        let page = Page {
            columns: 1000,
            ..Page::FILE
        };
        for format in [
            DocumentFormat::Text,
            DocumentFormat::Markdown,
            DocumentFormat::Html,
        ] {
            let text = report::render(&document, format, &page, &Redactor::off());
            for words in [
                "schedule lag:",
                "this process was stalled for 1 s in total",
                "1 ms behind in total",
                "9568 probes of the schedule skipped for that reason",
                "allowed only 7 probes in flight",
                "the wall clock moved by -90 s",
                "source ports 40112 to 40117",
                "95 % interval",
                "SYN to SYN-ACK",
            ] {
                assert!(text.contains(words), "{format:?}, {words}: {text}");
            }
        }
    });
}

/// The lines of metrics that are no comments.
fn samples(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with('#'))
}

/// Cuts the code spans out of a line of Markdown, as `CommonMark` finds them: what is left, and what they hold.
fn without_code(line: &str) -> (String, Vec<String>) {
    let (mut left, mut spans, mut rest) = (String::new(), Vec::new(), line);
    while let Some(start) = rest.find('`') {
        let run = |text: &str| text.len() - text.trim_start_matches('`').len();
        left += &rest[..start];
        let fence = run(&rest[start..]);
        let body = &rest[start + fence..];
        let mut end = 0;
        loop {
            let next = body[end..].find('`').expect("a code span that ends");
            end += next;
            if run(&body[end..]) == fence {
                break;
            }
            end += run(&body[end..]);
        }
        spans.push(body[..end].to_owned());
        rest = &body[end + fence..];
    }
    (left + rest, spans)
}

/// What is left of a line without the marks that a backslash makes plain characters.
fn without_escapes(line: &str) -> String {
    let mut left = String::new();
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let escaped = c == '\\' && chars.next_if(char::is_ascii_punctuation).is_some();
        left.extend((!escaped).then_some(c));
    }
    left
}

/// Panics where Markdown holds anything but the renderer's own marks.
fn assert_tame(page: &str) {
    let mut columns = None;
    for line in page.lines() {
        assert!(!line.contains(|c: char| c.is_control()), "{line:?}");
        let (left, spans) = without_code(line);
        assert!(
            !without_escapes(&left).contains(['<', '[', '!', '@', '_', '&', '$']),
            "{line}"
        );
        if !line.starts_with('|') {
            columns = None;
            continue;
        }
        // Whatever a dialect takes for a separator, there are as many in every row.
        assert!(spans.iter().all(|span| !span.contains('|')), "{line}");
        let cells = line.matches('|').count();
        assert_eq!(*columns.get_or_insert(cells), cells, "{line}");
    }
}

#[test]
fn no_hostile_text_breaks_out() {
    for text in HOSTILE {
        assert_all_tame(&hostile(text));
    }
}

fn assert_all_tame(fixture: &RunFixture) {
    assert_tame(&markdown(fixture));
    let name = crate::term::escape_controls(&fixture.info.targets[0].label());
    let rows = csv::tests::read(&csv_rows(fixture));
    assert!(rows.iter().all(|row| row.len() == rows[0].len()));
    assert_eq!(csv_rows(fixture).lines().count(), rows.len());
    assert_eq!(rows[1][1].replace('\'', ""), name.replace('\'', ""));
    let summary = csv::tests::read(&csv_summary(fixture));
    assert!(summary.iter().all(|row| row.len() == summary[0].len()));
    for line in samples(&metrics(fixture)) {
        let (metric, labels, _) = openmetrics::tests::read(line);
        assert!(metric.starts_with("synack_"), "{line}");
        let mut targets = fixture.info.targets.iter();
        let mut is_ours =
            |value: &str| targets.any(|it| crate::term::escape_controls(&it.label()) == value);
        let target = labels.iter().find(|(label, _)| label == "target");
        assert!(target.is_some_and(|(_, value)| is_ours(value)), "{line}");
    }
}

#[test]
fn every_family_of_metrics_stands_together() {
    for (_, fixture) in fixtures() {
        let text = metrics(&fixture);
        let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        let mut seen: Vec<_> = types.collect();
        let all = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), all);
        assert!(text.ends_with("# EOF\n"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_breaks_out(text in r#"[\PC\n\r\t`|\\<\[\]!@#;,"'=+*_{}\u{202e}-]{1,24}"#) {
        assert_all_tame(&hostile(&text));
    }
}

#[test]
fn a_run_of_eight_seconds_is_dated() {
    let text = metrics(&mixed());
    let at = |name: &str| {
        let line = samples(&text)
            .find(|line| line.starts_with(name))
            .expect("a time");
        openmetrics::tests::read(line).2
    };
    let lasted = at("synack_end_time_seconds") - at("synack_start_time_seconds");
    assert!((lasted - 8.0 * SECOND.as_secs_f64()).abs() < 1e-3);
}
