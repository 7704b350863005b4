//! `synack demo`: every outcome that this machine can show without a network, on targets of its own.
//!
//! Everything happens on loopback; one target is a multicast address, to which TCP never sends
//! anything. No network and no privileges are needed, so there is no ICMP echo: not every user may send one.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::Duration;

use socket2::{Domain, SockAddr, Socket, Type};

use crate::assertions::AssertionPlan;
use crate::hosts::{Protocol, Target};
use crate::modes::ping::{self, DisplayPlan, PingPlan};
use crate::plan::{OutputPlan, PayloadPlan, SchedulePlan, SocketPlan, TargetPlan};
use crate::session::{ExitStatus, RunError};
use crate::term::Output;
use crate::text::CommandLine;

/// How long the accept queue of the busy server stays full: the first SYN is dropped, the retransmission a second later
/// is not.
const BUSY: Duration = Duration::from_millis(500);

/// Timeout of a handshake on loopback.
const UNANSWERED: Duration = Duration::from_millis(100);

/// More connections than these accept queues hold.
const FILLING: usize = 16;

/// A demo target.
struct Exhibit {
    protocol: Protocol,
    address: SocketAddr,
    does: &'static str,
    /// Sockets that must stay open for it to do so.
    kept: Vec<Socket>,
}

/// Opens the targets, probes them, and prints the ordinary summary.
///
/// Failing targets are intended: the exit status is success.
pub fn run(output: &mut Output) -> Result<ExitStatus, RunError> {
    let exhibits = exhibits().map_err(RunError::Demo)?;
    output.write("Demo targets on loopback, one for each way a probe can end:\n");
    for exhibit in &exhibits {
        let target = format!("{}://{}", exhibit.protocol.name(), exhibit.address);
        output.write(&format!("  {target:<24} {}\n", exhibit.does));
    }
    output.write("\n");
    let target = |exhibit: &Exhibit| Target {
        protocol: exhibit.protocol,
        host: exhibit.address.ip().to_string().into(),
        address: exhibit.address,
        lookup: None,
    };
    let targets = exhibits.iter().map(target).collect();
    ping::run_resolved(plan(), targets, output)?;
    Ok(ExitStatus::Success)
}

fn plan() -> PingPlan {
    let (interval, timeout) = (Duration::from_secs(1), Duration::from_secs(2));
    PingPlan {
        targets: TargetPlan::default(),
        schedule: SchedulePlan {
            hold: Some(Duration::from_millis(200)),
            ..SchedulePlan::probes(3, interval, timeout)
        },
        sockets: SocketPlan::default(),
        payload: PayloadPlan::default(),
        assertions: AssertionPlan::default(),
        trace_after: None,
        display: DisplayPlan::default(),
        output: OutputPlan {
            command_line: CommandLine::of("synack demo"),
            ..OutputPlan::default()
        },
    }
}

fn exhibits() -> io::Result<Vec<Exhibit>> {
    let v4 = Ipv4Addr::LOCALHOST;
    let mut exhibits = vec![
        busy_at_first(v4.into())?,
        accepting((v4, 0).into(), "accepts connections", hold())?,
        accepting((v4, 0).into(), "accepts, then resets", reset)?,
        accepting((v4, 0).into(), "accepts, then closes at once", drop)?,
        closed(v4.into())?,
        overloaded(v4.into())?,
        // TCP to a multicast address fails in connect() itself (`tcp_v4_connect`, net/ipv4/tcp_ipv4.c).
        Exhibit {
            protocol: Protocol::Tcp,
            address: (Ipv4Addr::new(224, 0, 0, 1), 80).into(),
            does: "a multicast address: TCP fails locally",
            kept: Vec::new(),
        },
        echoing()?,
        refusing()?,
        silent()?,
    ];
    // A machine may have no IPv6 at all; then there is nothing to show.
    let v6 = (Ipv6Addr::LOCALHOST, 0).into();
    exhibits.extend(accepting(v6, "accepts connections over IPv6", hold()));
    Ok(exhibits)
}

/// Accepts for as long as the program runs and does something with each connection.
fn accepting(
    address: SocketAddr,
    does: &'static str,
    then: impl FnMut(TcpStream) + Send + 'static,
) -> io::Result<Exhibit> {
    let listener = TcpListener::bind(address)?;
    let address = listener.local_addr()?;
    thread::spawn(move || listener.incoming().flatten().for_each(then));
    Ok(Exhibit {
        protocol: Protocol::Tcp,
        address,
        does,
        kept: Vec::new(),
    })
}

/// Keeps every connection open.
fn hold() -> impl FnMut(TcpStream) + Send + 'static {
    let mut held = Vec::new();
    move |stream| held.push(stream)
}

/// Closes with a RST (`SO_LINGER` with time 0, socket(7)).
fn reset(stream: TcpStream) {
    let _ = Socket::from(stream).set_linger(Some(Duration::ZERO));
}

/// A closed port: bound, so that no other process can open it, but not listening.
fn closed(address: std::net::IpAddr) -> io::Result<Exhibit> {
    let (socket, address) = bound(address)?;
    Ok(Exhibit {
        protocol: Protocol::Tcp,
        address,
        does: "a closed port",
        kept: vec![socket],
    })
}

/// A server that never accepts and whose queue is full.
fn overloaded(address: std::net::IpAddr) -> io::Result<Exhibit> {
    let (socket, address) = bound(address)?;
    socket.listen(0)?;
    let mut kept = fill(address);
    kept.push(socket);
    Ok(Exhibit {
        protocol: Protocol::Tcp,
        address,
        does: "accept queue full, never accepts",
        kept,
    })
}

/// A server whose accept queue is full at the first SYN and accepts later.
fn busy_at_first(address: std::net::IpAddr) -> io::Result<Exhibit> {
    let (socket, address) = bound(address)?;
    socket.listen(0)?;
    let kept = fill(address);
    thread::spawn(move || {
        thread::sleep(BUSY);
        let mut held = Vec::new();
        while let Ok((connection, _)) = socket.accept() {
            held.push(connection);
        }
    });
    Ok(Exhibit {
        protocol: Protocol::Tcp,
        address,
        does: "accept queue full at the first SYN, then accepts",
        kept,
    })
}

/// A UDP service that sends back what it gets.
fn echoing() -> io::Result<Exhibit> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    let exhibit = udp(&socket, "echoes datagrams")?;
    thread::spawn(move || {
        let mut buffer = [0; 2048];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let _ = socket.send_to(&buffer[..length], from);
        }
    });
    Ok(exhibit)
}

/// A closed UDP port: bound, so that no other process can open it, and connected: datagrams from other peers find no
/// socket (`udp4_lib_lookup2`, net/ipv4/udp.c).
fn refusing() -> io::Result<Exhibit> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.connect(socket.local_addr()?)?;
    let mut exhibit = udp(&socket, "a closed port")?;
    exhibit.kept.push(socket.into());
    Ok(exhibit)
}

/// A UDP service that never answers.
fn silent() -> io::Result<Exhibit> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    let mut exhibit = udp(&socket, "receives datagrams, never replies")?;
    exhibit.kept.push(socket.into());
    Ok(exhibit)
}

fn udp(socket: &UdpSocket, does: &'static str) -> io::Result<Exhibit> {
    Ok(Exhibit {
        protocol: Protocol::Udp,
        address: socket.local_addr()?,
        does,
        kept: Vec::new(),
    })
}

fn bound(address: std::net::IpAddr) -> io::Result<(Socket, SocketAddr)> {
    let address = SocketAddr::new(address, 0);
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.bind(&SockAddr::from(address))?;
    let bound = socket.local_addr()?.as_socket().unwrap_or(address);
    Ok((socket, bound))
}

/// Connects until the accept queue takes no more.
fn fill(address: SocketAddr) -> Vec<Socket> {
    let connections = (0..FILLING).map(|_| TcpStream::connect_timeout(&address, UNANSWERED));
    connections
        .map_while(Result::ok)
        .map(Socket::from)
        .collect()
}
