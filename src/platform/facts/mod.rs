//! What a support engineer asks of a machine: the answers, as types. Each system's folder finds them out.

mod counters;
mod link;
mod listener;
mod route;

pub use counters::Counters;
pub use link::{Link, is_link_local};
pub use listener::{Listener, Process};
pub use route::{Neighbour, NeighbourState, RouteKind, RouteLookup};
