//! A minimal parser that checks well-formedness, for tests.

use std::collections::HashSet;

use super::STYLE;

/// The page without its style sheet.
pub(crate) fn without_style(page: &str) -> String {
    page.replace(STYLE, "")
}

/// Panics on unclosed tags, unquoted attributes, duplicate ids, links without target, and unescaped characters.
pub(crate) fn check(page: &str) {
    let mut rest = page.strip_prefix("<!DOCTYPE html>\n").expect("a doctype");
    let (mut open, mut ids, mut links) = (Vec::new(), HashSet::new(), Vec::new());
    while let Some((text, after)) = rest.split_once('<') {
        // The style sheet has its own syntax.
        if open.last() != Some(&"style") {
            check_text(text);
        }
        let (tag, after) = after.split_once('>').expect("the end of a tag");
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closed in the wrong order");
            continue;
        }
        let (tag, is_leaf) = tag
            .strip_suffix('/')
            .map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric()), "{tag}");
        for (key, value) in parsed(attributes) {
            check_text(value);
            match key {
                "id" => assert!(ids.insert(value), "{value} twice"),
                "href" => links.push(value),
                "aria-labelledby" => links.extend(value.split(' ')),
                _ => {}
            }
        }
        if !is_leaf {
            open.push(name);
        }
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
    for link in links {
        let name = link.trim_start_matches('#');
        assert!(ids.contains(name), "{link} has no target");
    }
}

/// `a="1" b="2"`.
fn parsed(mut attributes: &str) -> Vec<(&str, &str)> {
    let mut known: Vec<(&str, &str)> = Vec::new();
    while !attributes.is_empty() {
        let (key, rest) = attributes.split_once("=\"").expect("a quoted value");
        let (value, rest) = rest.split_once('"').expect("the end of the value");
        let key = key.trim_start();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        assert!(key.chars().all(plain), "{key}");
        assert!(known.iter().all(|(other, _)| *other != key), "{key} twice");
        known.push((key, value));
        attributes = rest;
    }
    known
}

/// Ampersands only in character references, no control characters.
fn check_text(text: &str) {
    assert!(!text.contains(['>', '"']), "{text}");
    for reference in text.split('&').skip(1) {
        let known = ["amp;", "lt;", "gt;", "quot;", "#39;"];
        assert!(known.iter().any(|it| reference.starts_with(it)), "{text}");
    }
    assert!(
        text.chars().all(|c| c == '\n' || !c.is_control()),
        "{text:?}"
    );
}
