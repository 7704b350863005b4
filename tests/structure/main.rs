//! Structure of the sources: order of the rooms, no import circles inside a room, sizes of files and functions.
//!
//! Rooms are the modules of `src/lib.rs`. Imports are the paths in `use` items, in code and in macro calls, with
//! re-exports followed to the file that defines the item. Test code is left out. Method calls are invisible: an `impl`
//! block in a child file is no import of the parent.

mod rules;
mod scan;
mod scanner_tests;
mod tree;

use std::collections::BTreeSet;
use std::fs;
use std::sync::OnceLock;

use rules::{Rooms, circles, import_upwards, long_files, long_functions, room};
use tree::{Import, ModulePath, Tree, sources};

/// The rooms from bottom to top. Each imports only from rooms listed before it.
const ROOMS: Rooms = &[
    "outcome",
    "hosts",
    "clock",
    "payload",
    "text",
    "term",
    "stats",
    "platform",
    "plan",
    "probe",
    "engine",
    "library",
    "path",
    "checks",
    "assertions",
    "verdict",
    "report",
    "session",
    "modes",
    "cli",
    "main",
];

/// Imports of a child from its parent, `child -> parent`, that form no circle although the parent uses items of the
/// child. Only where breaking it would be artificial.
const CHILD_TO_PARENT: &[(&str, &str)] = &[];

const MAX_FILE_LINES: usize = 500;
const MAX_FUNCTION_LINES: usize = 70;

/// Modules and imports of `src/`, read once.
struct Crate {
    modules: Vec<ModulePath>,
    imports: BTreeSet<Import>,
}

fn scanned() -> &'static Crate {
    static CRATE: OnceLock<Crate> = OnceLock::new();
    CRATE.get_or_init(|| {
        let tree = Tree::new(&sources("src"));
        Crate {
            imports: tree.imports(),
            modules: tree.modules.into_keys().collect(),
        }
    })
}

#[test]
fn the_scanner_sees_the_whole_crate() {
    let Crate { modules, imports } = scanned();
    assert!(modules.len() > 250, "{} modules", modules.len());
    assert!(imports.len() > 3000, "{} imports", imports.len());
    let pairs: BTreeSet<_> = imports
        .iter()
        .map(|it| (room(&it.from), room(&it.to)))
        .collect();
    for pair in [
        ("main", "cli"),
        ("cli", "modes"),
        ("probe", "platform"),
        ("stats", "outcome"),
    ] {
        assert!(pairs.contains(&pair), "{pair:?}");
    }
    let reversed: Vec<_> = ROOMS.iter().rev().copied().collect();
    assert!(import_upwards(&reversed, imports).len() > 1000);
}

#[test]
fn no_room_imports_from_a_room_above_it() {
    let found = import_upwards(ROOMS, &scanned().imports);
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_room_is_in_the_list_and_in_the_documentation() {
    let modules = scanned().modules.iter();
    let found: BTreeSet<_> = modules.map(room).filter(|it| !it.is_empty()).collect();
    assert_eq!(found, ROOMS.iter().copied().collect());
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/architecture.md");
    let text = fs::read_to_string(file).expect("docs/architecture.md");
    let lines = text.lines();
    let listed: Vec<_> = lines
        .filter_map(|it| Some(it.strip_prefix("| `")?.split_once("/` |")?.0))
        .collect();
    let (main, library) = ROOMS.split_last().expect("rooms");
    assert_eq!((*main, &*listed), ("main", library), "rooms in {file}");
}

#[test]
fn no_files_of_a_room_import_each_other_in_a_circle() {
    let found = circles(&scanned().imports, CHILD_TO_PARENT);
    let lines: Vec<_> = found.iter().map(|it| it.place.as_str()).collect();
    assert!(
        lines.is_empty(),
        "imports that form circles:\n{}",
        lines.join("\n")
    );
}

#[test]
fn files_and_functions_are_short() {
    let mut all = sources("src");
    all.extend(sources("tests"));
    assert!(all.len() > 300, "{} files", all.len());
    let mut found = long_files(&all, MAX_FILE_LINES);
    found.extend(long_functions(&all, MAX_FUNCTION_LINES));
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}
