//! The scanner and the rules on small made-up sources.

use crate::rules::{circles, import_upwards, long_files, long_functions};
use crate::tree::{Import, Source, Tree};

fn tree(files: &[(&str, &str)]) -> Tree {
    let sources: Vec<_> = files
        .iter()
        .map(|(file, text)| Source::new(file, text))
        .collect();
    Tree::new(&sources)
}

/// `a::b -> a::c` of each import.
fn pairs<'a>(imports: impl IntoIterator<Item = &'a Import>) -> Vec<String> {
    let pairs = imports
        .into_iter()
        .map(|it| format!("{} -> {}", it.from.join("::"), it.to.join("::")));
    let mut pairs: Vec<_> = pairs.collect();
    pairs.dedup();
    pairs
}

#[test]
fn a_circle_of_siblings_is_found_with_its_lines() {
    let tree = tree(&[
        ("src/a/mod.rs", "mod x;\nmod y;\nmod z;\npub use x::X;"),
        ("src/a/x.rs", "use super::y::Y;\npub struct X(Y);"),
        ("src/a/y.rs", "\n\nuse super::X;\npub struct Y(Box<X>);"),
        ("src/a/z.rs", "use super::X;"),
    ]);
    let found = circles(&tree.imports(), &[]);
    let places: Vec<_> = found.iter().map(|it| it.place.as_str()).collect();
    assert_eq!(
        places,
        ["src/a/x.rs:1: super::y::Y", "src/a/y.rs:3: super::X"]
    );
}

#[test]
fn a_circle_without_use_items_is_found() {
    let tree = tree(&[
        ("src/a/mod.rs", "mod x; mod y;"),
        (
            "src/a/x.rs",
            "pub fn f() { println!(\"{}\", super::y::g()) }",
        ),
        ("src/a/y.rs", "pub fn g() -> u8 { crate::a::x::f(); 1 }"),
    ]);
    assert_eq!(
        pairs(&circles(&tree.imports(), &[])),
        ["a::x -> a::y", "a::y -> a::x"]
    );
}

#[test]
fn parent_and_child_form_a_circle_only_if_both_use_each_other() {
    let child = ("src/a/x.rs", "use super::Parent;\npub struct X(Parent);");
    let reexport = tree(&[
        ("src/a/mod.rs", "mod x; pub use x::X; pub struct Parent;"),
        child,
    ]);
    assert_eq!(
        pairs(&circles(&reexport.imports(), &[])),
        Vec::<String>::new()
    );
    let used = tree(&[
        (
            "src/a/mod.rs",
            "mod x; pub use x::X; pub struct Parent; fn f(_: X) {}",
        ),
        child,
    ]);
    assert_eq!(
        pairs(&circles(&used.imports(), &[])),
        ["a -> a::x", "a::x -> a"]
    );
    assert!(circles(&used.imports(), &[("a::x", "a")]).is_empty());
}

#[test]
fn an_import_from_above_is_found_through_re_exports_and_by_alias() {
    let tree = tree(&[
        (
            "src/low.rs",
            "use crate::high::Thing as Other;\nmod inner { use super::super::high::deep::Deep; }",
        ),
        (
            "src/high/mod.rs",
            "pub mod deep; mod thing; pub use thing::Thing; use crate::low::L;",
        ),
        ("src/high/thing.rs", "pub struct Thing;"),
        ("src/high/deep.rs", "pub struct Deep;"),
    ]);
    let found = import_upwards(&["low", "high"], &tree.imports());
    assert_eq!(
        found,
        [
            "src/low.rs:2: super::super::high::deep::Deep (high is above low)",
            "src/low.rs:1: crate::high::Thing (high is above low)",
        ]
    );
}

#[test]
fn test_code_strings_and_comments_are_left_out() {
    let tree = tree(&[
        (
            "src/low.rs",
            "#[cfg(test)]\nmod tests { use crate::high::H; }\n#[cfg(all(test, unix))]\nuse crate::high::{H};\n\
            // crate::high::H\nconst S: &str = \"crate::high::H\";\n#[cfg(test)]\nmod fixture;",
        ),
        ("src/low/fixture.rs", "use crate::high::H;"),
        ("src/high.rs", "pub struct H;"),
    ]);
    assert_eq!(tree.imports().len(), 0);
    assert_eq!(tree.modules.len(), 2);
}

#[test]
fn a_module_with_a_file_for_each_system_stands_for_all_of_them() {
    let tree = tree(&[
        (
            "src/p/mod.rs",
            "#[cfg_attr(unix, path = \"unix/mod.rs\")]\n#[cfg_attr(windows, path = \"windows/mod.rs\")]\nmod system;\n\
            pub use system::open;",
        ),
        ("src/p/unix/mod.rs", "pub fn open() {}"),
        ("src/p/windows/mod.rs", "pub fn open() {}"),
        ("src/q.rs", "use crate::p::open;"),
    ]);
    assert_eq!(pairs(&tree.imports()), ["q -> p::unix", "q -> p::windows"]);
}

#[test]
fn long_files_and_functions_are_found() {
    let text = "fn short() {}\nfn long() {\n\n\n}\ntrait T { fn none(); }";
    let sources = [Source::new("src/a.rs", text)];
    assert_eq!(long_files(&sources, 5), ["src/a.rs: 6 lines"]);
    assert_eq!(
        long_functions(&sources, 3),
        ["src/a.rs:2: long has 4 lines"]
    );
    assert!(long_functions(&sources, 4).is_empty());
}
