//! The forms other than plain text and JSON, as snapshots, and that no text from outside breaks out of them.

use proptest::prelude::*;

use super::{
    Duration, HistogramForm, LocalCause, OK, Outcome, Protocol, Refusal, Report, RunFixture,
    SECOND, mixed, rejected,
};
use crate::assertions::AssertionResult;
use crate::outcome::{
    Evidence, EvidenceKind, ExtraReply, ReplySummary, Rtt, RttClock, TargetId, UnreachableBy,
};
use crate::report::{csv, hgrm, markdown, notes, openmetrics, parts};
use crate::stats::{Distribution, RunRecord};

/// Text that means something to each of the forms.
const HOSTILE: [&str; 6] = [
    "x|y`z\\",
    "[a](http://b) ![c](d) <img src=e onerror=f>",
    "=cmd|' /C calc'!A0;=1,2\"3",
    "a\nb\r\n# c\u{1b}[2J\u{202e}d",
    "@team #1 **b** _c_ ~d~ $e$ &amp; www.f.example",
    "a\",b=\"c\\\"} 1\n#",
];

fn several() -> RunFixture {
    let mut fixture = RunFixture::new(&["db.example", "old.example", "far.example"]);
    for _ in 0..2 {
        fixture.probe(0, 412, OK, 1);
        fixture.probe(1, 377, Outcome::Refused(Refusal::Rst), 1);
        fixture.probe(2, 0, Outcome::Local(LocalCause::NoRoute), 0);
    }
    fixture
}

fn alone_with_local_trouble() -> RunFixture {
    let mut fixture = RunFixture::new(&["far.example"]);
    fixture.probe(0, 0, Outcome::Local(LocalCause::NoRoute), 0);
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
            fixture.probe(u32::try_from(place).expect("few"), 412, Outcome::Reply, 0);
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

/// Gives each probe the proof that its outcome has in a real run.
fn proven(mut fixture: RunFixture) -> RunFixture {
    for sample in &mut fixture.samples {
        let result = &mut sample.result;
        result.evidence = match result.outcome {
            Outcome::Unreachable(UnreachableBy::Icmp(icmp)) => Evidence {
                icmp: Some(icmp),
                ..Evidence::of(EvidenceKind::Icmp)
            },
            Outcome::Reply => Evidence::of(EvidenceKind::Reply),
            Outcome::NoReply => Evidence::of(EvidenceKind::Silence),
            _ => result.evidence,
        };
    }
    fixture
}

/// Everything that somebody else can choose, chosen badly.
fn hostile(text: &str) -> RunFixture {
    let mut fixture = answered(&[text, text, text], &[text, "ok"]);
    for target in 0..3 {
        fixture.probe(target, 4_000_000, Outcome::NoReply, 0);
        fixture.probe(target, 501, rejected(), 0);
    }
    let info = &mut fixture.info;
    info.plan.output.command_line = format!("synack {text}");
    info.unresolved = vec![format!("{text}: no such host")];
    text.clone_into(&mut info.host.system);
    let route = info.routes[0].as_mut().expect("a route");
    route.interface = Some(text.into());
    fixture
}

fn csv_rows(fixture: &RunFixture) -> String {
    let rows = fixture.samples.iter().map(|it| csv::row(&fixture.info, it));
    csv::heading() + &rows.collect::<String>()
}

fn metrics(fixture: &RunFixture) -> String {
    fixture.reported(openmetrics::text)
}

fn page(fixture: &RunFixture) -> String {
    fixture.reported(markdown::text)
}

fn fixtures() -> [(&'static str, RunFixture); 5] {
    let mut histogram = mixed();
    histogram.info.plan.display.histogram = Some(HistogramForm::Buckets(3));
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
fn each_form_of_each_story() {
    for (name, fixture) in fixtures() {
        let fixture = proven(fixture);
        insta::assert_snapshot!(format!("{name}_markdown"), page(&fixture));
        insta::assert_snapshot!(format!("{name}_csv_probes"), csv_rows(&fixture));
        insta::assert_snapshot!(
            format!("{name}_csv_summary"),
            fixture.reported(csv::summary)
        );
        insta::assert_snapshot!(format!("{name}_metrics"), metrics(&fixture));
    }
}

#[test]
fn a_percentile_file() {
    let mut values = Distribution::new(3);
    assert_eq!(hgrm::text(&values), None);
    values.record(Duration::from_micros(412));
    let text = hgrm::text(&values).expect("a value");
    assert!(text.contains("StdDeviation   =          NaN]"), "{text}");
    (1..=1000).for_each(|us| values.record(Duration::from_micros(us * 7)));
    insta::assert_snapshot!("percentiles_hgrm", hgrm::text(&values).expect("values"));
}

#[test]
fn the_plotter_reads_a_percentile_file() {
    let mut values = Distribution::new(3);
    (1..=100).for_each(|us| values.record(Duration::from_micros(us * 10)));
    let text = hgrm::text(&values).expect("values");
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
    let rows = csv::tests::read(&fixture.reported(csv::summary));
    let cells = rows[0].iter().zip(&rows[1]);
    let timed = cells.filter(|(name, _)| name.ends_with("_us") || name.starts_with("loss"));
    assert!(timed.clone().all(|(_, cell)| cell.is_empty()), "{rows:?}");
    assert!(!page(&fixture).contains("### Times"));
}

#[test]
fn a_target_given_twice_has_metrics_of_its_own() {
    let mut fixture = RunFixture::new(&["db.example", "db.example"]);
    fixture.probe(0, 412, OK, 1);
    fixture.probe(1, 413, OK, 1);
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
    fixture.probe(0, 501, rejected(), 1);
    fixture.probe(0, 501, rejected(), 1);
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
fn extras_are_told() {
    let mut fixture = answered(&["ntp.example"], &["stratum 2"]);
    fixture.info.plan.output.command_line.clear();
    let text = fixture.reported(|report| {
        let mut statistics = report.statistics.clone();
        statistics.record_extra(TargetId(0), ExtraReply::Duplicate);
        markdown::text(&Report {
            statistics: &statistics,
            assertions: &[AssertionResult {
                condition: "fail if loss > 1 %".to_owned(),
                observed: "loss of [ntp] is 25 %".to_owned(),
                passed: false,
            }],
            ..report.clone()
        })
    });
    let check = "- **FAILED** `fail if loss > 1 %: loss of [ntp] is 25 %`";
    assert!(text.contains(check), "{text}");
    assert!(text.contains("- duplicates: 1 further answer"), "{text}");
    assert!(text.contains("- command: `  `"), "{text}");
}

#[test]
fn the_words_are_those_of_the_text() {
    let mut fixture = mixed();
    fixture.info.columns = 1000;
    fixture.reported(|report| {
        let record = RunRecord {
            stalled: SECOND,
            behind: SECOND,
            skipped: 3,
            descriptor_cap: Some(7),
            wall_clock_moved: -90.0,
            ..report.record
        };
        let report = Report {
            record,
            ..report.clone()
        };
        let text = report.text();
        let target = report.targets().next().expect("a target");
        let (share, sure) = parts::loss(&target).expect("a loss");
        let times = parts::times(&target).map(|(name, _, what)| [name, what].map(str::to_owned));
        let words = notes::run(&report).into_iter().chain([share, sure]);
        for words in words.chain(times.into_iter().flatten()) {
            assert!(text.contains(&words), "{words}: {text}");
        }
        assert_eq!(notes::run(&report).len(), 8);
    });
}

#[test]
fn probes_are_left_out_for_something_that_is_told() {
    mixed().reported(|report| {
        let record = RunRecord {
            behind: Duration::from_micros(1),
            skipped: 9_568,
            ..report.record
        };
        let report = Report {
            record,
            ..report.clone()
        };
        let notes = notes::run(&report);
        let place = |words: &str| notes.iter().position(|note| note.contains(words));
        let reason = place("it fell behind by 1 ms in all").expect("a reason");
        assert_eq!(
            place("9568 probes of the schedule left out for that"),
            Some(reason + 1)
        );
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

/// Panics where a page of Markdown holds anything but our own marks.
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
    assert_tame(&page(fixture));
    let name = crate::term::escape_controls(&fixture.info.targets[0].label());
    let rows = csv::tests::read(&csv_rows(fixture));
    assert!(rows.iter().all(|row| row.len() == rows[0].len()));
    assert_eq!(csv_rows(fixture).lines().count(), rows.len());
    assert_eq!(rows[1][1].replace('\'', ""), name.replace('\'', ""));
    let summary = csv::tests::read(&fixture.reported(csv::summary));
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
