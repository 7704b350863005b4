//! The rules, as functions over imports and sources.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, TokenTree};

use crate::scan::{is_word, tokens_of, word};
use crate::tree::{Import, ModulePath, Source};

/// Rooms from bottom to top.
pub(crate) type Rooms<'a> = &'a [&'a str];

/// The room of a module; empty for `src/lib.rs`.
pub(crate) fn room(path: &ModulePath) -> &str {
    path.first().map_or("", String::as_str)
}

/// Imports from a room above the own one.
pub(crate) fn import_upwards(rooms: Rooms, imports: &BTreeSet<Import>) -> Vec<String> {
    let height = |path: &ModulePath| rooms.iter().position(|it| *it == room(path));
    let is_upwards = |it: &&Import| height(&it.to) > height(&it.from) && !it.from.is_empty();
    let found = imports.iter().filter(is_upwards);
    found
        .map(|it| {
            format!(
                "{} ({} is above {})",
                it.place,
                room(&it.to),
                room(&it.from)
            )
        })
        .collect()
}

/// Imports inside of rooms that lie on a circle, the first for each pair of files. `allowed`: imports by a child from its
/// parent that form no circle.
pub(crate) fn circles(imports: &BTreeSet<Import>, allowed: &[(&str, &str)]) -> Vec<Import> {
    let is_allowed = |it: &Import| allowed.contains(&(&*it.from.join("::"), &*it.to.join("::")));
    let inside = |it: &&Import| room(&it.from) == room(&it.to) && !it.is_module && !is_allowed(it);
    let edges: Vec<_> = imports.iter().filter(inside).collect();
    let mut targets = BTreeMap::<&ModulePath, BTreeSet<&ModulePath>>::new();
    for edge in &edges {
        targets.entry(&edge.from).or_default().insert(&edge.to);
    }
    let mut pairs = BTreeSet::new();
    let firsts = edges.iter().filter(|it| pairs.insert((&it.from, &it.to)));
    let on_circle = firsts.filter(|it| reaches(&targets, &it.to, &it.from));
    on_circle.map(|it| (*it).clone()).collect()
}

/// Whether imports lead from one module to another.
fn reaches(
    targets: &BTreeMap<&ModulePath, BTreeSet<&ModulePath>>,
    from: &ModulePath,
    to: &ModulePath,
) -> bool {
    let mut seen = BTreeSet::from([from]);
    let mut pending = vec![from];
    while let Some(module) = pending.pop() {
        let next = targets.get(module).into_iter().flatten();
        pending.extend(next.filter(|it| seen.insert(it)));
    }
    seen.contains(to)
}

/// Files with more lines than `max`.
pub(crate) fn long_files(sources: &[Source], max: usize) -> Vec<String> {
    let long = sources.iter().filter(|it| it.lines > max);
    long.map(|it| format!("{}: {} lines", it.file, it.lines))
        .collect()
}

/// Functions with more lines than `max`, tests included.
pub(crate) fn long_functions(sources: &[Source], max: usize) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        functions(&source.tokens, &mut |name, line, lines| {
            if lines > max {
                found.push(format!("{}:{line}: {name} has {lines} lines", source.file));
            }
        });
    }
    found
}

/// Calls `on_function` with name, line and number of lines of each function with a body.
fn functions(tokens: &[TokenTree], on_function: &mut dyn FnMut(&str, usize, usize)) {
    for (at, token) in tokens.iter().enumerate() {
        let name = tokens
            .get(at + 1)
            .and_then(word)
            .filter(|_| is_word(token, "fn"));
        let is_body = |it: &&TokenTree| matches!(it, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
        if let (Some(name), Some(TokenTree::Group(body))) =
            (name, tokens[at..].iter().find(is_body))
        {
            let (first, last) = (token.span().start().line, body.span_close().end().line);
            on_function(&name, first, last - first + 1);
        }
        if let TokenTree::Group(group) = token {
            functions(&tokens_of(group), on_function);
        }
    }
}
