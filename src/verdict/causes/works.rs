//! Nothing is wrong.

use super::cause::Cause;
use super::code::Code;
use super::owner::Owner;
use super::row::{Row, needs, place, row};
use crate::verdict::letter::{Letter, Prior};

pub(super) const ROWS: &[Row] = &[row!(Works, NoOne, Common, [Works];
    Port: Connects A, Lossy R, * N;
    Echo: Ok U, Silent S, Lossy R, Rejected R;
    Others: Answer U, Silent S, Mixed S, OpenAll R, Rejected R;
    // one nearer: a shorter path for these packets, or something right in front of the host
    SynackFrom: Host A, OneNearer S, * N;
    LossScope: * N;
    Sizes: Ok A, * N;
    Window: Normal A, Zero N;
    FirstSyn: Random A, AlwaysLost N;
    Listener: Here A, Nat S, None N;
    Established: None A, Healthy S, * N;
    OtherAddress: Only U, Works U, Fails R, * N;
    // not about the target
    SelfTest: Works A, * S;
    Name: Plain A, HostsDiffers S, HostsOnly S, HostsFile S, * N;
    // what the target is speaks against nothing
    Place: Routed U, OnLink U, Own U, Tunnel U, AtGateway R;
)];
