//! Reports of made-up findings.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::{DiagnosisSummary, document, json};
use crate::checks::{
    Findings, ListenerFindings, LocalFindings, NameFindings, ProbeBatch, RouteFindings,
    SizeFindings,
};
use crate::clock::WallClock;
use crate::hosts::resolve::ResolveError;
use crate::hosts::{Protocol, Target};
use crate::modes::ping::tests::fixture::host;
use crate::outcome::{
    Handshake, IcmpError, IcmpVersion, LocalCause, Outcome, Refusal, UnreachableBy,
};
use crate::path::analyze;
use crate::path::fixture::PathFixture;
use crate::plan::DocumentFormat;
use crate::platform::{
    Counters, Listener, Neighbour, NeighbourState, Process, RouteKind, RouteLookup,
};
use crate::report::schema::violation;
use crate::report::well_formed::{check, without_style};
use crate::report::{self, MAX_WIDTH, Page};
use crate::text::{CommandLine, Role, Word};
use crate::verdict::conclusion::conclude;
use crate::verdict::observe::findings::case;

const OK: Outcome = Outcome::Connected(Handshake::Clean);
const RST: Outcome = Outcome::Refused(Refusal::Rst);

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn tried(protocol: Protocol, address: &str, ends: &[(Outcome, u64)]) -> ProbeBatch {
    let address: SocketAddr = address.parse().expect("an address");
    let answered = ends.iter().any(|(outcome, _)| outcome.is_answered());
    ProbeBatch {
        target: Target {
            protocol,
            host: address.ip().to_string().into(),
            address,
            lookup: None,
        },
        sent: ends.iter().map(|(_, count)| count).sum(),
        outcomes: ends.to_vec(),
        strays: 0,
        late: 0,
        median_connect: answered.then_some(Duration::from_micros(412)),
        median_rtt: answered.then_some(Duration::from_micros(391)),
    }
}

fn tcp(address: &str, ends: &[(Outcome, u64)]) -> ProbeBatch {
    tried(Protocol::Tcp, address, ends)
}

fn echo(address: &str, ends: &[(Outcome, u64)]) -> ProbeBatch {
    tried(Protocol::Icmp, &format!("{address}:0"), ends)
}

fn too_big() -> Outcome {
    Outcome::Unreachable(UnreachableBy::Icmp(IcmpError {
        version: IcmpVersion::V4,
        kind: 3,
        code: 4,
        from: Some(ip("10.20.1.2")),
        mtu: Some(1400),
    }))
}

fn rejected() -> Outcome {
    Outcome::Unreachable(UnreachableBy::Icmp(IcmpError {
        version: IcmpVersion::V4,
        kind: 3,
        code: 13,
        from: Some(ip("10.20.1.4")),
        mtu: None,
    }))
}

/// Nothing but the question.
fn nothing() -> Findings {
    let mut findings = Findings::new("db.example:5432".to_owned(), Protocol::Tcp, Some(5432));
    findings.name.name = Some("db.example".to_owned());
    findings.took = Duration::from_millis(3);
    findings
}

fn way() -> RouteFindings {
    RouteFindings {
        unbound_route: None,
        route: Some(RouteLookup {
            kind: RouteKind::Unicast,
            interface: Some("eth0".into()),
            source: Some(ip("10.20.9.4")),
            next_hop: Some(ip("10.20.9.1")),
            on_link: false,
            mtu: Some(1500),
        }),
        link: None,
        neighbour: Some(Neighbour {
            next_hop: ip("10.20.9.1"),
            interface: "eth0".into(),
            state: NeighbourState::Reachable,
            link_address: Some("02:00:00:00:00:01".to_owned()),
        }),
        gateway_echo: Some(echo("10.20.9.1", &[(Outcome::NoReply, 2)])),
    }
}

/// A firewall on the way: every step has something to tell.
fn rejected_on_the_way() -> Findings {
    let fixture = PathFixture::of("1 * 3 4 X4").host(7);
    let analysis = analyze(&fixture.path);
    Findings {
        name: NameFindings {
            family: crate::hosts::resolve::Family::Any,
            name: Some("db.example".to_owned()),
            addresses: vec![ip("10.20.0.7"), ip("2001:db8::7")],
            error: None,
            took: Some(Duration::from_micros(3200)),
            hosts_file: vec![ip("10.20.0.8")],
        },
        local: LocalFindings {
            loopback: Some(tcp("127.0.0.1:40100", &[(OK, 2)])),
            own_address: Some(tcp("10.20.9.4:40100", &[(OK, 2)])),
            links: Vec::new(),
        },
        route: Some(way()),
        echo: Some(echo("10.20.0.7", &[(Outcome::Reply, 3)])),
        port_probes: Some(tcp(
            "10.20.0.7:5432",
            &[(rejected(), 4), (Outcome::NoReply, 2)],
        )),
        other_ports: vec![
            tcp("10.20.0.7:22", &[(OK, 1)]),
            tcp("10.20.0.7:443", &[(RST, 1), (Outcome::NoReply, 1)]),
        ],
        other_addresses: vec![tcp(
            "[2001:db8::7]:5432",
            &[(Outcome::Local(LocalCause::NoRoute), 2)],
        )],
        sizes: Some(SizeFindings {
            small_bytes: 84,
            small_probes: echo("10.20.0.7", &[(Outcome::Reply, 3)]),
            large_bytes: 1500,
            large_probes: echo("10.20.0.7", &[(too_big(), 2), (Outcome::NoReply, 1)]),
        }),
        path: Some((fixture.path, analysis)),
        counters: Some(Counters {
            retransmit_failures: Some(2),
            listen_drops: Some(0),
            ..Counters::default()
        }),
        sent: 45,
        took: Duration::from_millis(6240),
        ..nothing()
    }
}

/// The target is this machine, and its listener has a hostile name.
fn own_machine() -> Findings {
    let listener = |address: &str, name: &str| Listener {
        address: ip(address),
        interface: None,
        v6_only: None,
        accept_queue: Some(129),
        backlog: Some(128),
        process: Some(Process {
            pid: 812,
            name: name.to_owned(),
        }),
        uid: Some(999),
    };
    let listeners = vec![
        listener("127.0.0.1", "postgres"),
        listener("::1", "<b>|`x`\u{1b}[2J\u{202e}"),
    ];
    Findings {
        name: NameFindings {
            family: crate::hosts::resolve::Family::Any,
            addresses: vec![ip("10.20.9.4")],
            ..nothing().name
        },
        route: Some(RouteFindings {
            route: Some(RouteLookup {
                kind: RouteKind::Local,
                interface: Some("lo".into()),
                source: Some(ip("10.20.9.4")),
                next_hop: Some(ip("10.20.9.4")),
                on_link: true,
                mtu: None,
            }),
            ..RouteFindings::default()
        }),
        port_probes: Some(tcp("10.20.9.4:5432", &[(RST, 6)])),
        listeners: Some(ListenerFindings {
            sockets: Some(listeners),
        }),
        interrupted: true,
        sent: 6,
        ..nothing()
    }
}

fn no_such_name() -> Findings {
    let mut findings = nothing();
    findings.name.error = Some(ResolveError::Resolver {
        name: "db.example".to_owned(),
        reason: "Name or service not known".to_owned(),
        is_negative: true,
    });
    findings
}

/// What is made of a summary of these findings.
fn summarized<T>(findings: &Findings, make: impl FnOnce(&DiagnosisSummary) -> T) -> T {
    let started = Instant::now();
    let anchor = "2026-11-20T12:00:03Z".parse().expect("a time");
    let target = Word {
        role: Role::Target,
        ..Word::plain("db.example:5432")
    };
    make(&DiagnosisSummary {
        findings,
        conclusion: &conclude(&case(findings)),
        host: &host(),
        clock: WallClock::anchored(started, anchor),
        started,
        command_line: CommandLine(vec![Word::plain("synack"), Word::plain("diagnose"), target]),
    })
}

fn render(findings: &Findings, format: DocumentFormat, columns: usize, redact: bool) -> String {
    let page = Page {
        columns,
        unicode: false,
        colour: false,
    };
    summarized(findings, |summary| {
        let document = document::document(summary);
        report::render(&document, format, &page, &summary.redactor(redact))
    })
}

fn line(findings: &Findings, redact: bool) -> String {
    summarized(findings, |it| json::text(it, &it.redactor(redact)))
}

const DOCUMENTS: [DocumentFormat; 3] = [
    DocumentFormat::Text,
    DocumentFormat::Markdown,
    DocumentFormat::Html,
];

fn all() -> [(&'static str, Findings); 3] {
    [
        ("rejected", rejected_on_the_way()),
        ("own", own_machine()),
        ("no_name", no_such_name()),
    ]
}

#[test]
fn text_on_wide_and_narrow_pages() {
    for (name, findings) in all() {
        let page = |columns| {
            let text = render(&findings, DocumentFormat::Text, columns, false);
            format!("{}\n{text}", "=".repeat(columns))
        };
        let pages = [MAX_WIDTH, 80, 60].map(page).concat();
        insta::assert_snapshot!(format!("{name}_text"), pages);
    }
}

#[test]
fn markdown_for_a_ticket() {
    for (name, findings) in all() {
        let text = render(&findings, DocumentFormat::Markdown, MAX_WIDTH, false);
        insta::assert_snapshot!(format!("{name}_markdown"), text);
    }
}

#[test]
fn its_line_of_json_is_valid() {
    for (name, findings) in all() {
        for redact in [false, true] {
            let text = line(&findings, redact);
            assert_eq!(text.lines().count(), 1, "{name}");
            let object = serde_json::from_str(&text).expect("JSON");
            assert_eq!(violation(&object), None, "{name}");
        }
    }
}

#[test]
fn the_schema_refuses_what_the_contract_does_not_know() {
    let text = line(&rejected_on_the_way(), false);
    let whole: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    for (pointer, value) in [
        ("/verdict/code", "Not a code"),
        ("/verdict/next/0/who", "the neighbour"),
        ("/tried/0/step", "elsewhere"),
        ("/tried/0/ends/0/outcome", "maybe"),
        ("/steps/0/step", "elsewhere"),
        ("/dns_us", "3.2 ms"),
    ] {
        let mut object = whole.clone();
        let field = object.pointer_mut(pointer);
        *field.unwrap_or_else(|| panic!("{pointer}: {text}")) = value.into();
        assert!(violation(&object).is_some(), "{pointer}");
    }
}

#[test]
fn no_line_is_wider_than_the_page() {
    for (name, findings) in all() {
        for columns in [MAX_WIDTH, 80, 60] {
            let text = render(&findings, DocumentFormat::Text, columns, false);
            let wide = text.lines().filter(|it| it.chars().count() > columns);
            // What is to be copied stays whole.
            let wide: Vec<_> = wide.filter(|it| !it.starts_with("synack ")).collect();
            assert_eq!(wide, Vec::<&str>::new(), "{name}, {columns}");
        }
    }
}

#[test]
fn pages_are_well_formed() {
    for (name, findings) in all() {
        let page = render(&findings, DocumentFormat::Html, MAX_WIDTH, false);
        check(&page);
        insta::assert_snapshot!(format!("{name}_html"), without_style(&page));
    }
}

#[test]
fn a_redacted_diagnosis_has_no_name_and_no_address() {
    for (name, findings) in all() {
        let documents = DOCUMENTS.map(|format| render(&findings, format, MAX_WIDTH, true));
        for text in documents.into_iter().chain([line(&findings, true)]) {
            assert!(text.contains("target-1"), "{name}: {text}");
            for secret in ["10.20.", "db.example", "2001:db8", "02:00:00"] {
                assert!(!text.contains(secret), "{name}: {text}");
            }
        }
    }
}

#[test]
fn nothing_of_a_hostile_name_gets_through() {
    for format in DOCUMENTS {
        let text = render(&own_machine(), format, MAX_WIDTH, false);
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{format:?}: {text}");
    }
}
