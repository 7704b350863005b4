//! A path as Markdown, for a ticket.

use super::TraceReport;
use super::rows::{Row, groups, rows};
use super::text::{headline, signature};
use crate::report::markup::{bullets, code, code_cell, prose, table};

/// The whole result.
pub(super) fn text(report: &TraceReport) -> String {
    let verdict = &report.verdict;
    let mut blocks = vec![format!("## {}", prose(&headline(report)))];
    blocks.push(hops(report));
    blocks.push(flows(report));
    blocks.push("### What this means".to_owned());
    blocks.extend(verdict.meaning.iter().map(|it| prose(it)));
    if !verdict.next.is_empty() {
        blocks.push("### Next".to_owned());
        blocks.push(bullets(verdict.next.iter().map(|it| prose(it))));
    }
    blocks.extend(signature(report.info).iter().map(|it| code(it)));
    blocks.retain(|block| !block.is_empty());
    blocks.join("\n\n") + "\n"
}

fn hops(report: &TraceReport) -> String {
    let heading = [
        "hop", "router", "answers", "min ms", "p50", "p90", "max", "",
    ];
    let rows: Vec<_> = rows(report).iter().map(cells).collect();
    table(&heading.map(str::to_owned), 2..7, &rows)
}

fn cells(row: &Row) -> Vec<String> {
    let who = if row.silent {
        prose(&row.who)
    } else {
        code_cell(&row.who)
    };
    let mut cells = vec![row.ttl.clone(), who, row.answers.clone()];
    cells.extend(row.times.iter().cloned());
    cells.push(prose(&row.note));
    cells
}

fn flows(report: &TraceReport) -> String {
    let groups = groups(report);
    if groups.is_empty() {
        return String::new();
    }
    let heading = ["source ports", "by way of", "answered"].map(str::to_owned);
    let rows = groups.iter().map(|group| {
        let ports: Vec<_> = group.ports.iter().map(u16::to_string).collect();
        let via = group.via.as_deref().map(code_cell).unwrap_or_default();
        let answered = format!("{} of {}", group.through, group.tries);
        vec![ports.join(", "), via, answered]
    });
    table(&heading, 2..3, &rows.collect::<Vec<_>>())
}
