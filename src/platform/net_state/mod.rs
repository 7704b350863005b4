//! Network state of this machine, as system-neutral types: interfaces, routes, neighbours, listeners, kernel counters.
//! Each system's folder fills them.

mod counters;
mod link;
mod listener;
mod neighbour;
mod route;

pub use counters::Counters;
pub use link::{Link, is_link_local};
pub use listener::{Listener, Process};
pub use neighbour::{Neighbour, NeighbourState};
pub use route::{Route, RouteKind, RouteLookup};
