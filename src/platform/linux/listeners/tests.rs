use super::*;
use socket2::{Domain, SockAddr, Socket, Type};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

const BACKLOG: u32 = 3;

/// A TCP listener on a free port.
fn listening_socket(address: IpAddr, v6_only: bool) -> (Socket, u16) {
    let address = SocketAddr::from((address, 0));
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).expect("a socket");
    if address.is_ipv6() {
        socket.set_only_v6(v6_only).expect("IPV6_V6ONLY");
    }
    socket.bind(&address.into()).expect("a free port");
    socket.listen(BACKLOG.cast_signed()).expect("to listen");
    let local = socket.local_addr().ok().and_then(|local| local.as_socket());
    (socket, local.expect("an address").port())
}

/// The only socket on a port, from `sock_diag(7)` and from /proc/net.
fn from_both_sources(protocol: Protocol, port: u16) -> [SocketEntry; 2] {
    [sock_diag(protocol, port), proc_net::read(protocol, port)].map(|sockets| {
        let sockets = sockets.expect("an available source");
        assert_eq!(sockets.len(), 1, "{sockets:?}");
        sockets[0]
    })
}

/// The port's only listener, once it is as expected or after five seconds.
fn wait_for_listener(port: u16, expected: impl Fn(&Listener) -> bool) -> Listener {
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        let mut found = listeners(Protocol::Tcp, port).expect("listeners");
        assert_eq!(found.len(), 1, "{found:?}");
        let listener = found.remove(0);
        if expected(&listener) || Instant::now() > deadline {
            return listener;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn listener_has_queue_process_and_uid() {
    let (_socket, port) = listening_socket(Ipv4Addr::LOCALHOST.into(), false);
    let listener = wait_for_listener(port, |_| true);
    let expected = Listener {
        address: Ipv4Addr::LOCALHOST.into(),
        interface: None,
        v6_only: None,
        accept_queue: Some(0),
        backlog: Some(BACKLOG),
        process: Some(this_process()),
        uid: Some(nix::unistd::geteuid().as_raw()),
    };
    assert_eq!(listener, expected);
}

fn this_process() -> Process {
    let name = std::fs::read_to_string("/proc/self/comm").expect("/proc");
    Process {
        pid: std::process::id(),
        name: name.trim_end().to_owned(),
    }
}

#[test]
fn accept_queue_is_full_at_backlog_plus_one() {
    let (_socket, port) = listening_socket(Ipv4Addr::LOCALHOST.into(), false);
    let connect = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("a connection");
    let mut clients: Vec<_> = (0..BACKLOG).map(|_| connect()).collect();
    let listener = wait_for_listener(port, |it| it.accept_queue == Some(BACKLOG));
    assert_eq!(
        (listener.accept_queue, listener.is_full()),
        (Some(BACKLOG), false)
    );
    clients.push(connect());
    let listener = wait_for_listener(port, Listener::is_full);
    assert_eq!(listener.accept_queue, Some(BACKLOG + 1));
    assert!(listener.is_full());
}

#[test]
fn listener_matches_its_address_families() {
    let v4 = IpAddr::from(Ipv4Addr::LOCALHOST);
    let v6 = IpAddr::from(Ipv6Addr::LOCALHOST);
    let mapped = Ipv4Addr::LOCALHOST.to_ipv6_mapped().into();
    let cases = [
        (v4, false, None, [true, false]),
        (Ipv4Addr::UNSPECIFIED.into(), false, None, [true, false]),
        (v6, true, Some(true), [false, true]),
        (
            Ipv6Addr::UNSPECIFIED.into(),
            true,
            Some(true),
            [false, true],
        ),
        (
            Ipv6Addr::UNSPECIFIED.into(),
            false,
            Some(false),
            [true, true],
        ),
        (mapped, false, None, [true, false]),
    ];
    for (address, only_v6, v6_only, matches) in cases {
        let (_socket, port) = listening_socket(address, only_v6);
        let listener = wait_for_listener(port, |_| true);
        assert_eq!(listener.address, address.to_canonical());
        assert_eq!(listener.v6_only, v6_only, "{address}");
        assert_eq!(
            [v4, v6].map(|it| listener.matches(it)),
            matches,
            "{address}"
        );
    }
}

#[test]
fn proc_net_matches_sock_diag() {
    for address in [
        Ipv4Addr::LOCALHOST.into(),
        IpAddr::from(Ipv6Addr::LOCALHOST),
    ] {
        let (_socket, port) = listening_socket(address, true);
        let _client = TcpStream::connect((address, port)).expect("a connection");
        wait_for_listener(port, |it| it.accept_queue == Some(1));
        let [diag, proc_net] = from_both_sources(Protocol::Tcp, port);
        let expected = SocketEntry {
            v6_only: None,
            send_queue: None,
            ..diag
        };
        assert_eq!((proc_net, proc_net.receive_queue), (expected, 1));
    }
}

#[test]
fn connected_udp_socket_is_no_listener() {
    for address in [
        Ipv4Addr::LOCALHOST.into(),
        IpAddr::from(Ipv6Addr::LOCALHOST),
    ] {
        let socket = UdpSocket::bind((address, 0)).expect("a socket");
        let port = socket.local_addr().expect("an address").port();
        let found = listeners(Protocol::Udp, port).expect("listeners");
        let fields = found
            .iter()
            .map(|it| (it.address, it.accept_queue, it.backlog));
        assert_eq!(fields.collect::<Vec<_>>(), [(address, None, None)]);
        assert!(found[0].process.is_some());
        assert_eq!(
            from_both_sources(Protocol::Udp, port).map(|it| it.address),
            [address; 2]
        );
        socket.connect((address, 9)).expect("a peer");
        assert_eq!(listeners(Protocol::Udp, port), Some(vec![]));
    }
}

#[test]
fn bound_interface_is_reported() {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind_device(Some(b"lo")).expect("an interface");
    let any = SockAddr::from(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)));
    socket.bind(&any).expect("a free port");
    socket.listen(1).expect("to listen");
    let local = socket.local_addr().ok().and_then(|it| it.as_socket());
    let listener = wait_for_listener(local.expect("an address").port(), |_| true);
    assert_eq!(listener.interface.as_deref(), Some("lo"));
}

#[test]
fn closed_port_has_no_listeners() {
    let (socket, port) = listening_socket(Ipv4Addr::LOCALHOST.into(), false);
    drop(socket);
    assert_eq!(listeners(Protocol::Tcp, port), Some(vec![]));
    assert_eq!(listeners(Protocol::Tcp, 0), Some(vec![]));
    assert_eq!(listeners(Protocol::Icmp, port), None);
}
