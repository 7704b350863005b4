//! Finds `use` items, modules and paths in the tokens of one file.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, Group, TokenTree};

use crate::tree::ModulePath;

/// What a file declares and uses. Test code is left out.
#[derive(Default)]
pub(crate) struct Scanned {
    /// Modules declared by `mod`; several for one with a file for each system.
    modules: BTreeMap<String, Vec<ModulePath>>,
    /// Names bound by `use`, with their absolute paths.
    pub(crate) imports: BTreeMap<String, Vec<ModulePath>>,
    /// Names bound by `pub use`.
    reexports: BTreeSet<String>,
    /// Paths into this crate, in `use` items and in code.
    pub(crate) paths: Vec<UsedPath>,
    /// Modules declared under `cfg(test)`.
    pub(crate) test_modules: Vec<ModulePath>,
}

/// A path into this crate.
pub(crate) struct UsedPath {
    /// Absolute, without `crate`.
    pub(crate) target: ModulePath,
    /// As written.
    pub(crate) text: String,
    pub(crate) line: usize,
    /// In a `pub use`.
    pub(crate) is_reexport: bool,
}

/// Scans the file of the module `path`.
pub(crate) fn scan(path: &ModulePath, tokens: &[TokenTree]) -> Scanned {
    let mut scanned = Scanned::default();
    let code = scanned.without_tests(path, tokens);
    scanned.declared_modules(path, &code);
    scanned.use_items(path, &code);
    scanned.code(path, &code);
    scanned
}

impl Scanned {
    /// The tokens without items under `cfg(test)`.
    fn without_tests(&mut self, here: &ModulePath, tokens: &[TokenTree]) -> Vec<TokenTree> {
        let mut kept = Vec::new();
        let mut rest = tokens;
        while let [first, after @ ..] = rest {
            if is_cfg_test(rest) {
                let (item, after) = rest.split_at(item_length(rest));
                let module = item.windows(2).find(|it| is_word(&it[0], "mod"));
                let name = module.and_then(|it| word(&it[1]));
                self.test_modules.extend(name.map(|it| joined(here, &[it])));
                rest = after;
                continue;
            }
            kept.push(match first {
                TokenTree::Group(group) => {
                    let inner = self.without_tests(here, &tokens_of(group));
                    let mut new = Group::new(group.delimiter(), inner.into_iter().collect());
                    new.set_span(group.span());
                    new.into()
                }
                other => other.clone(),
            });
            rest = after;
        }
        kept
    }

    /// `mod NAME;`
    fn declared_modules(&mut self, here: &ModulePath, tokens: &[TokenTree]) {
        for (at, three) in tokens.windows(3).enumerate() {
            let name =
                word(&three[1]).filter(|_| is_word(&three[0], "mod") && is_punct(&three[2], ';'));
            let Some(name) = name else { continue };
            let mut folders = path_attributes(&tokens[..at]);
            if folders.is_empty() {
                folders.push(name.clone());
            }
            let modules = folders.into_iter().map(|it| joined(here, &[it]));
            self.modules.insert(name, modules.collect());
        }
    }

    /// `use` items, also those inside of functions.
    fn use_items(&mut self, here: &ModulePath, tokens: &[TokenTree]) {
        for (at, token) in tokens.iter().enumerate() {
            if is_word(token, "use") {
                self.use_item(here, &tokens[..at], &tokens[at + 1..]);
            }
            if let TokenTree::Group(group) = token {
                self.use_items(&module_of_group(here, &tokens[..at]), &tokens_of(group));
            }
        }
    }

    fn use_item(&mut self, here: &ModulePath, before: &[TokenTree], after: &[TokenTree]) {
        let is_reexport = match before {
            [.., TokenTree::Ident(word)] | [.., TokenTree::Ident(word), TokenTree::Group(_)] => {
                word == "pub"
            }
            _ => false,
        };
        let end = after.iter().position(|it| is_punct(it, ';'));
        for leaf in leaves(&[], &after[..end.unwrap_or(after.len())]) {
            for target in self.absolute(here, &leaf.path) {
                if is_reexport {
                    self.reexports.insert(leaf.name.clone());
                }
                let bound = self.imports.entry(leaf.name.clone()).or_default();
                bound.push(target.clone());
                self.paths.push(UsedPath {
                    target,
                    text: leaf.path.join("::"),
                    line: leaf.line,
                    is_reexport,
                });
            }
        }
    }

    /// Paths outside of `use` items, macros included.
    fn code(&mut self, here: &ModulePath, tokens: &[TokenTree]) {
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            if let TokenTree::Group(group) = token {
                self.code(&module_of_group(here, &tokens[..at]), &tokens_of(group));
            }
            at += if is_word(token, "use") {
                let end = tokens[at..].iter().position(|it| is_punct(it, ';'));
                end.unwrap_or(1)
            } else if is_word(token, "mod") {
                2
            } else {
                self.code_path(here, &tokens[..at], &tokens[at..]).max(1)
            };
        }
    }

    /// The path that starts after the tokens `before`; returns its number of tokens. A name without `::` counts if a
    /// `pub use` binds it; a name bound by a private `use` is counted there.
    fn code_path(
        &mut self,
        here: &ModulePath,
        before: &[TokenTree],
        tokens: &[TokenTree],
    ) -> usize {
        let (path, length) = path_at(tokens);
        let is_field = before.last().is_some_and(|it| is_punct(it, '.'));
        let is_name = path.first().is_some_and(|it| self.reexports.contains(it));
        if is_field || is_path_end(before) || path.len() < 2 && !is_name {
            return length;
        }
        for target in self.absolute(here, &path) {
            self.paths.push(UsedPath {
                target,
                text: path.join("::"),
                line: tokens[0].span().start().line,
                is_reexport: false,
            });
        }
        length
    }

    /// Absolute paths of `path`, if it leads into this crate.
    pub(crate) fn absolute(&self, here: &ModulePath, path: &[String]) -> Vec<ModulePath> {
        let Some((first, rest)) = path.split_first() else {
            return Vec::new();
        };
        match first.as_str() {
            "crate" | "synack" => vec![rest.to_vec()],
            "self" => vec![joined(here, rest)],
            "super" => {
                let supers = path.iter().take_while(|it| *it == "super").count();
                let parent = here.len().checked_sub(supers).map(|length| &here[..length]);
                parent
                    .map(|it| joined(it, &path[supers..]))
                    .into_iter()
                    .collect()
            }
            name => match (self.modules.get(name), self.imports.get(name)) {
                (Some(modules), imports) if imports.is_none() || !rest.is_empty() => {
                    modules.iter().map(|it| joined(it, rest)).collect()
                }
                (_, Some(imports)) => imports.iter().map(|it| joined(it, rest)).collect(),
                _ => Vec::new(),
            },
        }
    }

    /// Modules that `mod NAME` stands for.
    pub(crate) fn module(&self, name: &str) -> &[ModulePath] {
        self.modules.get(name).map_or(&[], Vec::as_slice)
    }
}

/// One name of a `use` tree.
struct Leaf {
    path: Vec<String>,
    name: String,
    line: usize,
}

/// The names of a `use` tree below `prefix`.
fn leaves(prefix: &[String], tokens: &[TokenTree]) -> Vec<Leaf> {
    let mut found = Vec::new();
    for branch in tokens.split(|it| is_punct(it, ',')) {
        let mut path = prefix.to_vec();
        let mut alias = None;
        let mut line = 0;
        for (at, token) in branch.iter().enumerate() {
            match token {
                TokenTree::Ident(ident) if ident == "as" => {
                    alias = branch.get(at + 1).and_then(word);
                    break;
                }
                TokenTree::Ident(ident) => {
                    path.push(ident.to_string());
                    line = ident.span().start().line;
                }
                TokenTree::Group(group) => {
                    let inner = tokens_of(group);
                    found.extend(leaves(&path, &inner));
                    path.clear();
                }
                _ => {}
            }
        }
        if path.len() > 1 && path.last().is_some_and(|it| it == "self") {
            path.pop();
        }
        if let Some(last) = path.last().cloned().filter(|_| line > 0) {
            let name = alias.unwrap_or(last);
            found.push(Leaf { path, name, line });
        }
    }
    found
}

/// The path that starts at the first token, and its number of tokens.
fn path_at(tokens: &[TokenTree]) -> (Vec<String>, usize) {
    let mut path = Vec::new();
    let mut at = 0;
    while let Some(name) = tokens.get(at).and_then(word) {
        path.push(name);
        at += 1;
        match &tokens[at..] {
            [first, second, ..] if is_punct(first, ':') && is_punct(second, ':') => at += 2,
            _ => break,
        }
    }
    (path, at)
}

/// Whether tokens end with `::`.
fn is_path_end(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [.., first, second] if is_punct(first, ':') && is_punct(second, ':'))
}

/// Whether an attribute `#[cfg(test)]` or `#[cfg(all(test, ...))]` stands first.
fn is_cfg_test(tokens: &[TokenTree]) -> bool {
    let [first, TokenTree::Group(group), ..] = tokens else {
        return false;
    };
    let text: String = group.stream().to_string().split_whitespace().collect();
    is_punct(first, '#') && (text == "cfg(test)" || text.starts_with("cfg(all(test,"))
}

/// Tokens of the item that stands first, its attributes included.
fn item_length(tokens: &[TokenTree]) -> usize {
    let mut at = 0;
    while is_punct(&tokens[at], '#') {
        at += 2;
    }
    let is_use = tokens[at..].iter().take(4).any(|it| is_word(it, "use"));
    let is_end = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace && !is_use,
        token => is_punct(token, ';'),
    };
    let end = tokens[at..].iter().position(is_end);
    end.map_or(tokens.len(), |end| at + end + 1)
}

/// The folders of `path = "FOLDER/mod.rs"` in the attributes right before a `mod`.
fn path_attributes(before: &[TokenTree]) -> Vec<String> {
    let mut folders = Vec::new();
    let mut rest = before;
    while let [earlier @ .., hash, TokenTree::Group(attribute)] = rest
        && is_punct(hash, '#')
    {
        let text = attribute.stream().to_string();
        let path = text.split('"').find_map(|it| it.strip_suffix("/mod.rs"));
        folders.extend(path.map(str::to_owned));
        rest = earlier;
    }
    folders
}

/// The module of a group's tokens: a new one behind `mod NAME`.
fn module_of_group(here: &ModulePath, before: &[TokenTree]) -> ModulePath {
    match before {
        [.., first, TokenTree::Ident(name)] if is_word(first, "mod") => {
            joined(here, &[name.to_string()])
        }
        _ => here.clone(),
    }
}

pub(crate) fn tokens_of(group: &Group) -> Vec<TokenTree> {
    group.stream().into_iter().collect()
}

fn joined(path: &[String], more: &[String]) -> ModulePath {
    path.iter().chain(more).cloned().collect()
}

/// An identifier.
pub(crate) fn word(token: &TokenTree) -> Option<String> {
    match token {
        TokenTree::Ident(ident) => Some(ident.to_string()),
        _ => None,
    }
}

pub(crate) fn is_word(token: &TokenTree, text: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == text)
}

pub(crate) fn is_punct(token: &TokenTree, c: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == c)
}
