//! `-H`: `PsPing`'s two forms of histogram, in milliseconds like everything else in the text.

use super::numbers::ms;
use crate::plan::HistogramForm;
use crate::stats::Distribution;

/// The widest bar.
const BAR: u64 = 40;

/// A table of latencies and counts with bars; nothing if there are no values.
pub(super) fn text(distribution: &Distribution, form: &HistogramForm) -> Option<String> {
    let figures = distribution.figures()?;
    let edges = match form {
        HistogramForm::Buckets(number) => equal_buckets(figures.min, figures.max, *number),
        HistogramForm::Edges(edges) => edges.iter().map(|ms| ms * 1e3).collect(),
    };
    let counts = distribution.counts_between(&edges);
    let most = counts.iter().max().copied().unwrap_or(0).max(1);
    let mut text = "  from ms         count   connect times\n".to_owned();
    let below = (counts[0] > 0).then(|| "below".to_owned());
    let labels = edges.iter().map(|edge| ms(*edge));
    let rows = below.into_iter().chain(labels);
    let skipped = usize::from(counts[0] == 0);
    for (label, count) in rows.zip(&counts[skipped..]) {
        let bar = "#".repeat(usize::try_from((count * BAR).div_ceil(most)).unwrap_or(0));
        text += format!("  {label:>10}  {count:>9}  {bar}").trim_end();
        text += "\n";
    }
    Some(text)
}

/// The lower edges of buckets of equal width over the range of the values.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a small whole number by then
fn equal_buckets(min: f64, max: f64, number: usize) -> Vec<f64> {
    // The histogram counts microseconds; narrower buckets would all look alike.
    let number = (number as f64).min((max - min).floor()).max(1.0);
    let width = (max - min) / number;
    (0..number as usize)
        .map(|index| min + width * index as f64)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn distribution() -> Distribution {
        let mut distribution = Distribution::new(3);
        for us in [1000, 1100, 1900, 5000] {
            distribution.record(Duration::from_micros(us));
        }
        distribution
    }

    fn rows(form: &HistogramForm) -> Vec<(String, u64)> {
        let text = text(&distribution(), form).expect("values");
        let row = |line: &str| {
            let mut words = line.split_whitespace();
            let label = words.next()?.to_owned();
            Some((label, words.next()?.parse().ok()?))
        };
        text.lines().skip(1).filter_map(row).collect()
    }

    #[test]
    fn equal_buckets_span_the_values_and_lose_none() {
        let rows = rows(&HistogramForm::Buckets(4));
        let labels: Vec<_> = rows.iter().map(|(label, _)| label.as_str()).collect();
        assert_eq!(labels, ["1.000", "2.000", "3.000", "4.000"]);
        assert_eq!(rows.iter().map(|(_, count)| count).sum::<u64>(), 4);
    }

    #[test]
    fn own_edges_show_what_lies_below_them() {
        let rows = rows(&HistogramForm::Edges(vec![1.5, 4.0]));
        let expected = [("below", 2), ("1.500", 1), ("4.000", 1)];
        assert_eq!(
            rows,
            expected.map(|(label, count)| (label.to_owned(), count))
        );
    }

    #[test]
    fn no_values_no_histogram() {
        assert_eq!(
            text(&Distribution::new(3), &HistogramForm::Buckets(20)),
            None
        );
    }
}
