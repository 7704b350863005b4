//! The scenarios: data files in `scenarios/`, read and made concrete for one address family.
//!
//! A file is TOML in which `{name}` stands for whatever differs between the families: the
//! addresses of the lab, what the file's own `[vars]` add and, if it has `[variants]`, what the
//! variant adds. Braces with blanks inside, as in inline tables and nft rules, stay as they are.

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::address_family::Family;
use crate::endpoint::Protocol;
use crate::expect::Expectations;
use crate::peer::path;
use crate::resolver_files::Names;
use crate::script::datagram::Answers;
use crate::script::tcp::Action;
use crate::servers::tcp::Habit;
use crate::servers::udp;
use crate::suspend;
use crate::trial_error::{Context, Result};

/// One scenario as one trial runs it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// What is provoked, and why it ends as expected.
    pub(crate) about: String,
    pub(crate) network: Kind,
    #[serde(default)]
    pub(crate) setup: Setup,
    /// Routers before the targets, in a scripted network.
    pub(crate) path: Option<path::Plan>,
    /// Where the tool has names of its own.
    pub(crate) names: Option<Names>,
    #[serde(rename = "target")]
    pub(crate) targets: Vec<Target>,
    #[serde(default)]
    pub(crate) tool: Tool,
    pub(crate) during: Option<During>,
    pub(crate) expect: Expectations,
    // Read before, see `Head`; named here because unknown fields are denied.
    #[serde(rename = "only")]
    _only: Option<IgnoredAny>,
    #[serde(rename = "vars")]
    _vars: Option<IgnoredAny>,
    #[serde(rename = "variants")]
    _variants: Option<IgnoredAny>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// A TUN device with the scripted peer at its other end.
    Scripted,
    /// Loopback, and `lab0`: a card on whose network nobody else lives.
    Local,
    /// Client, router and server, each in its own namespace.
    Routed,
}

/// Shell scripts, run once everything is built; `client` is where the tool runs.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Setup {
    pub(crate) client: String,
    pub(crate) router: String,
    pub(crate) server: String,
}

/// One target of the tool, and what lives there.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Target {
    #[serde(default)]
    pub(crate) protocol: Protocol,
    pub(crate) host: IpAddr,
    /// The usual one, or the one that the kernel draws, unless a certain one is wanted.
    pub(crate) port: Option<u16>,
    /// What a real TCP listener does with connections; it gets a port that the kernel draws.
    pub(crate) listener: Option<Habit>,
    /// The scripted answers to the first, second ... SYN of every connection.
    #[serde(default)]
    pub(crate) syn: Vec<Action>,
    /// The same where connections differ: one list of answers for each.
    #[serde(default)]
    pub(crate) connections: Vec<Vec<Action>>,
    pub(crate) after_handshake: Option<Action>,
    #[serde(default)]
    pub(crate) no_time_stamps: bool,
    /// What a real UDP service does with datagrams; a port is drawn unless one is wanted.
    pub(crate) service: Option<udp::Habit>,
    /// The scripted answers to the first, second ... UDP datagram or ICMP echo request.
    #[serde(default)]
    pub(crate) answers: Vec<Answers>,
}

/// The command line of the tool.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Tool {
    pub(crate) mode: Option<Mode>,
    /// What is asked about, in place of the first target's address.
    pub(crate) name: Option<String>,
    /// Probes, or rounds of a trace.
    pub(crate) count: u32,
    pub(crate) warmup: u32,
    pub(crate) timeout: String,
    pub(crate) args: Vec<String>,
    /// The most files it may have open.
    pub(crate) open_files: Option<u32>,
    /// The same, unless it raises the limit, which it may.
    pub(crate) open_files_at_first: Option<u32>,
    pub(crate) icmp: IcmpRight,
    /// A machine that has little time for it: how long it runs, and how long it is stopped, in turn.
    pub(crate) turns: Option<suspend::Plan>,
}

/// By what right the tool sends ICMP echo requests, if by any.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum IcmpRight {
    /// Its group is in `ping_group_range`, icmp(7).
    #[default]
    PingSocket,
    /// It has `CAP_NET_RAW`, which all others lose.
    Raw,
    None,
}

/// What comes first on the command line; each has a timeout of its own, and looks at the first target only.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    Trace,
    Diagnose,
}

impl Default for Tool {
    fn default() -> Self {
        Self {
            mode: None,
            name: None,
            count: 1,
            warmup: 0,
            timeout: "4s".to_owned(),
            args: Vec::new(),
            open_files: None,
            open_files_at_first: None,
            icmp: IcmpRight::PingSocket,
            turns: None,
        }
    }
}

/// What happens in the middle of the run: when so many probe lines have come.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct During {
    pub(crate) after_probes: usize,
    /// A shell script that knows the tool's process as `$tool`.
    #[serde(default)]
    pub(crate) script: String,
    /// Sent to the tool, `"SIGINT"` say.
    pub(crate) signal: Option<String>,
}

/// What is read before the placeholders are known.
#[derive(Debug, Deserialize)]
struct Head {
    only: Option<Only>,
    #[serde(default)]
    vars: PerFamily,
    #[serde(default)]
    variants: BTreeMap<String, PerFamily>,
}

type Vars = BTreeMap<String, String>;

/// Placeholders with their values, for both families or for one.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct PerFamily {
    both: Option<Vars>,
    v4: Option<Vars>,
    v6: Option<Vars>,
}

impl PerFamily {
    /// None where nothing is said about this family.
    fn get(&self, family: Family) -> Option<Vars> {
        let own = match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        };
        let mut said = [&self.both, own].into_iter().flatten().peekable();
        said.peek()?;
        Some(said.flat_map(Clone::clone).collect())
    }
}

/// For what exists in one family only.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Only {
    family: Family,
    /// For the reader: why the other family cannot have this.
    #[serde(rename = "because")]
    _because: String,
}

/// A scenario to be run: still text, so that a broken file fails its own trials only.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) family: Family,
    text: String,
    vars: Vars,
}

impl Case {
    pub(crate) fn concrete(&self) -> Result<Scenario> {
        let text = expand(&self.text, &self.vars)?;
        toml::from_str(&text).context(format!("reading scenario {}", self.name))
    }
}

/// Every case of every file, in order of their names.
pub(crate) fn all() -> Result<Vec<Case>> {
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
    let stem = path.file_stem().context("a file has a name")?;
    let stem = stem.to_string_lossy();
    let mut cases = Vec::new();
    for family in [Family::V4, Family::V6] {
        for (name, vars) in head.cases(&stem, family) {
            let text = text.clone();
            let name = format!("{family}::{name}");
            cases.push(Case {
                name,
                family,
                text,
                vars,
            });
        }
    }
    Ok(cases)
}

impl Head {
    /// The names and placeholders of this file's cases in one family.
    fn cases(&self, stem: &str, family: Family) -> Vec<(String, Vars)> {
        if self.only.as_ref().is_some_and(|only| only.family != family) {
            return Vec::new();
        }
        let mut vars = family.vars();
        vars.extend(self.vars.get(family).unwrap_or_default());
        if self.variants.is_empty() {
            return vec![(stem.to_owned(), vars)];
        }
        let variants = self.variants.iter();
        variants
            .filter_map(|(name, own)| {
                let mut vars = vars.clone();
                vars.extend(own.get(family)?);
                vars.insert("variant".to_owned(), name.clone());
                Some((format!("{stem}::{name}"), vars))
            })
            .collect()
    }
}

/// Replaces every `{name}`; a name nobody defined is an error, not an empty text.
fn expand(text: &str, vars: &Vars) -> Result<String> {
    let mut done = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        done.push_str(before);
        let name = after.split('}').next().unwrap_or_default();
        if name.is_empty() || name.contains(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            done.push('{');
            rest = after;
            continue;
        }
        done.push_str(
            vars.get(name)
                .context(format!("nobody defined {{{name}}}"))?,
        );
        rest = &after[name.len() + 1..];
    }
    Ok(done + rest)
}
