//! What is said of paths that are made up word by word; see [`crate::path::fixture`].

use super::*;
use crate::path::analyze;
use crate::path::fixture::PathFixture;

/// A verdict with its texts as they are.
#[derive(Debug)]
struct Plain {
    code: String,
    meaning: Vec<String>,
    next: Vec<String>,
}

impl From<Verdict> for Plain {
    fn from(verdict: Verdict) -> Self {
        Self {
            code: verdict.code,
            meaning: verdict.meaning.iter().map(Text::plain).collect(),
            next: verdict.next.iter().map(Text::plain).collect(),
        }
    }
}

fn judged(fixture: &PathFixture) -> Plain {
    verdict(&fixture.path, &analyze(&fixture.path)).into()
}

/// Checks the code, and that what is said has these words.
fn assert_says(fixture: &PathFixture, code: &str, words: &[&str]) {
    let verdict = judged(fixture);
    let said = verdict.meaning.join("\n") + "\n" + &verdict.next.join("\n");
    assert_eq!(verdict.code, code, "{said}");
    for word in words {
        assert!(said.contains(word), "no {word:?} in: {said}");
    }
}

fn tcp(walks: &str, host: Option<u8>) -> PathFixture {
    let fixture = PathFixture::of(walks);
    match host {
        Some(host) => fixture.host(host),
        None => fixture,
    }
}

#[test]
fn every_end_has_its_words() {
    for (walks, host, code, words) in [
        (
            "1 2 S",
            Some(3),
            "reached",
            &["handshake completes at hop 3", "the host itself"][..],
        ),
        ("1 2 S", None, "reached", &["does not show"]),
        ("1 2 S", Some(4), "reached", &["one hop nearer", "hop 4"]),
        (
            "1 S",
            Some(5),
            "answered-for",
            &["not the host that answers", "hop 2"],
        ),
        ("1 2 3 S", Some(2), "reached", &["further away", "hop 2"]),
        ("1 2 * >S", None, "reached", &["the usual TTL"]),
        (
            "1 2 R",
            Some(3),
            "rst",
            &["(hop 2)", "ss -ltn 'sport = :5432'"],
        ),
        (
            "1 R",
            Some(5),
            "forged-rst",
            &["not the host that refuses", "hop 5"],
        ),
        (
            "1 2 X2",
            None,
            "admin-prohibited",
            &["10.20.1.2", "(3/13)", "hop 2 of the path"],
        ),
        ("1 X2", None, "admin-prohibited", &["a TTL of 2 on"]),
        ("X1", None, "admin-prohibited", &["the first hop"]),
        ("1 X", None, "admin-prohibited", &["An unnamed device"]),
        ("1 * >X7", None, "admin-prohibited", &["the usual TTL"]),
        (
            "1 2 * >*",
            None,
            "silence",
            &["beyond hop 2", "capture on 10.20.0.7"],
        ),
        (
            "1 2 * >*",
            Some(4),
            "silence",
            &["The host itself is there", "hop 4"],
        ),
        (
            "1 2 3 2 3",
            None,
            "routing-loop",
            &["between hops 2 and 3", "owners of hops 2 and 3"],
        ),
        ("", None, "unknown", &["does not say"]),
    ] {
        assert_says(&tcp(walks, host), code, words);
    }
}

#[test]
fn there_is_no_hop_before_the_first() {
    for (walks, host) in [("R", 1), ("S", 1), ("R", 9), ("S", 9), ("X1", 9), ("R", 2)] {
        let verdict = judged(&tcp(walks, Some(host)));
        let said = verdict.meaning.concat() + &verdict.next.concat();
        assert!(!said.contains("hop 0"), "{walks}, {host}: {said}");
    }
}

#[test]
fn other_protocols_have_words_of_their_own() {
    let closed = PathFixture::new(Protocol::Udp).rounds("1 P").host(2);
    assert_says(
        &closed,
        "port-unreachable",
        &["nothing listens", "ss -lun 'sport = :5432'"],
    );
    let answers = PathFixture::new(Protocol::Udp).rounds("1 D").host(2);
    assert_says(&answers, "reached", &["An answer comes at hop 2"]);
    let echo = PathFixture::new(Protocol::Icmp).rounds("1 D");
    assert_says(&echo, "reached", &["An answer comes at hop 2."]);
    let rejected = PathFixture::new(Protocol::Icmp).rounds("1 X1");
    assert_says(&rejected, "admin-prohibited", &["for ICMP echo to"]);
}

#[test]
fn a_probe_that_never_left_says_why() {
    let fixture = PathFixture::new(Protocol::Tcp).discovery("L L >L");
    assert_says(&fixture, "no-route", &["No probe left this machine"]);
}

#[test]
fn notes_follow_what_they_add_to() {
    for (walks, words) in [
        (
            "1 2 S|1 * S|1 * S|1 * S|1 * S|1 * S",
            &["Hop 2 left", "need not be loss on the path"][..],
        ),
        ("1 2 S|* * S|* * S|* * S|* * S|* * S", &["Hops 1, 2 left"]),
        ("1 2 S|1 2 * >*", &["2 of 3 probes to the end"]),
        (
            "1 2 S|1 2 S|1 2 S|1 2 *|1 2 *|1 2 *|1 2 *|1 2 *|1 2 *",
            &[
                "6 of 9 probes to the end",
                "get lost behind hop 2, or the answers to them",
            ],
        ),
        ("1 N S", &["Hop 2 has the target's own address"]),
        ("1 S/1 * >*", &["1 of 2 probes to the end"]),
        ("1 2 S/3 2 S", &["From the first hop on"]),
        (
            "1 2 3 S/1 2 4 S",
            &["Behind hop 2 probes take different routers"],
        ),
        (
            "1 S|1 S|1 S/1 * >*|1 * >*|1 * >*",
            &["1 of 2 source ports", "(40002)"],
        ),
    ] {
        let verdict = judged(&tcp(walks, None));
        assert_eq!(verdict.code, "reached", "{walks}");
        let notes = verdict.meaning[1..].join("\n");
        for word in words {
            assert!(notes.contains(word), "{walks}: no {word:?} in: {notes}");
        }
    }
    let others = PathFixture::new(Protocol::Tcp)
        .discovery("1 3 S")
        .rounds("1 2 S");
    assert_says(&others, "reached", &["--flows"]);
}

#[test]
fn an_answer_to_the_first_look_alone_is_told() {
    let fixture = PathFixture::new(Protocol::Tcp)
        .discovery("1 2 S")
        .rounds("1 * * >*|1 * * >*");
    assert_says(
        &fixture,
        "reached",
        &["all 2 later ones", "--flows shows it"],
    );
}

#[test]
fn a_dead_source_port_is_a_case_for_the_owner_of_the_links() {
    let flows = "1 2 S|1 2 S|1 2 S/1 3 * >*|1 3 * >*|1 3 * >*";
    assert_says(
        &tcp(flows, None),
        "reached",
        &["ask the owner of hop 1", "source port 40002"],
    );
    let flows = "1 S|1 S|1 S/1 * >*|1 * >*|1 * >*";
    assert_says(
        &tcp(flows, None),
        "reached",
        &["ask the owners of the path"],
    );
    let flows = "1 2 3 4 2 3 4";
    assert_says(
        &tcp(flows, None),
        "routing-loop",
        &["owners of hops 2 to 4"],
    );
}

#[test]
fn a_path_that_was_stopped_says_so() {
    let mut fixture = tcp("1 2 S", Some(3));
    fixture.path.interrupted = true;
    assert_says(&fixture, "reached", &["stopped early"]);
}
