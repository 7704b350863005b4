//! What people read, as snapshots of a run made up to the microsecond.

pub(crate) mod fixture;
mod formats;
mod html;

use fixture::{OK, RunFixture, mixed, several};

use crate::outcome::{LocalCause, Outcome, Refusal};
use crate::report::MAX_WIDTH;
use crate::report::figure::Buckets;

#[test]
fn a_mixed_run() {
    insta::assert_snapshot!("mixed_lines", mixed().lines());
    insta::assert_snapshot!("mixed_text", mixed().text(MAX_WIDTH));
}

#[test]
fn a_run_that_works() {
    let mut fixture = RunFixture::new(&["db.example"]);
    (0..6).for_each(|index| fixture.probe(0, 400 + 10 * index, OK));
    fixture.info.plan.display.histogram = Some(Buckets::Equal(3));
    insta::assert_snapshot!("works_text", fixture.text(MAX_WIDTH));
}

#[test]
fn several_targets() {
    insta::assert_snapshot!("several_lines", several().lines());
    insta::assert_snapshot!("several_text", several().text(MAX_WIDTH));
}

#[test]
fn targets_that_show_the_same_are_explained_once() {
    let mut fixture = RunFixture::new(&["db.example", "www.example", "db2.example"]);
    for target in 0..2 {
        fixture.probe(target, 377, Outcome::Refused(Refusal::Rst));
    }
    fixture.probe(2, 4_000_000, Outcome::NoReply);
    insta::assert_snapshot!("alike_text", fixture.text(MAX_WIDTH));
}

#[test]
fn targets_with_the_same_verdict_are_explained_for_the_first() {
    let mut fixture = RunFixture::new(&["a.example", "b.example"]);
    // A port whose digit both addresses contain.
    fixture.info.targets[0].address = ([10, 20, 0, 7], 7).into();
    fixture.info.targets[1].address = ([10, 20, 0, 17], 7).into();
    for target in 0..2 {
        fixture.probe(target, 377, Outcome::Refused(Refusal::Rst));
    }
    let text = fixture.text(MAX_WIDTH);
    assert!(
        text.contains("a.example:7, b.example:7 (explained for the first)"),
        "{text}"
    );
    assert!(
        text.contains("at 10.20.0.7") && !text.contains("at 10.20.0.17"),
        "{text}"
    );
}

#[test]
fn no_line_is_wider_than_the_page() {
    for fixture in [mixed(), several()] {
        for columns in [40, 60, 80, MAX_WIDTH] {
            let text = fixture.text(columns);
            let is_wide = |line: &&str| line.chars().count() > columns;
            let wide: Vec<_> = text.lines().filter(is_wide).collect();
            assert!(wide.is_empty(), "{columns}: {wide:?}");
        }
    }
}

#[test]
fn what_was_not_measured_is_not_zero() {
    let mut fixture = RunFixture::new(&["far.example"]);
    fixture.probe(0, 0, Outcome::Local(LocalCause::NoRoute));
    let text = fixture.text(MAX_WIDTH);
    let measured = text.lines().filter(|line| !line.contains("schedule lag"));
    assert!(
        measured.clone().all(|line| !line.contains("0.000")),
        "{text}"
    );
    assert!(!text.contains("connect ms"), "{text}");
}
