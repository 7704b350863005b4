//! The whole way: a first look, then rounds.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::analysis::{PathEnd, analyze, find_loop};
use super::discovery::{self, Discovery, Sweep, settle, slowest};
use super::flow_ports::flow_ports;
use super::rounds::Round;
use super::ttl_sweep::{TtlLimit, TtlSeries, TtlSeriesNetwork};
use super::{CLOSED_UDP_PORT, DistanceBy, Flow, Hop, Path, ProbePurpose, TraceObserver};
use crate::engine::{Engine, Run};
use crate::hosts::{Protocol, Target};
use crate::outcome::{Outcome, TargetId};
use crate::plan::{PathPlan, ProbePlan, SchedulePlan};
use crate::platform::{Poller, SignalState};
use crate::probe::{Network, Probes};

/// Between two TTLs of the first look: where the end is near, it is known before many probes have gone beyond it.
const SPACING: Duration = Duration::from_millis(2);

/// How often a look is looked at, to see whether it has seen enough.
const GLANCE: Duration = Duration::from_millis(20);

/// Flows walked at once. Linux sends six ICMP errors in a row (`XRLIM_BURST_FACTOR` in net/ipv4/inetpeer.c), and the
/// first look has had some.
const AT_ONCE: usize = 4;

/// How often the flows change places.
const TURNS: u64 = 3;

/// Between the flows whose ends alone are of interest.
const APART: Duration = Duration::from_millis(20);

/// TTLs tried beyond the last hop that ever answered.
const BEYOND: u8 = 3;

/// Sockets open at once; a look has three for each hop.
const MOST_SOCKETS: usize = 128;

/// How many probes go to the end of the way for each one to a hop, in a survey: nobody limits a target's answers as routers
/// limit theirs.
const TO_THE_END: usize = 4;

/// How long a walk waits for a hop where nobody answered the look, which waited as long as it may.
const WAIT_AFTER_SILENCE: Duration = Duration::from_millis(500);

/// TCP ports that hosts often answer, one of which may be further away than who answers for the asked one.
const USUAL_TCP_PORTS: [u16; 3] = [443, 80, 22];

/// Finds the way to one target.
pub struct Tracer<'a> {
    probes: Probes,
    /// The network's targets: the port, and the same host by other means.
    known: Vec<Target>,
    signals: &'a dyn SignalState,
    plan: PathPlan,
    path: Path,
    /// How long a hop's answer is waited for, once some have come.
    wait: Duration,
    sent: Cell<u64>,
}

impl Path {
    /// Places of the network's targets.
    const PORT: u32 = 0;
    const HOST: u32 = 1;
    const OTHERS: u32 = 2;

    /// A path of which nothing is known yet.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            discovery_hops: Vec::new(),
            full_ttl_outcome: None,
            hops: Vec::new(),
            flows: Vec::new(),
            host_distance: None,
            host_hops: Vec::new(),
            survey: None,
            rounds: 0,
            sent: 0,
            interrupted: false,
        }
    }
}

impl<'a> Tracer<'a> {
    /// Prepares a trace of the path to `target`.
    pub fn new(
        target: Target,
        plan: PathPlan,
        poller: Poller,
        signals: &'a dyn SignalState,
    ) -> Self {
        let mut known = vec![
            target.clone(),
            beside(&target, Protocol::Icmp, 0),
            beside(&target, Protocol::Udp, CLOSED_UDP_PORT),
        ];
        let others = USUAL_TCP_PORTS
            .iter()
            .map(|port| beside(&target, Protocol::Tcp, *port));
        known.extend(others.filter(|it| it.address != target.address));
        let probes = ProbePlan::new(plan.sockets.clone(), plan.payload.clone());
        Self {
            probes: Probes::new(poller, &known, &probes),
            known,
            signals,
            wait: plan.timeout,
            plan,
            path: Path::new(target),
            sent: Cell::new(0),
        }
    }

    /// Looks, walks, and tells what was found, and the error of the event loop that ended it early, if one did.
    pub fn run(mut self, watcher: &mut dyn TraceObserver) -> (Path, io::Result<()>) {
        let result = self.find(watcher);
        // Who walks until he is stopped is not stopped early.
        let has_end = self.plan.rounds.is_some() || self.path.rounds == 0;
        self.path.interrupted = has_end && self.signals.stop_requested();
        self.path.sent = self.sent.get();
        (self.path, result)
    }

    fn find(&mut self, watcher: &mut dyn TraceObserver) -> io::Result<()> {
        watcher.round_started(0);
        if !self.plan.full_ttl_only {
            self.look(watcher)?;
        }
        self.open_flows();
        let mut next = Instant::now();
        while !self.is_over() {
            self.pause(next, watcher)?;
            if self.signals.stop_requested() {
                break;
            }
            self.path.rounds += 1;
            watcher.round_started(self.path.rounds);
            next = self.round(watcher)?;
        }
        self.make_sure(watcher)
    }

    fn is_over(&self) -> bool {
        let enough = |rounds| self.path.rounds >= rounds;
        self.signals.stop_requested()
            || self.path.flows.is_empty()
            || self.nothing_left()
            || self.plan.rounds.is_some_and(enough)
    }

    /// Whether no probe of the look left this machine: a walk would not either.
    fn nothing_left(&self) -> bool {
        let local = matches!(self.path.full_ttl_outcome, Some(Outcome::Local(_)));
        local && self.path.discovery_hops.iter().all(Hop::is_unanswered)
    }

    /// Waits for the next round.
    fn pause(&mut self, until: Instant, watcher: &mut dyn TraceObserver) -> io::Result<()> {
        while Instant::now() < until && !self.signals.stop_requested() {
            self.probes.wait(Some(until))?;
            if self.signals.take_statistics_request() {
                watcher.statistics_requested(&self.path);
            }
        }
        Ok(())
    }

    fn look(&mut self, watcher: &mut dyn TraceObserver) -> io::Result<()> {
        let target = self.path.target.clone();
        let mut purposes = vec![(TargetId(Path::PORT), ProbePurpose::Discovery)];
        let asks_host = self.plan.distance && target.protocol != Protocol::Icmp;
        if asks_host {
            let by = ProbePurpose::Distance(DistanceBy::Echo);
            purposes.push((TargetId(Path::HOST), by));
        }
        let all_series = discovery::all_series(self.plan.hops, &purposes);
        let (sweeps, result) = self.run_sweep(&purposes, &all_series, self.plan.timeout, watcher);
        let mut sweeps = sweeps.into_iter();
        let Some(sweep) = sweeps.next() else {
            return result;
        };
        let answers = sweep.bound.get().is_some();
        self.wait = match slowest(&sweep.hops) {
            None => self.plan.timeout.min(WAIT_AFTER_SILENCE),
            slowest => settle(slowest, self.plan.timeout),
        };
        (self.path.discovery_hops, self.path.full_ttl_outcome) = (sweep.hops, sweep.whole);
        if let Some(host) = sweeps.next() {
            self.take_distance(host);
        }
        result?;
        if asks_host
            && answers
            && self.path.host_distance.is_none()
            && !self.signals.stop_requested()
        {
            self.look_for_host(watcher)?;
        }
        Ok(())
    }

    /// The host does not answer echoes, but may say that nothing listens on a UDP port, or answer another TCP port.
    fn look_for_host(&mut self, watcher: &mut dyn TraceObserver) -> io::Result<()> {
        let places = (0..).zip(&self.known).skip(Path::OTHERS as usize);
        let ways = places.map(|(place, target)| match target.protocol {
            Protocol::Tcp => (TargetId(place), DistanceBy::TcpPort(target.address.port())),
            _ => (TargetId(place), DistanceBy::ClosedUdpPort),
        });
        let purposes: Vec<_> = ways
            .map(|(id, by)| (id, ProbePurpose::Distance(by)))
            .collect();
        let all_series = discovery::all_series(self.plan.hops, &purposes);
        let (sweeps, result) = self.run_sweep(&purposes, &all_series, self.wait, watcher);
        let mut sweeps = sweeps.into_iter();
        let closed = sweeps.next().filter(|it| it.reached().is_some());
        // Of TCP ports the furthest, if it is further than whoever answers for the asked one.
        let answered = self
            .path
            .discovery_hops
            .iter()
            .find(|hop| hop.final_reply().is_some());
        let answered = answered.and_then(|hop| hop.ttl);
        let further = |it: &Sweep| it.reached() > answered;
        let host = closed.or_else(|| sweeps.max_by_key(Sweep::reached).filter(further));
        if let Some(host) = host {
            self.take_distance(host);
        }
        result
    }

    fn take_distance(&mut self, sweep: Sweep) {
        self.path.host_distance = sweep.distance();
        self.path.host_hops = sweep.hops;
    }

    /// One lost answer makes the host seem further away than it is: nobody is said to answer in its name for that.
    fn make_sure(&mut self, watcher: &mut dyn TraceObserver) -> io::Result<()> {
        let end = analyze(&self.path).end;
        let (Some(host), PathEnd::FinalReply { ttl: Some(ttl), .. }, false) =
            (self.path.host_distance, end, self.signals.stop_requested())
        else {
            return Ok(());
        };
        let is_asked = |it: &Target| (it.protocol, it.port()) == host.by.service();
        let mut beside = (0..).zip(&self.known).skip(Path::HOST as usize);
        let Some((place, _)) = beside.find(|(_, target)| is_asked(target)) else {
            return Ok(());
        };
        if ttl >= host.ttl {
            return Ok(());
        }
        let purpose = (TargetId(place), ProbePurpose::Distance(host.by));
        let all_series = discovery::again(purpose, ttl..=host.ttl);
        let (sweeps, result) = self.run_sweep(&[purpose], &all_series, self.wait, watcher);
        for mut sweep in sweeps {
            for (hop, known) in sweep.hops.iter_mut().zip(&self.path.host_hops) {
                hop.add(known);
            }
            self.take_distance(sweep);
        }
        result
    }

    /// Sends the probes of these courses, which are for these purposes.
    fn run_sweep(
        &mut self,
        purposes: &[(TargetId, ProbePurpose)],
        all_series: &[TtlSeries],
        timeout: Duration,
        watcher: &mut dyn TraceObserver,
    ) -> (Vec<Sweep>, io::Result<()>) {
        let sweep = |(target, purpose): &(TargetId, ProbePurpose)| {
            let target = self.known[target.index()].clone();
            Sweep::new(*purpose, target, self.plan.hops)
        };
        let mut sweeps: Vec<_> = purposes.iter().map(sweep).collect();
        let bound = |series: &TtlSeries| {
            let its = sweeps.iter().find(|it| it.purpose == series.purpose);
            its.map_or_else(|| Rc::new(TtlLimit::none()), |it| Rc::clone(&it.bound))
        };
        let bounds = all_series.iter().map(bound).collect();
        let spread = SPACING * u32::from(self.plan.hops);
        let mut look = Discovery {
            all_series,
            sweeps: &mut sweeps,
            timeout,
            ended_at: None,
            watcher,
        };
        let schedule = SchedulePlan {
            summary_every: Some(GLANCE),
            ..SchedulePlan::probes(1, spread, timeout)
        };
        let result = self.run_engine(all_series, bounds, false, schedule, &mut look);
        (sweeps, result)
    }

    /// Lets an engine send the probes of these courses.
    fn run_engine(
        &mut self,
        all_series: &[TtlSeries],
        bounds: Vec<Rc<TtlLimit>>,
        frees_ports: bool,
        schedule: SchedulePlan,
        run: &mut dyn Run,
    ) -> io::Result<()> {
        let network = TtlSeriesNetwork {
            probes: &mut self.probes,
            all: all_series,
            bounds,
            begun: vec![0; all_series.len()],
            frees_ports,
            sent: &self.sent,
        };
        let clock = Instant::now;
        let targets = all_series.len();
        let engine = Engine::new(
            network,
            schedule,
            targets,
            MOST_SOCKETS,
            self.signals,
            &clock,
        );
        engine.run(run).1
    }

    /// A source port for each flow.
    fn open_flows(&mut self) {
        let ports = flow_ports(&self.path.target, &self.plan);
        self.path.flows = ports.into_iter().map(Flow::new).collect();
    }

    /// Walks every flow once; tells when the next round is due.
    fn round(&mut self, watcher: &mut dyn TraceObserver) -> io::Result<Instant> {
        let mut due = Instant::now();
        let mut flows: Vec<usize> = (0..self.path.flows.len()).collect();
        // A limit lets the first pass, whatever their ports: they are others in every round.
        let turn = self.path.rounds % TURNS * flows.len() as u64 / TURNS;
        flows.rotate_left(usize::try_from(turn).unwrap_or(0));
        // Of many flows each is walked once; after that only their ends are of interest.
        let walks = !self.plan.full_ttl_only && (flows.len() == 1 || self.path.rounds == 1);
        let at_once = if walks { AT_ONCE } else { flows.len() };
        for group in flows.chunks(at_once) {
            self.pause(due, watcher)?;
            if self.signals.stop_requested() {
                break;
            }
            // Each hop sees as many probes as flows are walked.
            let load = if walks {
                u32::try_from(group.len()).unwrap_or(1)
            } else {
                1
            };
            due = Instant::now() + self.plan.interval * load;
            let last = if walks { self.last_ttl() } else { 0 };
            self.walk(group, last, watcher)?;
        }
        Ok(due)
    }

    /// Walks these flows up to a TTL, and beyond with the usual one.
    fn walk(
        &mut self,
        group: &[usize],
        last: u8,
        watcher: &mut dyn TraceObserver,
    ) -> io::Result<()> {
        let ttls: Vec<_> = (1..=last).map(Some).chain([None]).collect();
        let round = self.path.rounds;
        let series = |flow: &usize| TtlSeries {
            target: TargetId(Path::PORT),
            port: Some(self.path.flows[*flow].port),
            ttls: ttls.clone(),
            purpose: ProbePurpose::Round { flow: *flow, round },
        };
        let all_series: Vec<_> = group.iter().map(series).collect();
        // Where only the ends are of interest, a burst would only meet limits.
        let spread = if last == 0 { APART } else { Duration::ZERO };
        let spread = spread * u32::try_from(group.len()).unwrap_or(1);
        let schedule = SchedulePlan::probes(ttls.len() as u64, spread, self.wait);
        self.follow(&all_series, schedule, watcher)
    }

    /// Sends as many probes to each hop of `known` as there are rounds, and more to the end of the way, each from a port of
    /// its own: that shows best where packets get lost. The path that comes back has nothing but them.
    pub fn survey(
        mut self,
        known: &Path,
        watcher: &mut dyn TraceObserver,
    ) -> (Path, io::Result<()>) {
        (self.path.discovery_hops, self.path.hops) =
            (known.discovery_hops.clone(), known.hops.clone());
        let last = self.last_ttl();
        (self.path.discovery_hops, self.path.hops) = (Vec::new(), Vec::new());
        self.path.flows = vec![Flow::new(0)];
        let rounds = self.plan.rounds.unwrap_or(1);
        let series = |ttl| TtlSeries {
            target: TargetId(Path::PORT),
            port: None,
            ttls: std::iter::repeat_n(ttl, usize::try_from(rounds).unwrap_or(0)).collect(),
            purpose: ProbePurpose::Round { flow: 0, round: 1 },
        };
        let ttls = (1..=last).map(Some).chain([None; TO_THE_END]);
        let all_series: Vec<_> = ttls.map(series).collect();
        let slowest = slowest(&known.discovery_hops);
        if slowest >= Some(self.plan.timeout) {
            // Late is not lost.
            return (self.path, Ok(()));
        }
        let wait = settle(slowest, self.plan.timeout);
        let schedule = SchedulePlan {
            in_flight: AT_ONCE,
            ..SchedulePlan::probes(rounds, self.plan.interval, wait)
        };
        let result = self.follow(&all_series, schedule, watcher);
        self.path.survey = self.path.flows.pop();
        self.path.sent = self.sent.get();
        (self.path, result)
    }

    /// Sends the probes of courses that belong to flows. A socket that is given up is closed: the next probe may need its
    /// port, and it would send a lost SYN again, and be answered.
    fn follow(
        &mut self,
        all_series: &[TtlSeries],
        schedule: SchedulePlan,
        watcher: &mut dyn TraceObserver,
    ) -> io::Result<()> {
        let bounds: Vec<_> = all_series
            .iter()
            .map(|_| Rc::new(TtlLimit::none()))
            .collect();
        let target = self.path.target.clone();
        let mut flows = std::mem::take(&mut self.path.flows);
        let mut hops = std::mem::take(&mut self.path.hops);
        let mut walk = Round {
            target: &target,
            all_series,
            bounds: &bounds,
            flows: &mut flows,
            hops: &mut hops,
            watcher,
            wants_statistics: false,
        };
        let result = self.run_engine(all_series, bounds.clone(), true, schedule, &mut walk);
        let wants_statistics = walk.wants_statistics;
        (self.path.flows, self.path.hops) = (flows, hops);
        if wants_statistics {
            watcher.statistics_requested(&self.path);
        }
        result
    }

    /// How far a walk goes: to the end of the way where that is known, once round a loop, or a little beyond the last
    /// hop that ever answered.
    fn last_ttl(&self) -> u8 {
        let hops = || self.path.discovery_hops.iter().chain(&self.path.hops);
        let end = hops()
            // Where some flows are rejected, others may pass.
            .filter(|hop| hop.final_reply().is_some())
            .filter_map(|hop| hop.ttl);
        if let Some(end) = end.min() {
            return end;
        }
        if let Some(found) = find_loop(&self.path.discovery_hops) {
            return found.last.saturating_add(found.last - found.first + 1);
        }
        let router = hops().filter(|hop| hop.router().is_some());
        let rejection = hops().find(|hop| hop.is_path_end());
        let answered = router.chain(rejection).filter_map(|hop| hop.ttl);
        let last = answered.max().unwrap_or(0).saturating_add(BEYOND);
        last.min(self.plan.hops)
    }
}

/// Another target at the same address.
fn beside(target: &Target, protocol: Protocol, port: u16) -> Target {
    let mut address = target.address;
    address.set_port(port);
    Target {
        protocol,
        address,
        ..target.clone()
    }
}
