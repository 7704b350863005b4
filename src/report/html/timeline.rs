//! A timeline as SVG: latencies of replies, failures in lanes above.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::axes::{axis_unit, horizontal, horizontal_tick};
use super::markup::{Attributes, Markup, block, leaf, tag};
use super::symbols::{self, LANE_OUTCOMES};
use crate::clock::{format_duration, period};
use crate::outcome::{OutcomeClass, OutcomeKind};
use crate::report::figure::scale::{LogScale, time_ticks};
use crate::report::figure::{OutageBand, Timeline, outage_bands};
use crate::report::human_numbers::{count, ms};
use crate::report::wording;
use crate::stats::TimeSlice;

/// Height of a lane.
const LANE_HEIGHT: f64 = 16.0;

/// Height of the plot area.
const PLOT_HEIGHT: f64 = 190.0;

/// Width and height of the plot's coordinate system. Integer coordinates keep the file small.
const PLOT_UNITS: (f64, f64) = (2000.0, 380.0);

/// Bands narrower than this share of the width have no tooltip.
const SHORT_BAND: f64 = 0.02;

/// Positions in a lane: closer symbols would overlap.
const LANE_POSITIONS: f64 = 300.0;

/// Positions in a lane on a page with several timelines: limits the file size.
const LANE_POSITIONS_OF_MANY: f64 = 120.0;

/// Height of the axis labels.
const AXIS_HEIGHT: f64 = 24.0;

/// Below this number of marks they are drawn larger.
const FEW_MARKS: usize = 200;

/// Minimum ratio of the highest to the lowest value of the scale.
const MIN_RATIO: f64 = 3.0;

/// A timeline while it is drawn.
struct Drawing<'a> {
    timeline: &'a Timeline,
    slices: Vec<TimeSlice>,
    /// Outcomes with a lane.
    lanes: Vec<OutcomeKind>,
    /// Absent without replies.
    scale: Option<LogScale>,
    bands: Vec<OutageBand>,
    from: Instant,
    to: Instant,
}

/// The chart; absent if no probe ended. `number` makes its ids unique on the page.
pub(super) fn figure(timeline: &Timeline, number: usize) -> Option<Markup> {
    let drawing = Drawing::of(timeline)?;
    let parts = [drawing.svg(number), drawing.legend(), drawing.caption()];
    Some(block("figure", &[], parts))
}

impl<'a> Drawing<'a> {
    fn of(timeline: &'a Timeline) -> Option<Self> {
        let slices = timeline.slices.slices();
        let last = slices.last()?.middle();
        let seen = |kind: &OutcomeKind| slices.iter().any(|it| it.count(*kind) > 0);
        let (from, to) = (timeline.from, timeline.to.max(last));
        // A margin: no mark lies on an edge.
        let margin = to.saturating_duration_since(from) / 80;
        let bands = timeline.has_outages.then(|| outage_bands(&slices));
        Some(Self {
            lanes: LANE_OUTCOMES.into_iter().filter(seen).collect(),
            scale: scale(&slices),
            bands: bands.unwrap_or_default(),
            from: from.checked_sub(margin).unwrap_or(from),
            to: to + margin,
            timeline,
            slices,
        })
    }

    /// Position on the time axis, 0 to 1.
    fn position(&self, instant: Instant) -> f64 {
        let span = self.to.saturating_duration_since(self.from).as_secs_f64();
        let offset = instant.saturating_duration_since(self.from).as_secs_f64();
        if span > 0.0 {
            (offset / span).clamp(0.0, 1.0)
        } else {
            0.5
        }
    }

    /// Upper edge of the plot.
    fn top(&self) -> f64 {
        LANE_HEIGHT * self.lanes.len() as f64 + if self.lanes.is_empty() { 6.0 } else { 10.0 }
    }

    /// Lower edge of the plot.
    fn bottom(&self) -> f64 {
        self.top()
            + if self.scale.is_some() {
                PLOT_HEIGHT
            } else {
                0.0
            }
    }

    fn svg(&self, number: usize) -> Markup {
        let (title, text) = (format!("when-{number}"), format!("when-{number}-text"));
        let parts = [
            tag("title", &[("id", &title)], "Probes over time"),
            tag("desc", &[("id", &text)], self.description()),
            self.outage_bands(),
            self.axes(),
            (0..self.lanes.len()).map(|lane| self.lane(lane)).collect(),
            self.plot(),
        ];
        block(
            "svg",
            &[
                ("class", &"chart"),
                ("height", &(self.bottom() + AXIS_HEIGHT)),
                ("role", &"img"),
                ("aria-labelledby", &format_args!("{title} {text}")),
            ],
            parts,
        )
    }

    fn axes(&self) -> Markup {
        let bottom = self.bottom();
        let mut axes = Markup::default();
        for tick in self.scale.map(LogScale::ticks).unwrap_or_default() {
            let y = format!("{:.1}", bottom - tick.position * PLOT_HEIGHT);
            axes.push(horizontal("grid", &y));
            let at: Attributes = &[("class", &"e"), ("x", &-8), ("y", &y), ("dy", &".35em")];
            axes.push(tag("text", at, format!("{} ms", tick.label)));
        }
        axes.push(horizontal("axis", &bottom.to_string()));
        axes.push(axis_unit(bottom, "UTC"));
        let clock = &self.timeline.clock;
        for (index, tick) in time_ticks(clock.at(self.from), clock.at(self.to))
            .iter()
            .enumerate()
        {
            axes.push(horizontal_tick(tick, bottom, index % 2 == 1));
        }
        axes
    }

    /// Symbols of one outcome.
    #[allow(clippy::cast_possible_truncation)] // a few hundred positions
    fn lane(&self, lane: usize) -> Markup {
        let kind = self.lanes[lane];
        let y = LANE_HEIGHT * (lane as f64 + 0.5);
        let positions = if self.timeline.is_only {
            LANE_POSITIONS
        } else {
            LANE_POSITIONS_OF_MANY
        };
        let of_kind = self.slices.iter().filter(|it| it.count(kind) > 0);
        let occupied: BTreeSet<_> = of_kind
            .map(|it| (self.position(it.middle()) * positions).round() as i64)
            .collect();
        let shape = format!("#{}", symbols::id(kind));
        let symbol = |position: &i64| {
            let x = format!("{:.1}%", *position as f64 * 100.0 / positions);
            leaf("use", &[("href", &shape), ("x", &x)])
        };
        let label: Attributes = &[("class", &"e roomy"), ("x", &-8), ("dy", &".35em")];
        let narrow: Attributes = &[("class", &"narrow"), ("href", &shape), ("x", &-12)];
        let parts = [
            horizontal("lane", "0"),
            tag("text", label, wording::outcome(kind)),
            leaf("use", narrow),
            occupied.iter().map(symbol).collect(),
        ];
        tag(
            "g",
            &[
                ("class", &symbols::id(kind)),
                ("transform", &format_args!("translate(0 {y})")),
            ],
            parts,
        )
    }

    /// Replies: a dot each, or a bar from the fastest to the slowest of a slice.
    fn plot(&self) -> Markup {
        let Some(scale) = self.scale else {
            return Markup::default();
        };
        let kinds = [
            OutcomeKind::Connected,
            OutcomeKind::Reply,
            OutcomeKind::ClosedAfterConnect,
        ];
        let paths = kinds.into_iter().filter_map(|kind| {
            let replies = self.slices.iter().filter(|it| shown_as(it) == Some(kind));
            let marks: BTreeSet<_> = replies.filter_map(|it| self.mark(it, scale)).collect();
            let path: String = marks.iter().map(path_of_mark).collect();
            let class = symbols::id(kind);
            (!path.is_empty()).then(|| leaf("path", &[("class", &class), ("d", &path)]))
        });
        let merged = self.timeline.slices.resolution().is_some();
        let class = match self.slices.len() {
            _ if merged => "plane merged",
            ..FEW_MARKS => "plane few",
            _ => "plane",
        };
        tag(
            "svg",
            &[
                ("class", &class),
                ("y", &self.top()),
                ("width", &"100%"),
                ("height", &PLOT_HEIGHT),
                (
                    "viewBox",
                    &format_args!("0 0 {} {}", PLOT_UNITS.0, PLOT_UNITS.1),
                ),
                ("preserveAspectRatio", &"none"),
            ],
            paths.collect::<Markup>(),
        )
    }

    /// Coordinates of a slice: time, slowest reply, fastest reply.
    #[allow(clippy::cast_possible_truncation)] // a few thousand units
    fn mark(&self, slice: &TimeSlice, scale: LogScale) -> Option<(i64, i64, i64)> {
        let (fastest, slowest) = slice.latency()?;
        let x = (self.position(slice.middle()) * PLOT_UNITS.0).round() as i64;
        let y = |us| ((1.0 - scale.position(us)) * PLOT_UNITS.1).round() as i64;
        Some((x, y(slowest), y(fastest)))
    }

    /// Wide bands have a tooltip; narrow ones share one path.
    fn outage_bands(&self) -> Markup {
        let mut markup = Markup::default();
        let mut short = String::new();
        for band in &self.bands {
            let from = self.position(band.from);
            let width = self.position(band.to.unwrap_or(self.to)) - from;
            if width < SHORT_BAND {
                // A minimum width keeps it visible.
                let (x, width) = (from * PLOT_UNITS.0, (width * PLOT_UNITS.0).max(8.0));
                short += &format!("M{x:.0} 0h{width:.0}v1h-{width:.0}z");
            } else {
                markup.push(self.band(band, from, width));
            }
        }
        let view_box = format!("0 0 {} 1", PLOT_UNITS.0);
        let svg: Attributes = &[
            ("width", &"100%"),
            ("height", &self.bottom()),
            ("viewBox", &view_box),
            ("preserveAspectRatio", &"none"),
        ];
        if !short.is_empty() {
            let path = leaf("path", &[("class", &"outage short"), ("d", &short)]);
            markup.push(tag("svg", svg, path));
        }
        markup
    }

    fn band(&self, band: &OutageBand, from: f64, width: f64) -> Markup {
        let (failed, when) = (count(band.failed, "probe"), self.when(band));
        let words = format!("{failed} failed and none succeeded: {when}");
        tag(
            "rect",
            &[
                ("class", &"outage"),
                ("x", &format_args!("{:.2}%", from * 100.0)),
                ("width", &format_args!("{:.2}%", width * 100.0)),
                ("height", &self.bottom()),
            ],
            tag("title", &[], words),
        )
    }

    fn when(&self, band: &OutageBand) -> String {
        let at = |instant| self.timeline.clock.time_label(instant);
        let from = at(band.from);
        match band.to {
            Some(to) => format!("{from} to {}", at(to)),
            None => format!("{from} to the end"),
        }
    }

    /// The legend.
    fn legend(&self) -> Markup {
        let kinds = self.timeline.counts.iter().map(|(kind, number)| {
            let words = format!(" {number}");
            block("li", &[], [symbols::named(*kind), words.into()])
        });
        let mut items: Markup = kinds.collect();
        if !self.bands.is_empty() {
            let swatch: Attributes = &[("class", &"swatch"), ("aria-hidden", &"true")];
            let swatch = tag("span", swatch, Markup::default());
            let words = " no success";
            items.push(block("li", &[], [swatch, words.into()]));
        }
        block("ul", &[("class", &"legend")], items)
    }

    fn caption(&self) -> Markup {
        let mut words = format!("{}.", self.period());
        words += match self.timeline.slices.resolution() {
            None => " Each mark is a probe at the time it was sent",
            Some(_) => " Each mark covers the probes of a time slice",
        };
        if let Some(resolution) = self.timeline.slices.resolution() {
            let width = format_duration(rounded(resolution));
            words += &format!(" of about {width}");
        }
        if self.scale.is_some() {
            words += match self.timeline.slices.resolution() {
                None => "; its height is the time to its reply, on a logarithmic scale.",
                Some(_) => {
                    "; bars reach from the fastest to the slowest reply, on a logarithmic scale."
                }
            };
        } else {
            words += "; no probe got a reply.";
        }
        if self.scale.is_some() && !self.lanes.is_empty() {
            words += " Failed probes are in the lanes above.";
        }
        words += &self.longest().unwrap_or_default();
        block("figcaption", &[], words)
    }

    /// The longest period without success; a single failure is none.
    fn longest(&self) -> Option<String> {
        let bands = self.bands.iter().filter(|band| band.failed > 1);
        let length = |band: &&OutageBand| band.to.unwrap_or(self.to) - band.from;
        let when = self.when(bands.max_by_key(length)?);
        Some(format!(" The longest time without a success: {when}."))
    }

    /// Description for screen readers.
    fn description(&self) -> String {
        let (sent, when) = (count(self.timeline.sent, "probe"), self.period());
        let mut words = format!("{sent}, {when}.");
        if let Some((low, high)) = self.timeline.latency {
            words += &format!(" Replies took {} to {} ms.", ms(low), ms(high));
        }
        let counts = self.timeline.counts.iter();
        for (kind, number) in counts.filter(|(kind, _)| self.lanes.contains(kind)) {
            words += &format!(" {}: {number}.", wording::outcome(*kind));
        }
        words += &self.longest().unwrap_or_default();
        words
    }

    fn period(&self) -> String {
        let clock = &self.timeline.clock;
        period(clock.at(self.timeline.from), clock.at(self.timeline.to))
    }
}

/// A scale around all latencies drawn.
fn scale(slices: &[TimeSlice]) -> Option<LogScale> {
    let answered = slices.iter().filter(|it| shown_as(it).is_some());
    let ranges = answered.filter_map(TimeSlice::latency);
    let (low, high) = ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
    Some(LogScale::around(low, high, MIN_RATIO))
}

/// The kind of success that a slice is drawn as.
fn shown_as(slice: &TimeSlice) -> Option<OutcomeKind> {
    let kinds = OutcomeKind::ALL.iter().copied();
    let mut successes = kinds.filter(|kind| kind.class() == OutcomeClass::Succeeded);
    successes.find(|kind| slice.count(*kind) > 0)
}

/// Rounds to two significant digits.
fn rounded(duration: Duration) -> Duration {
    let ns = duration.as_nanos().max(1);
    let unit = 10_u128.pow(ns.ilog10().saturating_sub(1));
    let ns = (ns + unit / 2) / unit * unit;
    Duration::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX))
}

/// A line of length 0 has round ends: a dot at any aspect ratio.
fn path_of_mark((x, top, bottom): &(i64, i64, i64)) -> String {
    if top == bottom {
        format!("M{x} {top}h0")
    } else {
        format!("M{x} {top}V{bottom}")
    }
}
