use super::*;
use socket2::{Domain, SockAddr, Socket, Type};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

const BACKLOG: u32 = 3;

/// A socket that listens on a free port.
fn bound(address: IpAddr, v6_only: bool) -> (Socket, u16) {
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

/// The only listener of a port, by the kernel's word and by the table's.
fn both(protocol: Protocol, port: u16) -> [SocketFound; 2] {
    [told(protocol, port), table::read(protocol, port)].map(|sockets| {
        let sockets = sockets.expect("a kernel that tells");
        assert_eq!(sockets.len(), 1, "{sockets:?}");
        sockets[0]
    })
}

/// The port's only listener, once it is as expected or five seconds have gone.
fn once(port: u16, expected: impl Fn(&Listener) -> bool) -> Listener {
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
fn a_listener_is_told_with_its_queue_and_its_process() {
    let (_socket, port) = bound(Ipv4Addr::LOCALHOST.into(), false);
    let listener = once(port, |_| true);
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
fn a_queue_is_full_with_one_more_than_the_backlog() {
    let (_socket, port) = bound(Ipv4Addr::LOCALHOST.into(), false);
    let connect = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("a connection");
    let mut clients: Vec<_> = (0..BACKLOG).map(|_| connect()).collect();
    let listener = once(port, |it| it.accept_queue == Some(BACKLOG));
    assert_eq!(
        (listener.accept_queue, listener.is_full()),
        (Some(BACKLOG), false)
    );
    clients.push(connect());
    let listener = once(port, Listener::is_full);
    assert_eq!(listener.accept_queue, Some(BACKLOG + 1));
    assert!(listener.is_full());
}

#[test]
fn the_address_says_what_is_heard() {
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
    for (address, alone, v6_only, heard) in cases {
        let (_socket, port) = bound(address, alone);
        let listener = once(port, |_| true);
        assert_eq!(listener.address, address.to_canonical());
        assert_eq!(listener.v6_only, v6_only, "{address}");
        assert_eq!([v4, v6].map(|it| listener.matches(it)), heard, "{address}");
    }
}

#[test]
fn the_table_says_the_same_as_far_as_it_goes() {
    for address in [
        Ipv4Addr::LOCALHOST.into(),
        IpAddr::from(Ipv6Addr::LOCALHOST),
    ] {
        let (_socket, port) = bound(address, true);
        let _client = TcpStream::connect((address, port)).expect("a connection");
        once(port, |it| it.accept_queue == Some(1));
        let [told, listed] = both(Protocol::Tcp, port);
        let less = SocketFound {
            v6_only: None,
            send_queue: None,
            ..told
        };
        assert_eq!((listed, listed.receive_queue), (less, 1));
    }
}

#[test]
fn a_udp_socket_hears_until_it_is_connected() {
    for address in [
        Ipv4Addr::LOCALHOST.into(),
        IpAddr::from(Ipv6Addr::LOCALHOST),
    ] {
        let socket = UdpSocket::bind((address, 0)).expect("a socket");
        let port = socket.local_addr().expect("an address").port();
        let found = listeners(Protocol::Udp, port).expect("listeners");
        let facts = found
            .iter()
            .map(|it| (it.address, it.accept_queue, it.backlog));
        assert_eq!(facts.collect::<Vec<_>>(), [(address, None, None)]);
        assert!(found[0].process.is_some());
        assert_eq!(both(Protocol::Udp, port).map(|it| it.address), [address; 2]);
        socket.connect((address, 9)).expect("a peer");
        assert_eq!(listeners(Protocol::Udp, port), Some(vec![]));
    }
}

#[test]
fn a_socket_of_one_interface_names_it() {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind_device(Some(b"lo")).expect("an interface");
    let any = SockAddr::from(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)));
    socket.bind(&any).expect("a free port");
    socket.listen(1).expect("to listen");
    let local = socket.local_addr().ok().and_then(|it| it.as_socket());
    let listener = once(local.expect("an address").port(), |_| true);
    assert_eq!(listener.interface.as_deref(), Some("lo"));
}

#[test]
fn a_port_nobody_hears_has_no_listeners() {
    let (socket, port) = bound(Ipv4Addr::LOCALHOST.into(), false);
    drop(socket);
    assert_eq!(listeners(Protocol::Tcp, port), Some(vec![]));
    assert_eq!(listeners(Protocol::Tcp, 0), Some(vec![]));
    assert_eq!(listeners(Protocol::Icmp, port), None);
}
