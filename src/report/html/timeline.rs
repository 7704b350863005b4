//! A timeline as SVG: replies as high as they are slow, failures in lanes above.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::axes::{below, horizontal, named_tick};
use super::markup::{Attributes, Markup, block, leaf, tag};
use super::symbols::{self, TROUBLES};
use crate::clock::{format_duration, period};
use crate::outcome::{OutcomeClass, OutcomeKind};
use crate::report::figure::scale::{LogScale, time_ticks};
use crate::report::figure::{OutageBand, Timeline, outage_bands};
use crate::report::numbers::{count, ms};
use crate::report::wording;
use crate::stats::TimeSlice;

/// Height of a lane.
const LANE: f64 = 16.0;

/// Height of the plane of answers, and the units it is drawn in: whole numbers are short.
const PLANE: f64 = 190.0;
const UNITS: (f64, f64) = (2000.0, 380.0);

/// Shades narrower than this are not told one by one.
const SHORT: f64 = 0.02;

/// Places in a lane: nearer symbols would cover each other. On a page about many targets there are fewer: a symbol
/// takes many bytes.
const PLACES: f64 = 300.0;
const PLACES_OF_MANY: f64 = 120.0;

/// Room for the times of day below.
const AXIS: f64 = 24.0;

/// With fewer marks than this each can be larger.
const FEW: usize = 200;

/// At least this factor lies between bottom and top.
const LEAST_RATIO: f64 = 3.0;

/// A timeline being drawn.
struct Drawing<'a> {
    timeline: &'a Timeline,
    slices: Vec<TimeSlice>,
    /// The outcomes that have a lane.
    lanes: Vec<OutcomeKind>,
    /// Absent where no probe was answered.
    scale: Option<LogScale>,
    bands: Vec<OutageBand>,
    from: Instant,
    to: Instant,
}

/// The picture, unless no probe ended; `number` makes its names unique on the page.
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
        // A little room, so that no mark lies on an edge.
        let room = to.saturating_duration_since(from) / 80;
        let bands = timeline.has_outages.then(|| outage_bands(&slices));
        Some(Self {
            lanes: TROUBLES.into_iter().filter(seen).collect(),
            scale: scale(&slices),
            bands: bands.unwrap_or_default(),
            from: from.checked_sub(room).unwrap_or(from),
            to: to + room,
            timeline,
            slices,
        })
    }

    /// From 0 at the start of the run to 1 at its end.
    fn place(&self, instant: Instant) -> f64 {
        let span = self.to.saturating_duration_since(self.from).as_secs_f64();
        let offset = instant.saturating_duration_since(self.from).as_secs_f64();
        if span > 0.0 {
            (offset / span).clamp(0.0, 1.0)
        } else {
            0.5
        }
    }

    /// Where the plane begins.
    fn top(&self) -> f64 {
        LANE * self.lanes.len() as f64 + if self.lanes.is_empty() { 6.0 } else { 10.0 }
    }

    /// Where the plane ends.
    fn bottom(&self) -> f64 {
        self.top() + if self.scale.is_some() { PLANE } else { 0.0 }
    }

    fn svg(&self, number: usize) -> Markup {
        let (title, text) = (format!("when-{number}"), format!("when-{number}-text"));
        let parts = [
            tag("title", &[("id", &title)], "Every probe in time"),
            tag("desc", &[("id", &text)], self.in_words()),
            self.outage_bands(),
            self.axes(),
            (0..self.lanes.len()).map(|lane| self.lane(lane)).collect(),
            self.plane(),
        ];
        let attributes: Attributes = &[
            ("class", &"chart"),
            ("height", &(self.bottom() + AXIS)),
            ("role", &"img"),
            ("aria-labelledby", &format_args!("{title} {text}")),
        ];
        block("svg", attributes, parts)
    }

    fn axes(&self) -> Markup {
        let bottom = self.bottom();
        let mut axes = Markup::default();
        for tick in self.scale.map(LogScale::ticks).unwrap_or_default() {
            let y = format!("{:.1}", bottom - tick.place * PLANE);
            axes.push(horizontal("grid", &y));
            let at: Attributes = &[("class", &"e"), ("x", &-8), ("y", &y), ("dy", &".35em")];
            axes.push(tag("text", at, format!("{} ms", tick.label)));
        }
        axes.push(horizontal("axis", &bottom.to_string()));
        axes.push(below(bottom, "UTC"));
        let clock = &self.timeline.clock;
        for (index, tick) in time_ticks(clock.at(self.from), clock.at(self.to))
            .iter()
            .enumerate()
        {
            axes.push(named_tick(tick, bottom, index % 2 == 1));
        }
        axes
    }

    /// Symbols of one outcome.
    #[allow(clippy::cast_possible_truncation)] // a few hundred places
    fn lane(&self, lane: usize) -> Markup {
        let kind = self.lanes[lane];
        let y = LANE * (lane as f64 + 0.5);
        let all = if self.timeline.is_only {
            PLACES
        } else {
            PLACES_OF_MANY
        };
        let of_kind = self.slices.iter().filter(|it| it.count(kind) > 0);
        let places: BTreeSet<_> = of_kind
            .map(|it| (self.place(it.middle()) * all).round() as i64)
            .collect();
        let shape = format!("#{}", symbols::id(kind));
        let symbol = |place: &i64| {
            let x = format!("{:.1}%", *place as f64 * 100.0 / all);
            leaf("use", &[("href", &shape), ("x", &x)])
        };
        let name: Attributes = &[("class", &"e roomy"), ("x", &-8), ("dy", &".35em")];
        let narrow: Attributes = &[("class", &"narrow"), ("href", &shape), ("x", &-12)];
        let parts = [
            horizontal("lane", "0"),
            tag("text", name, wording::outcome(kind)),
            leaf("use", narrow),
            places.iter().map(symbol).collect(),
        ];
        let group: Attributes = &[
            ("class", &symbols::id(kind)),
            ("transform", &format_args!("translate(0 {y})")),
        ];
        tag("g", group, parts)
    }

    /// Answers: a dot each, or a bar from the fastest to the slowest of a stretch.
    fn plane(&self) -> Markup {
        let Some(scale) = self.scale else {
            return Markup::default();
        };
        let kinds = [
            OutcomeKind::Connected,
            OutcomeKind::Reply,
            OutcomeKind::ClosedAfterConnect,
        ];
        let paths = kinds.into_iter().filter_map(|kind| {
            let answers = self.slices.iter().filter(|it| shown_as(it) == Some(kind));
            let marks: BTreeSet<_> = answers.filter_map(|it| self.mark(it, scale)).collect();
            let path: String = marks.iter().map(drawn).collect();
            let class = symbols::id(kind);
            (!path.is_empty()).then(|| leaf("path", &[("class", &class), ("d", &path)]))
        });
        let merged = self.timeline.slices.resolution().is_some();
        let class = match self.slices.len() {
            _ if merged => "plane merged",
            ..FEW => "plane few",
            _ => "plane",
        };
        let attributes: Attributes = &[
            ("class", &class),
            ("y", &self.top()),
            ("width", &"100%"),
            ("height", &PLANE),
            ("viewBox", &format_args!("0 0 {} {}", UNITS.0, UNITS.1)),
            ("preserveAspectRatio", &"none"),
        ];
        tag("svg", attributes, paths.collect::<Markup>())
    }

    /// Where a stretch is drawn: its place in time, and its slowest and its fastest answer.
    #[allow(clippy::cast_possible_truncation)] // a few thousand units
    fn mark(&self, slice: &TimeSlice, scale: LogScale) -> Option<(i64, i64, i64)> {
        let (fastest, slowest) = slice.latency()?;
        let x = (self.place(slice.middle()) * UNITS.0).round() as i64;
        let y = |us| ((1.0 - scale.place(us)) * UNITS.1).round() as i64;
        Some((x, y(slowest), y(fastest)))
    }

    /// Those that are wide enough to point at tell when they were; the others are one path, which is short.
    fn outage_bands(&self) -> Markup {
        let mut markup = Markup::default();
        let mut short = String::new();
        for band in &self.bands {
            let from = self.place(band.from);
            let width = self.place(band.to.unwrap_or(self.to)) - from;
            if width < SHORT {
                // Even a short one must be seen.
                let (x, width) = (from * UNITS.0, (width * UNITS.0).max(8.0));
                short += &format!("M{x:.0} 0h{width:.0}v1h-{width:.0}z");
            } else {
                markup.push(self.band(band, from, width));
            }
        }
        let plane: Attributes = &[
            ("width", &"100%"),
            ("height", &self.bottom()),
            ("viewBox", &format_args!("0 0 {} 1", UNITS.0)),
            ("preserveAspectRatio", &"none"),
        ];
        if !short.is_empty() {
            let path = leaf("path", &[("class", &"outage short"), ("d", &short)]);
            markup.push(tag("svg", plane, path));
        }
        markup
    }

    fn band(&self, band: &OutageBand, from: f64, width: f64) -> Markup {
        let (failed, when) = (count(band.failed, "probe"), self.when(band));
        let words = format!("{failed} failed and none succeeded: {when}");
        let attributes: Attributes = &[
            ("class", &"outage"),
            ("x", &format_args!("{:.2}%", from * 100.0)),
            ("width", &format_args!("{:.2}%", width * 100.0)),
            ("height", &self.bottom()),
        ];
        tag("rect", attributes, tag("title", &[], words))
    }

    fn when(&self, band: &OutageBand) -> String {
        let at = |instant| self.timeline.clock.time_label(instant);
        let from = at(band.from);
        match band.to {
            Some(to) => format!("{from} to {}", at(to)),
            None => format!("{from} to the end"),
        }
    }

    /// What the symbols stand for.
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
            Some(_) => " Each mark stands for the probes of a time slice",
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

    /// Since when not, in one line; a single failure is no time.
    fn longest(&self) -> Option<String> {
        let bands = self.bands.iter().filter(|band| band.failed > 1);
        let length = |band: &&OutageBand| band.to.unwrap_or(self.to) - band.from;
        let when = self.when(bands.max_by_key(length)?);
        Some(format!(" The longest time without a success: {when}."))
    }

    /// The picture for readers who do not see it.
    fn in_words(&self) -> String {
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

/// Around all answers that are drawn.
fn scale(slices: &[TimeSlice]) -> Option<LogScale> {
    let answered = slices.iter().filter(|it| shown_as(it).is_some());
    let ranges = answered.filter_map(TimeSlice::latency);
    let (low, high) = ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
    Some(LogScale::around(low, high, LEAST_RATIO))
}

/// The kind of success as which a stretch is drawn among the answers.
fn shown_as(slice: &TimeSlice) -> Option<OutcomeKind> {
    let kinds = OutcomeKind::ALL.into_iter();
    let mut successes = kinds.filter(|kind| kind.class() == OutcomeClass::Succeeded);
    successes.find(|kind| slice.count(*kind) > 0)
}

/// Two digits are enough for a width.
fn rounded(duration: Duration) -> Duration {
    let ns = duration.as_nanos().max(1);
    let unit = 10_u128.pow(ns.ilog10().saturating_sub(1));
    let ns = (ns + unit / 2) / unit * unit;
    Duration::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX))
}

/// A line without a length has round ends: a dot, whatever the shape of the picture.
fn drawn((x, top, bottom): &(i64, i64, i64)) -> String {
    if top == bottom {
        format!("M{x} {top}h0")
    } else {
        format!("M{x} {top}V{bottom}")
    }
}
