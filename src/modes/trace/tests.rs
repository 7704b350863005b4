//! Reports of made-up paths; see [`crate::path::fixture`].

use std::time::Duration;

use super::summary::{TraceInfo, TraceSummary};
use super::{document, json};
use crate::clock::WallClock;
use crate::hosts::Protocol;
use crate::modes::ping::tests::fixture::{host, route};
use crate::path::fixture::{PathFixture, router};
use crate::path::{RouterNames, TraceProbe};
use crate::plan::{DocumentFormat, PathPlan, PayloadPlan, SocketPlan};
use crate::report::schema::violation;
use crate::report::well_formed::{check, without_style};
use crate::report::{self, MAX_WIDTH, Page};
use crate::text::{CommandLine, Role, Word};

const DOCUMENTS: [DocumentFormat; 3] = [
    DocumentFormat::Text,
    DocumentFormat::Markdown,
    DocumentFormat::Html,
];

/// A path, and what is known beside it.
struct TraceFixture {
    fixture: PathFixture,
    names: RouterNames,
    info: TraceInfo,
}

impl TraceFixture {
    fn new(fixture: PathFixture) -> Self {
        let anchor = "2026-11-20T12:00:03Z".parse().expect("a time");
        let target = fixture.path.target.clone();
        let flows = u16::try_from(fixture.path.flows.len()).expect("few");
        let info = TraceInfo {
            path: PathPlan {
                rounds: Some(fixture.path.rounds),
                flows,
                ..PathPlan::new(SocketPlan::default(), PayloadPlan::default())
            },
            target,
            family: crate::hosts::resolve::Family::Any,
            route: Some(route()),
            host: host(),
            clock: WallClock::anchored(fixture.start, anchor),
            started: fixture.start,
            command_line: command("db.example:5432"),
        };
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

    /// The report in a format.
    fn document(&self, format: DocumentFormat, columns: usize, redact: bool) -> String {
        let page = Page {
            columns,
            unicode: false,
            colour: false,
        };
        let document = document::document(&self.summary());
        report::render(&document, format, &page, &self.info.redactor(redact))
    }

    /// All lines of JSON.
    fn json(&self, redact: bool) -> String {
        let redactor = self.info.redactor(redact);
        let mut text = json::start(&self.info, &redactor);
        for (purpose, ttl, sample) in &self.fixture.probes {
            let (purpose, ttl) = (*purpose, *ttl);
            let step = TraceProbe {
                purpose,
                ttl,
                sample,
            };
            text += &json::probe(&self.info, &step, &redactor);
        }
        text + &json::summary(&self.summary(), &redactor)
    }

    fn summary(&self) -> TraceSummary<'_> {
        let ended = self.fixture.start + Duration::from_millis(2340);
        TraceSummary::new(&self.info, &self.fixture.path, &self.names, ended)
    }

    fn page(&self) -> String {
        self.document(DocumentFormat::Html, MAX_WIDTH, false)
    }
}

fn command(target: &str) -> CommandLine {
    let target = Word {
        role: Role::Target,
        ..Word::plain(target)
    };
    CommandLine(vec![Word::plain("synack"), Word::plain("trace"), target])
}

fn works() -> TraceFixture {
    let rounds = ["1 2 3 S"; 12].join("|");
    let fixture = PathFixture::new(Protocol::Tcp).discovery("1 2 3 S >S");
    TraceFixture::new(fixture.rounds(&rounds).host(4)).named(&[
        (1, "gw.example"),
        (2, "core-1.provider.example"),
        (3, "edge.db.example"),
    ])
}

/// A silent hop, one that limits its answers, and a rejection.
fn rejected() -> TraceFixture {
    let fixture = PathFixture::new(Protocol::Tcp).discovery("1 * 3 4 X4 >X4");
    let rounds = ["1 * 3 4 X4"].into_iter().chain(["1 * * 4 X4"; 5]);
    let walks = rounds.collect::<Vec<_>>().join("|");
    TraceFixture::new(fixture.rounds(&walks).host(7)).named(&[(4, "fw.example")])
}

/// Four source ports over two links, of which one is dead.
fn ecmp() -> TraceFixture {
    let fixture = PathFixture::new(Protocol::Tcp)
        .discovery("1 2 3 5 S >S")
        .host(5);
    TraceFixture::new(fixture.rounds(
        "1 2 3 5 S|. . . . . >S/1 2 4 * * * >*|. . . . . >*/1 2 3 5 S|. . . . . >S/1 2 4 * * * >*|. . . . . >*",
    ))
}

fn looped() -> TraceFixture {
    let fixture = PathFixture::new(Protocol::Tcp).discovery("1 2 3 4 3 4 3 4 >*");
    TraceFixture::new(fixture.rounds("1 2 3 4 3 4|1 2 3 4 3 4"))
}

const HOSTILE: &str =
    "<b>k\u{f6}ln|`rm`\u{1b}[2J\u{202e}\u{0}.a-very-long-name-that-goes-on-for-ever.example";

/// Names from a resolver are anybody's.
fn hostile() -> TraceFixture {
    let fixture = PathFixture::new(Protocol::Tcp).discovery("1 2 * * >*");
    let mut trace =
        TraceFixture::new(fixture.rounds("1 2 * *|1 3 * *").host(6)).named(&[(2, HOSTILE)]);
    trace.info.target.host = HOSTILE.into();
    trace.fixture.path.target.host = HOSTILE.into();
    trace.info.command_line = command(HOSTILE);
    trace
}

fn all() -> [(&'static str, TraceFixture); 5] {
    [
        ("works", works()),
        ("rejected", rejected()),
        ("ecmp", ecmp()),
        ("looped", looped()),
        ("hostile", hostile()),
    ]
}

#[test]
fn text_on_wide_and_narrow_pages() {
    for (name, trace) in all() {
        let page = |columns| {
            let text = trace.document(DocumentFormat::Text, columns, false);
            format!("{}\n{text}", "=".repeat(columns))
        };
        let pages = [MAX_WIDTH, 80, 60].map(page).concat();
        insta::assert_snapshot!(format!("{name}_text"), pages);
    }
}

#[test]
fn markdown_for_a_ticket() {
    for (name, trace) in all() {
        let text = trace.document(DocumentFormat::Markdown, MAX_WIDTH, false);
        insta::assert_snapshot!(format!("{name}_markdown"), text);
    }
}

#[test]
fn pages_are_well_formed() {
    for (_, trace) in all() {
        check(&trace.page());
    }
    insta::assert_snapshot!("rejected_html", without_style(&rejected().page()));
    insta::assert_snapshot!("ecmp_html", without_style(&ecmp().page()));
}

#[test]
fn every_line_of_json_is_valid() {
    for (name, trace) in all() {
        let text = trace.json(false);
        let objects: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        let steps = trace.fixture.probes.len();
        assert_eq!(objects.len(), steps + 2, "{name}");
        for object in &objects {
            assert_eq!(violation(object), None, "{name}");
        }
    }
}

#[test]
fn the_schema_refuses_what_the_contract_does_not_know() {
    let text = ecmp().json(false);
    let last = text.lines().last().expect("a summary");
    let summary: serde_json::Value = serde_json::from_str(last).expect("JSON");
    for (pointer, value) in [
        ("/end/kind", "somewhere"),
        ("/distance/speaker", "unheard-of"),
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
    for (name, trace) in all() {
        for columns in [MAX_WIDTH, 80, 60, 40] {
            let text = trace.document(DocumentFormat::Text, columns, false);
            let wide = text.lines().filter(|it| it.chars().count() > columns);
            // A router, and what is to be copied, stays whole.
            let whole = |it: &&str| {
                ["synack ", ".example ("]
                    .iter()
                    .any(|part| it.contains(part))
                    || it.contains("very-long-name")
            };
            let wide: Vec<_> = wide.filter(|it| !whole(it)).collect();
            assert_eq!(wide, Vec::<&str>::new(), "{name}, {columns}");
        }
    }
}

#[test]
fn nothing_of_a_hostile_name_gets_through() {
    let trace = hostile();
    for format in DOCUMENTS {
        let text = trace.document(format, MAX_WIDTH, false);
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\0']), "{format:?}");
    }
    assert!(!trace.json(false).contains(['\u{1b}', '\0']));
    assert!(!without_style(&trace.page()).contains("<b>"));
}

#[test]
fn a_redacted_path_has_no_name_and_no_address() {
    for (name, trace) in all() {
        let documents = DOCUMENTS.map(|format| trace.document(format, MAX_WIDTH, true));
        for text in documents.into_iter().chain([trace.json(true)]) {
            assert!(text.contains("router-1"), "{name}: {text}");
            for secret in [
                "10.20.",
                "desk",
                "db.example",
                "gw.example",
                "very-long-name",
            ] {
                assert!(!text.contains(secret), "{name}: {secret}: {text}");
            }
        }
    }
}
