//! `synack explain`: what a name of a report means.

use serde::Serialize;

use crate::report::json::line;
use crate::report::{MAX_WIDTH, Redactor, wrap};
use crate::text::Text;
use crate::verdict::explanation::{ExplainedCause, ExplainedSubject, Explanation, all, explain};

/// Causes with all their details.
const DETAILED: usize = 4;

/// A name and its explanation, or the list of all names.
pub(super) fn text(name: Option<&str>, as_json: bool) -> Result<String, String> {
    let Some(name) = name else {
        return Ok(if as_json { list_json() } else { list() });
    };
    let found = explain(name);
    if found.is_empty() {
        return Err(format!(
            "{name:?} is no name of an outcome, reason, verdict or cause: synack explain lists them all"
        ));
    }
    let texts = found.iter();
    Ok(if as_json {
        texts.map(json).collect()
    } else {
        texts.map(explained).collect::<Vec<_>>().join("\n")
    })
}

/// Text without values: nothing to redact.
fn plain(text: &Text) -> String {
    Redactor::new(false).text(text).to_string()
}

fn wrapped(text: &str, indent: usize) -> String {
    wrap(&format!("{:indent$}{text}", ""), indent, MAX_WIDTH) + "\n"
}

fn list() -> String {
    let lines = all().into_iter().map(|(subject, name, meaning)| {
        format!(
            "{name} ({})\n{}",
            subject.name(),
            wrapped(&plain(&meaning), 2)
        )
    });
    lines.collect()
}

fn explained(it: &Explanation) -> String {
    let article = match it.subject {
        ExplainedSubject::Outcome => "an",
        _ => "a",
    };
    let mut text = format!("{}, {article} {}\n", it.name, it.subject.name());
    text += &wrapped(&plain(&it.meaning), 2);
    if let (ExplainedSubject::Cause, [cause]) = (it.subject, it.causes.as_slice()) {
        return text + &details(cause, 2);
    }
    if !it.causes.is_empty() {
        text += "Possible causes\n";
    }
    for (nth, cause) in it.causes.iter().enumerate() {
        let heading = format!("{}: {}", cause.cause.name(), plain(&cause.clause));
        text += &wrapped(&heading, 2);
        if nth < DETAILED {
            text += &details(cause, 4);
        }
    }
    text
}

fn details(it: &ExplainedCause, indent: usize) -> String {
    let mut text = wrapped(&plain(&it.explanation), indent);
    for (name, observations) in [("for it", &it.good), ("against it", &it.bad)] {
        let observations: Vec<_> = observations.iter().map(plain).collect();
        if !observations.is_empty() {
            text += &wrapped(&format!("{name}: {}", observations.join("; ")), indent);
        }
    }
    for (owner, what) in &it.next {
        text += &wrapped(&format!("next, {}: {}", owner.name(), plain(what)), indent);
    }
    text
}

#[derive(Serialize)]
struct ExplanationObject {
    r#type: &'static str,
    name: String,
    subject: &'static str,
    meaning: String,
    causes: Vec<CauseObject>,
}

#[derive(Serialize)]
struct CauseObject {
    cause: &'static str,
    owner: &'static str,
    meaning: String,
    explanation: String,
    r#for: Vec<String>,
    against: Vec<String>,
    next: Vec<NextObject>,
}

#[derive(Serialize)]
struct NextObject {
    who: &'static str,
    what: String,
}

fn list_json() -> String {
    let lines = all().into_iter().map(|(subject, name, meaning)| {
        line(&ExplanationObject {
            r#type: "explanation",
            name: name.to_owned(),
            subject: subject.name(),
            meaning: plain(&meaning),
            causes: Vec::new(),
        })
    });
    lines.collect()
}

fn json(it: &Explanation) -> String {
    line(&ExplanationObject {
        r#type: "explanation",
        name: it.name.clone(),
        subject: it.subject.name(),
        meaning: plain(&it.meaning),
        causes: it.causes.iter().map(cause_object).collect(),
    })
}

fn cause_object(it: &ExplainedCause) -> CauseObject {
    let plain_all = |texts: &[Text]| texts.iter().map(plain).collect();
    let next = it.next.iter();
    CauseObject {
        cause: it.cause.name(),
        owner: it.cause.row().owner.name(),
        meaning: plain(&it.clause),
        explanation: plain(&it.explanation),
        r#for: plain_all(&it.good),
        against: plain_all(&it.bad),
        next: next
            .map(|(owner, what)| NextObject {
                who: owner.name(),
                what: plain(what),
            })
            .collect(),
    }
}
