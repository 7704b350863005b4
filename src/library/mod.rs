//! The public face of the library: probe a target once, or watch it.

mod attempt;
mod error;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::engine::{Engine, RunControl, SampleSink};
use crate::hosts::resolve::{Family, resolve_all};
use crate::hosts::{Host, Protocol, Target, TargetSpec, parse};
use crate::outcome::{Outcome, Sample};
use crate::payload::Payload;
use crate::plan::{
    CloseMode, Limit, MAX_DURATION, PayloadPlan, ProbePlan, SchedulePlan, SocketPlan, Source,
};
use crate::platform::{self, NoSignals, Poller};
use crate::probe::Probes;

pub use attempt::Attempt;
pub use error::Error;

/// Sockets open at once: probes without a reply yet.
const MAX_SOCKETS: usize = 512;

/// Probes of a target, and how they are sent.
///
/// Nothing is printed, and no signal handler is installed. Calls block; the kernel's evidence is read on Linux, other
/// systems report outcomes by errno.
///
/// ```
/// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// # let target = listener.local_addr()?.to_string();
/// use std::time::Duration;
/// use synack::{Outcome, Probe};
///
/// let attempt = Probe::new(target).timeout(Duration::from_secs(2)).once()?;
/// assert!(matches!(attempt.outcome, Outcome::Connected(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Probe {
    target: String,
    family: Family,
    schedule: SchedulePlan,
    sockets: SocketPlan,
    payload: PayloadPlan,
}

impl Probe {
    /// Probes of `HOST:PORT` or `tcp://HOST:PORT` (a TCP handshake), `udp://HOST:PORT` (a datagram), `HOST` or `icmp://HOST`
    /// (an ICMP echo). IPv6 addresses with a port stand in brackets. The text is parsed, and a name resolved, when probes
    /// are sent; a lookup may take 15 s, whatever the timeout.
    ///
    /// Defaults: a timeout of 4 s, as a failed neighbour lookup takes 3 s; one probe every second; connections are closed
    /// at once, by RST below an interval of 10 ms.
    pub fn new(target: impl Into<String>) -> Self {
        let (interval, timeout) = (Duration::from_secs(1), Duration::from_secs(4));
        Self {
            target: target.into(),
            family: Family::Any,
            schedule: SchedulePlan::probes(1, interval, timeout),
            sockets: SocketPlan::default(),
            payload: PayloadPlan::default(),
        }
    }

    /// How long a reply is waited for; longer than zero.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.schedule.timeout = timeout.min(MAX_DURATION);
        self
    }

    /// From the start of one probe to the start of the next. Zero: the next one starts when one has ended. At a millisecond
    /// or less the thread busy-polls.
    #[must_use]
    pub fn interval(mut self, interval: Duration) -> Self {
        self.schedule.interval = interval.min(MAX_DURATION);
        self
    }

    /// Watch each TCP connection this long for a reset or a close.
    #[must_use]
    pub fn hold(mut self, hold: Duration) -> Self {
        self.schedule.hold = Some(hold.min(MAX_DURATION));
        self
    }

    /// Use IPv4 addresses of the name only.
    #[must_use]
    pub fn ipv4_only(mut self) -> Self {
        self.family = Family::V4;
        self
    }

    /// Use IPv6 addresses of the name only.
    #[must_use]
    pub fn ipv6_only(mut self) -> Self {
        self.family = Family::V6;
        self
    }

    /// Send from this address of this machine, to an address of its IP version.
    #[must_use]
    pub fn source(mut self, address: IpAddr) -> Self {
        let ports = None;
        self.sockets.source = Some(Source { address, ports });
        self
    }

    /// Send out of this interface: `SO_BINDTODEVICE` on Linux, `IP_BOUND_IF` on macOS. Other systems have no such option:
    /// there each probe ends as a local error.
    #[must_use]
    pub fn interface(mut self, name: impl Into<String>) -> Self {
        self.sockets.interface = Some(name.into());
        self
    }

    /// Payload of UDP probes; any datagram counts as reply then. Without it the port's protocol is spoken (DNS, NTP, ...), or
    /// 32 bytes are sent.
    #[must_use]
    pub fn payload(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.payload.udp = Some(Payload::Custom(Arc::from(bytes.into())));
        self
    }

    /// Sends one probe and waits for its end.
    ///
    /// # Errors
    /// What kept the probe from being tried at all. How it ended, local errors included, is the [`Attempt::outcome`].
    pub fn once(&self) -> Result<Attempt, Error> {
        let mut first = None;
        self.run(Limit::Count(1), &mut |attempt| {
            first.get_or_insert_with(|| attempt.clone());
            ControlFlow::Continue(())
        })?;
        first.ok_or_else(|| Error::EventLoop(io::Error::other("the probe did not end")))
    }

    /// Sends probes until `on_attempt` breaks. It is called when a probe has ended; probes without a reply end after their
    /// timeout, so ends may be in another order than starts. A datagram's reply after the timeout calls it a second time for
    /// the same number, see [`Attempt::late`]. A name is resolved once. `on_attempt` should return within a second: the
    /// schedule waits for it.
    ///
    /// ```
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let target = listener.local_addr()?.to_string();
    /// use std::ops::ControlFlow;
    /// use std::time::Duration;
    /// use synack::Probe;
    ///
    /// let mut succeeded = 0;
    /// Probe::new(target).interval(Duration::from_millis(10)).watch(|attempt| {
    ///     succeeded += u32::from(attempt.succeeded());
    ///     if attempt.number < 3 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    /// })?;
    /// assert_eq!(succeeded, 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Probe::once`].
    pub fn watch(
        &self,
        mut on_attempt: impl FnMut(&Attempt) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        self.run(Limit::Forever, &mut on_attempt)
    }

    fn run(&self, limit: Limit, on_attempt: OnAttempt) -> Result<(), Error> {
        if self.schedule.timeout.is_zero() {
            return Err(Error::ZeroTimeout);
        }
        let target = self.resolve()?;
        let schedule = SchedulePlan {
            limit,
            ..self.schedule
        };
        let sockets = SocketPlan {
            close: CloseMode::usual(schedule.interval),
            ..self.sockets.clone()
        };
        let plan = ProbePlan {
            rate: schedule.rate(),
            hold: schedule.hold.is_some(),
            ..ProbePlan::new(sockets, self.payload.clone())
        };
        let poller = Poller::new().map_err(Error::EventLoop)?;
        let network = Probes::new(poller, std::slice::from_ref(&target), &plan);
        let clock = Instant::now;
        let engine = Engine::new(network, schedule, 1, MAX_SOCKETS, &NoSignals, &clock);
        let mut sink = Callback {
            target,
            on_attempt,
            is_done: false,
        };
        engine.run(&mut sink).1.map_err(Error::EventLoop)
    }

    fn resolve(&self) -> Result<Target, Error> {
        let spec = parse(&self.target, Protocol::Tcp, platform::interface_index)?;
        if spec.len() > 1 {
            return Err(Error::SeveralPorts(self.target.clone()));
        }
        let (host, protocol) = (Arc::from(spec.host.text()), spec.protocol);
        let source = self.sockets.source.as_ref();
        let other_family = || Error::OtherFamily(self.target.clone());
        let family = self.family.with_source(source.map(|it| it.address));
        let family = family.ok_or_else(other_family)?;
        let (address, lookup) = match &spec.host {
            Host::Address { address, .. } if family.admits(*address) => (*address, None),
            Host::Address { .. } => return Err(other_family()),
            Host::Name(name) => {
                let found = resolve_all(std::slice::from_ref(name), family, &|| false);
                let lookup = found.into_iter().next().expect("a result for each name")?;
                let first = *lookup
                    .addresses
                    .first()
                    .expect("a lookup without addresses is an error");
                (first, Some(lookup))
            }
        };
        Ok(Target {
            protocol,
            host,
            address: with_port(address, &spec),
            lookup,
        })
    }
}

fn with_port(mut address: SocketAddr, spec: &TargetSpec) -> SocketAddr {
    address.set_port(spec.ports.first().map_or(0, |ports| *ports.start()));
    address
}

type OnAttempt<'a> = &'a mut dyn FnMut(&Attempt) -> ControlFlow<()>;

/// Hands attempts on until it is told to stop.
struct Callback<'a> {
    target: Target,
    on_attempt: OnAttempt<'a>,
    is_done: bool,
}

impl SampleSink for Callback<'_> {
    fn sample(&mut self, sample: &Sample) {
        if self.is_done || sample.result.outcome == Outcome::Unfinished {
            return;
        }
        let attempt = Attempt::new(&self.target, sample);
        self.is_done = (self.on_attempt)(&attempt).is_break();
    }
}

impl RunControl for Callback<'_> {
    fn is_done(&self) -> bool {
        self.is_done
    }
}
