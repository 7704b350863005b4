//! Latencies and pictures of one target.

use super::{RunSummary, TargetSummary};
use crate::hosts::Protocol;
use crate::outcome::OutcomeKind;
use crate::report::document::{Block, Cell, Column, Figure, Fit, Row, Table};
use crate::report::figure::{Histogram, LatencyChart, Timeline};
use crate::report::human_numbers::{ms, ms_or_dash, percentile_name};
use crate::stats::{Distribution, Statistics};
use crate::text::Text;

/// One kind of time: its name, its values, what it measures.
type Latency<'a> = (&'static str, &'a Distribution, &'static str);

/// The distributions of a target, empty ones among them.
fn latencies<'a>(target: &TargetSummary<'a>) -> [Latency<'a>; 3] {
    let recorder = target.recorder;
    let (name, rtt) = match target.target.protocol {
        Protocol::Tcp => ("connect ms", "kernel: SYN to SYN-ACK"),
        _ if recorder.has_user_rtt => ("reply ms", "user clock to kernel receive timestamp"),
        _ => ("reply ms", "kernel: transmit to receive timestamp"),
    };
    [
        (name, &recorder.connect, "as the application sees it"),
        ("path rtt ms", &recorder.rtt, rtt),
        ("refused ms", &recorder.refused, "first SYN to RST"),
    ]
}

/// A row for each distribution that has values.
pub(super) fn latency_table(target: &TargetSummary) -> Option<Table> {
    let percentiles = &target.info.plan.display.percentiles;
    let rows = latencies(target).into_iter();
    let rows: Vec<_> = rows.filter_map(|it| latency_row(it, percentiles)).collect();
    let names = percentiles
        .iter()
        .map(|it| Text::words(percentile_name(*it)));
    let mut columns = vec![
        Column::words(""),
        Column::number("count"),
        Column::number("min").only(Fit::Medium),
    ];
    columns.extend(names.enumerate().map(|(nth, name)| {
        let fit = if nth == 0 { Fit::Always } else { Fit::Medium };
        Column::number(name).only(fit)
    }));
    columns.push(Column::number("max"));
    columns.extend(["mean", "stddev"].map(|name| Column::number(name).only(Fit::Wide)));
    columns.push(Column::words("").only(Fit::Wide));
    (!rows.is_empty()).then_some(Table {
        name: "Latency",
        caption: Text::default(),
        columns,
        rows,
        text_headings: true,
    })
}

fn latency_row((name, values, what): Latency, percentiles: &[f64]) -> Option<Row> {
    let figures = values.figures()?;
    let percentiles = percentiles.iter();
    let mut cells = vec![name.to_owned(), figures.count.to_string(), ms(figures.min)];
    cells.extend(percentiles.map(|it| ms_or_dash(values.percentile(*it))));
    cells.extend([
        ms(figures.max),
        ms(figures.mean),
        ms_or_dash(figures.stddev),
    ]);
    cells.push(what.to_owned());
    Some(Row::new(cells.into_iter().map(Cell::words).collect()))
}

/// The run in time.
pub(super) fn timeline(summary: &RunSummary, target: &TargetSummary) -> Block {
    let recorder = target.recorder;
    let counts = OutcomeKind::ALL
        .iter()
        .copied()
        .map(|kind| (kind, recorder.count(kind)));
    let latency = recorder.connect.figures();
    Block::Figure(Figure::Timeline(Box::new(Timeline {
        slices: recorder.timeline.clone(),
        counts: counts.filter(|(_, count)| *count > 0).collect(),
        sent: recorder.sent(),
        latency: latency.map(|figures| (figures.min, figures.max)),
        from: summary.record.started,
        to: summary.record.ended,
        clock: summary.info.clock,
        is_only: summary.info.targets.len() == 1,
        has_outages: !target.never_answers(),
    })))
}

/// The distribution of latencies as a picture.
pub(super) fn latency_chart(target: &TargetSummary) -> Option<Block> {
    let what = match target.target.protocol {
        Protocol::Tcp => "Connect times",
        _ => "Times to the reply",
    };
    let digits = Statistics::digits(target.info.targets.len());
    let percentiles = &target.info.plan.display.percentiles;
    let chart = LatencyChart::of(what, &target.recorder.connect, digits, percentiles)?;
    Some(Block::Figure(Figure::Latencies(chart)))
}

/// The histogram that was asked for.
pub(super) fn histogram(target: &TargetSummary) -> Option<Block> {
    let buckets = target.info.plan.display.histogram.as_ref()?;
    Some(match Histogram::of(&target.recorder.connect, buckets) {
        Some(histogram) => Block::Figure(Figure::Histogram(histogram)),
        None => Block::Note("no histogram: no probe got a reply".into()),
    })
}
