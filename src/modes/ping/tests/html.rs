//! The page as a whole: what it shows, that it is well formed, that nothing gets out of its text, how large it is.

use std::time::Duration;

use super::fixture::{self, OK, RunFixture, lost_syn, mixed, rejected, several};
use crate::assertions::AssertionResult;
use crate::hosts::resolve::ResolveError;
use crate::outcome::{LocalCause, Outcome, ReplySummary};
use crate::plan::DocumentFormat;
use crate::report::well_formed::{check, without_style};
use crate::text::{CommandLine, Value, Word};

fn sized(probes: u64, targets: usize) -> usize {
    let page = fixture::long(probes, targets).document(DocumentFormat::Html);
    check(&page);
    page.len()
}

#[test]
fn one_target() {
    let page = mixed().document(DocumentFormat::Html);
    check(&page);
    insta::assert_snapshot!("one", without_style(&page));
}

#[test]
fn several_targets() {
    let page = several().document(DocumentFormat::Html);
    check(&page);
    insta::assert_snapshot!("several", without_style(&page));
}

#[test]
fn nothing_is_loaded_and_nothing_runs() {
    for page in [
        mixed().document(DocumentFormat::Html),
        fixture::long(3000, 1).document(DocumentFormat::Html),
        fixture::long(90, 30).document(DocumentFormat::Html),
    ] {
        let page = page.to_lowercase();
        for loading in [
            "<script",
            "http:",
            "https:",
            "src=",
            "url(",
            "@import",
            "<link",
            "javascript:",
        ] {
            assert!(!page.contains(loading), "{loading}");
        }
        let links = page.split("href=\"").skip(1);
        assert!(links.clone().count() > 0);
        assert!(links.into_iter().all(|link| link.starts_with('#')));
    }
}

#[test]
fn hostile_text_stays_text() {
    const HOSTILE: &str = "<script>alert('1')</script>\"&\u{1b}[2J\u{202e}\u{0}]]>--></style>";
    let mut fixture = RunFixture::new(&[HOSTILE, "b.example"]);
    let [reply, silence] = [Outcome::Reply, Outcome::NoReply];
    fixture.probe(0, 400, reply);
    fixture.samples[0].result.reply_summary = Some(ReplySummary::new(HOSTILE));
    fixture.probe(0, 4_000_000, silence);
    fixture.probe(1, 400, OK);
    let command = CommandLine(vec![Word::plain("synack"), Word::plain(HOSTILE)]);
    fixture.info.plan.output.command_line = command;
    fixture.info.host.system = HOSTILE.to_owned();
    fixture.info.host.name = Some(HOSTILE.to_owned());
    fixture.info.unresolved = vec![ResolveError::Stopped {
        name: HOSTILE.to_owned(),
    }];
    let route = fixture.info.routes[0].as_mut().expect("a route");
    route.interface = Some(HOSTILE.into());
    let page = fixture.document(DocumentFormat::Html);
    check(&page);
    let rest = without_style(&page);
    for raw in [
        "<script",
        "</style>]",
        "\u{1b}",
        "\u{202e}",
        "\u{0}",
        "alert('",
    ] {
        assert!(!rest.contains(raw), "{raw:?}");
    }
    assert_eq!(rest.matches("</style>").count(), 1);
    let escaped = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;";
    // Title, headings, command, system, interface, lookup, unresolved, answer, verdict ...
    assert!(rest.matches(escaped).count() > 8, "{rest}");
    assert!(rest.contains("\\u{1b}[2J\\u{202e}\\u{0}"), "{rest}");
}

#[test]
fn what_was_not_measured_is_absent() {
    let mut fixture = RunFixture::new(&["far.example"]);
    fixture.probe(0, 0, Outcome::Local(LocalCause::NoRoute));
    fixture.info.plan.schedule.interval = Duration::ZERO;
    let page = without_style(&fixture.document(DocumentFormat::Html));
    check(&page);
    assert!(!page.contains("0.000"), "{page}");
    assert!(!page.contains("connect ms"), "{page}");
    assert!(!page.contains("class=\"plane\""), "{page}");
    assert!(page.contains("on this machine"), "{page}");
}

#[test]
fn a_run_without_a_probe_has_a_page() {
    for hosts in [&["db.example"][..], &["a.example", "b.example"]] {
        let page = without_style(&RunFixture::new(hosts).document(DocumentFormat::Html));
        check(&page);
        assert!(!page.contains("class=\"chart\"") && !page.contains("class=\"spark\""));
    }
}

#[test]
fn only_percentiles_that_exist_are_marked() {
    let mut fixture = RunFixture::new(&["db.example"]);
    (0..20).for_each(|index| fixture.probe(0, 400 + 10 * index, OK));
    let page = fixture.document(DocumentFormat::Html);
    assert!(page.contains("p50 0.") && page.contains("p90 0."), "{page}");
    assert!(!page.contains("p99 0."), "{page}");
}

#[test]
fn probes_in_trouble_are_told_apart_by_shape() {
    let mut fixture = mixed();
    fixture.probe(0, 4_000_000, Outcome::Unfinished);
    let page = fixture.document(DocumentFormat::Html);
    for kind in ["refused", "unreachable", "no-reply", "unfinished"] {
        assert!(page.contains(&format!("<g class=\"k-{kind}\"")), "{kind}");
        assert!(page.contains(&format!("href=\"#k-{kind}\"")), "{kind}");
    }
    assert!(page.contains("class=\"outage\""));
}

#[test]
fn many_targets_are_all_counted_and_few_described() {
    let page = fixture::long(1200, 600).document(DocumentFormat::Html);
    check(&page);
    assert_eq!(page.matches("<section class=\"target\"").count(), 10);
    assert_eq!(page.matches("<svg class=\"spark\"").count(), 500);
    assert!(page.contains("100 more rows are omitted"));
    assert!(page.contains("Details of 590 more targets are omitted"));
}

#[test]
fn failed_assertions_are_shown() {
    let mut fixture = mixed();
    for passed in [true, false] {
        fixture.assertions.push(AssertionResult {
            condition: "loss > 1 %".to_owned(),
            observed: Value::foreign("loss is <b>").into(),
            passed,
        });
    }
    let page = fixture.document(DocumentFormat::Html);
    check(&page);
    for line in [
        "ok  loss &gt; 1 %: <bdi>loss is &lt;b&gt;</bdi>",
        "FAILED  loss &gt; 1 %",
    ] {
        assert!(page.contains(line), "{page}");
    }
}

#[test]
fn trouble_comes_first() {
    let mut fixture = RunFixture::new(&["fine.example", "lossy.example", "dead.example"]);
    for target in 0..3 {
        fixture.probe(target, 400, OK);
    }
    fixture.probe(1, 1_015_000, lost_syn());
    fixture.probe(2, 500, rejected());
    let page = fixture.document(DocumentFormat::Html);
    let place = |name: &str| {
        page.find(&format!("<h2><bdi>{name}"))
            .expect("a part of its own")
    };
    assert!(place("dead.") < place("lossy."));
    assert!(place("lossy.") < place("fine."));
}

#[test]
fn the_page_of_ten_thousand_probes_is_small() {
    for targets in [1, 2, 5, 12, 100, 1000] {
        let bytes = sized(10_000, targets);
        assert!(bytes < 500_000, "{targets} targets: {bytes}");
    }
    // Nothing alike next to each other is as large as it gets.
    for targets in [1, 12, 1000] {
        let bytes = fixture::worst(10_000, targets)
            .document(DocumentFormat::Html)
            .len();
        assert!(bytes < 500_000, "{targets} targets at their worst: {bytes}");
    }
}
