//! Draws what each cause would show from its own row and ranks it: which causes can be told apart at all.

use super::super::causes::{self, Cause, Row};
use super::super::observation::{Kind, Observations, Place, Port, Value};
use super::super::ranking::rank;
use crate::text::Text;

/// Draws per cause.
const DRAWS: u32 = 200;

/// A factor of 30.
const NEAR: f64 = 1.477;

/// A fixed sequence of pseudo-random numbers in 0..1 (xorshift64, Marsaglia 2003): each run draws the same.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A value of the kind, as likely as the row says.
    fn value(&mut self, row: &Row, kind: Kind) -> Value {
        let weigh = |value: Value| (value, row.letter(value).likelihood());
        let weighed: Vec<_> = kind.values().map(weigh).collect();
        let mut left = self.next() * weighed.iter().map(|it| it.1).sum::<f64>();
        let drawn = weighed.iter().find(|(_, weight)| {
            left -= weight;
            left < 0.0
        });
        drawn.unwrap_or(&weighed[0]).0
    }
}

/// What can only be seen under conditions is absent.
fn is_seen(kind: Kind, drawn: &Observations) -> bool {
    let port = drawn.get::<Port>().expect("a port");
    let connects = matches!(
        port,
        Port::Connects
            | Port::Lossy
            | Port::Batches
            | Port::Flows
            | Port::ResetsAfter
            | Port::ClosesAfter
            | Port::ResetsOnData
            | Port::Hangs
    );
    match kind {
        Kind::ConntrackOwn => false,
        Kind::RstFrom => matches!(
            port,
            Port::Rst | Port::RstSome | Port::ResetsAfter | Port::ResetsOnData
        ),
        Kind::SynackFrom | Kind::Window | Kind::Sizes | Kind::FirstSyn => connects,
        Kind::IcmpFrom | Kind::IcmpKind => {
            matches!(port, Port::Icmp | Port::IcmpSome | Port::Local)
        }
        Kind::LossDirection | Kind::LossScope => matches!(
            port,
            Port::Lossy | Port::Batches | Port::Flows | Port::SilentSome
        ),
        Kind::Kernel => port == Port::Local,
        Kind::Listener => drawn.get::<Place>() == Some(Place::Own),
        Kind::PathEnd => matches!(port, Port::Silent | Port::SilentSome),
        _ => true,
    }
}

fn draw(random: &mut Random, row: &Row) -> Observations {
    let mut drawn = Observations::default();
    for kind in Kind::ALL {
        drawn.insert(random.value(row, *kind), Text::default());
    }
    let mut seen = Observations::default();
    for observed in drawn.iter() {
        if is_seen(observed.value.kind, &drawn) {
            seen.insert(observed.value, Text::default());
        }
    }
    seen
}

/// How often a cause is near the first of its own draws.
fn near(random: &mut Random, cause: Cause) -> f64 {
    let row = cause.row();
    let found = (0..DRAWS).filter(|_| {
        let ranking = rank(&draw(random, row));
        ranking.behind(cause).is_some_and(|it| it < NEAR)
    });
    found.count() as f64 / f64::from(DRAWS)
}

#[test]
fn every_cause_is_near_the_first_of_what_it_shows() {
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    let rows = causes::rows().map(|row| row.cause);
    let near: Vec<_> = rows
        .map(|cause| (near(&mut random, cause), cause))
        .collect();
    let poor: Vec<_> = near.iter().filter(|(share, _)| *share < 0.85).collect();
    assert!(poor.is_empty(), "{poor:?}");
    let all = near.iter().map(|it| it.0).sum::<f64>() / near.len() as f64;
    assert!(all >= 0.97, "{all}");
}
