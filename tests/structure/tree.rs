//! The modules of the crate and the paths in their code, read from the sources. Test code is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};

use crate::scan::{Scanned, scan};

/// A module path: `["report", "text"]` for `crate::report::text`.
pub(crate) type ModulePath = Vec<String>;

/// Re-exports followed from one name.
const MAX_REEXPORTS: usize = 8;

/// A source file and its line count.
pub(crate) struct Source {
    pub(crate) file: String,
    pub(crate) tokens: Vec<TokenTree>,
    pub(crate) lines: usize,
}

/// All modules of the crate that are compiled without `cfg(test)`.
pub(crate) struct Tree {
    pub(crate) modules: BTreeMap<ModulePath, Module>,
}

/// A file that is a module.
pub(crate) struct Module {
    pub(crate) file: String,
    pub(crate) scanned: Scanned,
}

/// One use of an item of another module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Import {
    /// The module of the file that has it.
    pub(crate) from: ModulePath,
    /// The module whose file defines the item.
    pub(crate) to: ModulePath,
    pub(crate) line: usize,
    /// `src/report/json.rs:8: crate::verdict::explain::Verdict`
    pub(crate) place: String,
    /// Names a module only: no item of it.
    pub(crate) is_module: bool,
}

/// All `.rs` files below `folder`.
pub(crate) fn sources(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(&root.join(folder), &mut files);
    files.sort();
    files.iter().map(|file| read(root, file)).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|it| it == "rs") {
            files.push(path);
        }
    }
}

fn read(root: &Path, file: &Path) -> Source {
    let text = fs::read_to_string(file).expect("UTF-8");
    let name = file.strip_prefix(root).expect("below the root");
    Source::new(&name.to_string_lossy().replace('\\', "/"), &text)
}

impl Source {
    /// Tokens of a file.
    pub(crate) fn new(file: &str, text: &str) -> Self {
        let tokens: TokenStream = text.parse().unwrap_or_else(|it| panic!("{file}: {it}"));
        Self {
            file: file.to_owned(),
            tokens: tokens.into_iter().collect(),
            lines: text.lines().count(),
        }
    }
}

impl Tree {
    /// Scans sources of `src/`.
    pub(crate) fn new(sources: &[Source]) -> Self {
        let mut modules = BTreeMap::new();
        let mut test_modules = BTreeSet::new();
        for source in sources {
            let path = module_path(&source.file);
            let scanned = scan(&path, &source.tokens);
            test_modules.extend(scanned.test_modules.iter().cloned());
            let file = source.file.clone();
            modules.insert(path, Module { file, scanned });
        }
        let is_test = |path: &ModulePath| {
            (0..=path.len()).any(|length| test_modules.contains(&path[..length]))
        };
        modules.retain(|path, _| !is_test(path));
        Self { modules }
    }

    /// All imports between different files.
    pub(crate) fn imports(&self) -> BTreeSet<Import> {
        let mut imports = BTreeSet::new();
        for (from, module) in &self.modules {
            for used in &module.scanned.paths {
                for (to, is_module) in self.definitions(&used.target, 0) {
                    // A re-export of a descendant is no use of it.
                    let is_descendant = to.len() > from.len() && to.starts_with(from);
                    if to == *from || used.is_reexport && is_descendant {
                        continue;
                    }
                    let place = format!("{}:{}: {}", module.file, used.line, used.text);
                    imports.insert(Import {
                        from: from.clone(),
                        to,
                        line: used.line,
                        place,
                        is_module,
                    });
                }
            }
        }
        imports
    }

    /// The modules whose files define the item at `path`, re-exports followed; several for alternatives by system.
    /// The flag: `path` is a module itself.
    fn definitions(&self, path: &[String], depth: usize) -> Vec<(ModulePath, bool)> {
        let module = (0..=path.len())
            .rev()
            .map(|length| &path[..length])
            .find(|it| self.modules.contains_key(*it));
        let Some(module) = module else {
            return Vec::new();
        };
        let scanned = &self.modules[module].scanned;
        let Some((name, rest)) = path[module.len()..].split_first() else {
            return vec![(module.to_vec(), true)];
        };
        let renamed = scanned.module(name).iter();
        let renamed = renamed.filter(|it| it.last() != Some(name));
        let targets: Vec<_> = renamed
            .chain(scanned.imports.get(name).into_iter().flatten())
            .collect();
        if targets.is_empty() || depth == MAX_REEXPORTS {
            return vec![(module.to_vec(), false)];
        }
        let targets = targets.into_iter().map(|it| [it, rest].concat());
        targets
            .flat_map(|it| self.definitions(&it, depth + 1))
            .collect()
    }
}

/// The module of a file of `src/`.
fn module_path(file: &str) -> ModulePath {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs");
    let mut path: Vec<_> = path.split('/').map(str::to_owned).collect();
    if matches!(path.last().map(String::as_str), Some("mod" | "lib")) {
        path.pop();
    }
    path
}
