//! Reads the scenario files and expands their placeholders, for each address family and variant.
//!
//! `{name}` is a placeholder: one of the lab's (`address_family.rs`), of the file's `[vars]`, or of the variant. Braces
//! around anything else, as in inline tables and nft rules, are left alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::Scenario;
use crate::address_family::AddressFamily;
use crate::trial_error::{Context, Result};

/// One trial of a scenario. It is still text, so that an invalid file fails its own trials only.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) family: AddressFamily,
    text: String,
    placeholders: Placeholders,
}

type Placeholders = BTreeMap<String, String>;

impl Case {
    pub(crate) fn scenario(&self) -> Result<Scenario> {
        let text = expand(&self.text, &self.placeholders)?;
        toml::from_str(&text).context(format!("reading scenario {}", self.name))
    }
}

/// All cases, ordered by name.
pub(crate) fn all_cases() -> Result<Vec<Case>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/scenarios");
    let mut cases = Vec::new();
    for entry in fs::read_dir(&folder).context(folder.display())? {
        let path = entry.context(folder.display())?.path();
        if path.extension().is_some_and(|it| it == "toml") {
            cases.extend(cases_of(&path)?);
        }
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(cases)
}

fn cases_of(path: &Path) -> Result<Vec<Case>> {
    let text = fs::read_to_string(path).context(path.display())?;
    let head: Head = toml::from_str(&text).context(path.display())?;
    let stem = path.file_stem().context("no file name")?.to_string_lossy();
    let mut cases = Vec::new();
    for family in AddressFamily::BOTH {
        for (name, placeholders) in head.cases(&stem, family) {
            cases.push(Case {
                name: format!("{family}::{name}"),
                family,
                text: text.clone(),
                placeholders,
            });
        }
    }
    Ok(cases)
}

/// The tables that are read before placeholders are expanded.
#[derive(Debug, Deserialize)]
struct Head {
    only: Option<Only>,
    #[serde(default)]
    vars: PerFamily,
    #[serde(default)]
    variants: BTreeMap<String, PerFamily>,
}

/// A scenario of one family.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Only {
    family: AddressFamily,
    /// For the reader: why the other family does not have it.
    #[serde(rename = "reason")]
    _reason: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct PerFamily {
    both: Option<Placeholders>,
    v4: Option<Placeholders>,
    v6: Option<Placeholders>,
}

impl PerFamily {
    /// `None`: the variant does not exist in this family.
    fn get(&self, family: AddressFamily) -> Option<Placeholders> {
        let of_family = match family {
            AddressFamily::V4 => &self.v4,
            AddressFamily::V6 => &self.v6,
        };
        let mut tables = [&self.both, of_family].into_iter().flatten().peekable();
        tables.peek()?;
        Some(tables.flat_map(Clone::clone).collect())
    }
}

impl Head {
    /// Name and placeholders of each case in one family.
    fn cases(&self, stem: &str, family: AddressFamily) -> Vec<(String, Placeholders)> {
        if self.only.as_ref().is_some_and(|only| only.family != family) {
            return Vec::new();
        }
        let mut common = family.placeholders();
        common.extend(self.vars.get(family).unwrap_or_default());
        if self.variants.is_empty() {
            return vec![(stem.to_owned(), common)];
        }
        let variants = self.variants.iter();
        variants
            .filter_map(|(name, variant)| {
                let mut placeholders = common.clone();
                placeholders.extend(variant.get(family)?);
                placeholders.insert("variant".to_owned(), name.clone());
                Some((format!("{stem}::{name}"), placeholders))
            })
            .collect()
    }
}

/// An undefined placeholder is an error.
fn expand(text: &str, placeholders: &Placeholders) -> Result<String> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        expanded.push_str(before);
        let name = after.split('}').next().unwrap_or_default();
        if name.is_empty() || name.contains(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            expanded.push('{');
            rest = after;
            continue;
        }
        let value = placeholders.get(name);
        expanded.push_str(value.context(format!("undefined placeholder {{{name}}}"))?);
        rest = &after[name.len() + 1..];
    }
    Ok(expanded + rest)
}
