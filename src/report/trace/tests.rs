//! What people and scripts read of a path, on paths that are made up word by word; see [`crate::path::fixture`].

use std::time::Duration;

use super::{TraceInfo, TraceReport, heading, summary};
use crate::clock::WallClock;
use crate::hosts::Protocol;
use crate::path::fixture::{PathFixture, router};
use crate::path::{RouterNames, TraceProbe};
use crate::plan::{Format, PathPlan, PayloadPlan, SocketPlan};
use crate::report::html::tests::{well_formed::check, without_style};
use crate::report::tests::{host, plan, route, schema::violation};
use crate::report::{Forms, WIDEST, over_text};

/// A path, and what is known beside it.
struct Told {
    fixture: PathFixture,
    names: RouterNames,
    info: TraceInfo,
}

impl Told {
    fn new(fixture: PathFixture) -> Self {
        let anchor = "2026-11-20T12:00:03Z".parse().expect("a time");
        let target = fixture.path.target.clone();
        let flows = u16::try_from(fixture.path.flows.len()).expect("few");
        let mut info = TraceInfo {
            output: plan().output,
            path: PathPlan {
                rounds: Some(fixture.path.rounds),
                flows,
                ..PathPlan::new(SocketPlan::default(), PayloadPlan::default())
            },
            target,
            route: Some(route()),
            host: host(),
            clock: WallClock::anchored(fixture.start, anchor),
            started: fixture.start,
            columns: WIDEST,
        };
        info.output.command_line = "synack trace db.example:5432".to_owned();
        Self {
            fixture,
            names: RouterNames::with_names([]),
            info,
        }
    }

    fn named(mut self, names: &[(u8, &str)]) -> Self {
        let names = names.iter();
        self.names =
            RouterNames::with_names(names.map(|(it, name)| (router(*it), (*name).to_owned())));
        self
    }

    /// All that is printed in this form.
    fn printed(&self, screen: Format, columns: usize) -> String {
        let mut info = self.info.clone();
        (info.output.screen, info.columns) = (screen, columns);
        let ended = self.fixture.start + Duration::from_millis(2340);
        let report = TraceReport::new(&info, &self.fixture.path, &self.names, ended);
        let mut forms = Forms::new(&info.output, || info.redactor());
        let mut text = forms.each(|format| heading(format, &info)).concat();
        for (purpose, ttl, sample) in &self.fixture.probes {
            let (purpose, ttl) = (*purpose, *ttl);
            let step = TraceProbe {
                purpose,
                ttl,
                sample,
            };
            text += &forms
                .each(|format| super::step(format, &info, &step))
                .concat();
        }
        text + &forms.each(|format| summary(format, &report)).concat()
    }

    fn page(&self) -> String {
        self.printed(Format::Html, WIDEST)
    }
}

fn works() -> Told {
    let rounds = ["1 2 3 S"; 12].join("|");
    let fixture = PathFixture::new(Protocol::Tcp).discovery("1 2 3 S >S");
    Told::new(fixture.rounds(&rounds).host(4)).named(&[
        (1, "gw.example"),
        (2, "core-1.provider.example"),
        (3, "edge.db.example"),
    ])
}

/// A silent hop, one that limits its answers, and a rejection.
fn rejected() -> Told {
    let fixture = PathFixture::new(Protocol::Tcp).discovery("1 * 3 4 X4 >X4");
    let rounds = ["1 * 3 4 X4"].into_iter().chain(["1 * * 4 X4"; 5]);
    let walks = rounds.collect::<Vec<_>>().join("|");
    Told::new(fixture.rounds(&walks).host(7)).named(&[(4, "fw.example")])
}

/// Four source ports over two links, of which one is dead.
fn parting() -> Told {
    let fixture = PathFixture::new(Protocol::Tcp)
        .discovery("1 2 3 5 S >S")
        .host(5);
    Told::new(fixture.rounds(
        "1 2 3 5 S|. . . . . >S/1 2 4 * * * >*|. . . . . >*/1 2 3 5 S|. . . . . >S/1 2 4 * * * >*|. . . . . >*",
    ))
}

fn looped() -> Told {
    let fixture = PathFixture::new(Protocol::Tcp).discovery("1 2 3 4 3 4 3 4 >*");
    Told::new(fixture.rounds("1 2 3 4 3 4|1 2 3 4 3 4"))
}

const HOSTILE: &str =
    "<b>k\u{f6}ln|`rm`\u{1b}[2J\u{202e}\u{0}.a-very-long-name-that-goes-on-for-ever.example";

/// Names from a resolver are anybody's.
fn hostile() -> Told {
    let fixture = PathFixture::new(Protocol::Tcp).discovery("1 2 * * >*");
    let mut told = Told::new(fixture.rounds("1 2 * *|1 3 * *").host(6)).named(&[(2, HOSTILE)]);
    told.info.target.host = HOSTILE.into();
    told.fixture.path.target.host = HOSTILE.into();
    told.info.output.command_line = format!("synack trace {HOSTILE}");
    told
}

fn all() -> [(&'static str, Told); 5] {
    [
        ("works", works()),
        ("rejected", rejected()),
        ("parting", parting()),
        ("looped", looped()),
        ("hostile", hostile()),
    ]
}

#[test]
fn text_on_wide_and_narrow_pages() {
    for (name, told) in all() {
        let page = |columns| {
            let text = told.printed(Format::Text, columns);
            format!("{}\n{text}", "=".repeat(columns))
        };
        let pages = [WIDEST, 80, 60].map(page).concat();
        insta::assert_snapshot!(format!("{name}_text"), pages);
    }
}

#[test]
fn markdown_for_a_ticket() {
    for (name, told) in all() {
        let text = told.printed(Format::Markdown, WIDEST);
        insta::assert_snapshot!(format!("{name}_markdown"), text);
    }
}

#[test]
fn pages_are_well_formed() {
    for (_, told) in all() {
        check(&told.page());
    }
    insta::assert_snapshot!("rejected_html", without_style(&rejected().page()));
    insta::assert_snapshot!("parting_html", without_style(&parting().page()));
}

#[test]
fn every_line_of_json_is_valid() {
    for (name, told) in all() {
        let text = told.printed(Format::Json, WIDEST);
        let objects: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        let steps = told.fixture.probes.len();
        assert_eq!(objects.len(), steps + 2, "{name}");
        for object in &objects {
            assert_eq!(violation(object), None, "{name}");
        }
    }
}

#[test]
fn the_schema_refuses_what_the_contract_does_not_know() {
    let text = parting().printed(Format::Json, WIDEST);
    let last = text.lines().last().expect("a summary");
    let summary: serde_json::Value = serde_json::from_str(last).expect("JSON");
    for (pointer, value) in [
        ("/end/kind", "somewhere"),
        ("/distance/speaker", "nobody"),
        ("/hops/0/heard/0/what", "something"),
        ("/notes/0/kind", "other"),
        ("/notes/0/after", "2"),
        ("/flows/0/port", "40001"),
    ] {
        let mut summary = summary.clone();
        let field = summary.pointer_mut(pointer);
        *field.unwrap_or_else(|| panic!("{pointer}: {last}")) = value.into();
        assert!(violation(&summary).is_some(), "{pointer}");
    }
}

#[test]
fn no_line_is_wider_than_the_page() {
    for (name, told) in all() {
        for columns in [WIDEST, 80, 60] {
            let text = told.printed(Format::Text, columns);
            let wide = text.lines().filter(|it| it.chars().count() > columns);
            // What has no space to break at, or is to be copied, stays whole.
            let whole = |it: &&str| it.contains("synack ") || it.contains("very-long-name");
            let wide: Vec<_> = wide.filter(|it| !whole(it)).collect();
            assert_eq!(wide, Vec::<&str>::new(), "{name}, {columns}");
        }
    }
}

#[test]
fn nothing_of_a_hostile_name_gets_through() {
    let told = hostile();
    for format in [Format::Text, Format::Markdown, Format::Json, Format::Html] {
        let text = told.printed(format, WIDEST);
        for raw in ["\u{1b}", "\u{202e}", "\u{0}"] {
            let raw_json = format == Format::Json && raw == "\u{202e}";
            assert!(raw_json || !text.contains(raw), "{format:?} {raw:?}");
        }
    }
    assert!(!without_style(&told.page()).contains("<b>"));
}

#[test]
fn what_is_told_on_the_way_is_redacted_too() {
    let mut told = works();
    told.names = RouterNames::with_names([]);
    told.info.output.redact = true;
    let (info, path) = (&told.info, &told.fixture.path);
    let report = TraceReport::new(info, path, &told.names, told.fixture.start);
    let mut forms = Forms::new(&info.output, || info.redactor());
    let text = forms.text(report.text());
    assert!(text.contains("target-1"), "{text}");
    for secret in ["10.20.", "db.example"] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[test]
fn a_redacted_path_tells_nobody() {
    for (name, mut told) in all() {
        told.info.output.redact = true;
        told.info.output.command_line = "synack trace --redact db.example:5432".to_owned();
        // No name is looked up.
        told.names = RouterNames::with_names([]);
        for format in [Format::Text, Format::Markdown, Format::Json, Format::Html] {
            let text = told.printed(format, WIDEST);
            assert!(text.contains("router-1"), "{name} {format:?}: {text}");
            for secret in ["10.20.", "desk"] {
                assert!(!text.contains(secret), "{name} {format:?}: {text}");
            }
            assert!(name == "hostile" || !text.contains("db.example"), "{text}");
        }
        let page = told.page();
        check(&page);
        assert_eq!(over_text(&page, str::to_owned), page);
    }
}
