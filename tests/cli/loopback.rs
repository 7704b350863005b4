//! Listeners, UDP services and unused ports on loopback.

use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::Duration;

/// A TCP listener that passes each connection to `handle`. Its accept queue is long enough for probes at full speed: a full
/// queue drops SYNs, each of which costs a second.
pub(crate) fn listener(handle: impl FnMut(TcpStream) + Send + 'static) -> SocketAddr {
    let (socket, address) = closed_port();
    socket.listen(4096).expect("a listener");
    let listener = TcpListener::from(socket);
    thread::spawn(move || listener.incoming().flatten().for_each(handle));
    address
}

/// A listener that keeps its connections open.
pub(crate) fn open_port() -> SocketAddr {
    let mut held = Vec::new();
    listener(move |stream| held.push(stream))
}

/// Accepts connections and keeps them open.
pub(crate) fn accept_all(listener: TcpListener) {
    thread::spawn(move || {
        let mut held = Vec::new();
        while let Ok((connection, _)) = listener.accept() {
            held.push(connection);
        }
    });
}

/// A listener that closes each connection after the client has closed it.
pub(crate) fn listener_until_eof() -> SocketAddr {
    listener(|mut stream| {
        thread::spawn(move || {
            let _ = stream.read_to_end(&mut Vec::new());
        });
    })
}

/// A TCP port without a listener. The socket reserves it.
pub(crate) fn closed_port() -> (socket2::Socket, SocketAddr) {
    let socket =
        socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    let any: SocketAddr = ([127, 0, 0, 1], 0).into();
    socket.bind(&any.into()).expect("a port on loopback");
    let address = socket.local_addr().expect("its address");
    (socket, address.as_socket().expect("an IP address"))
}

/// A listener with a full accept queue. The sockets keep it full.
pub(crate) fn full_accept_queue() -> (Vec<socket2::Socket>, SocketAddr) {
    let (socket, address) = closed_port();
    socket.listen(0).expect("a listener");
    let timeout = Duration::from_millis(100);
    let fill = (0..16).map(|_| TcpStream::connect_timeout(&address, timeout));
    let mut sockets: Vec<_> = fill.map_while(Result::ok).map(Into::into).collect();
    sockets.push(socket);
    (sockets, address)
}

/// A UDP service at `bind` that passes each datagram to `handle`.
pub(crate) fn udp_service_at(
    bind: &str,
    mut handle: impl FnMut(&UdpSocket, &[u8], SocketAddr) + Send + 'static,
) -> SocketAddr {
    let socket = UdpSocket::bind(bind).expect("a port");
    let address = socket.local_addr().expect("an address");
    thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while let Ok((length, source)) = socket.recv_from(&mut buffer) {
            handle(&socket, &buffer[..length], source);
        }
    });
    address
}

pub(crate) fn udp_service(
    handle: impl FnMut(&UdpSocket, &[u8], SocketAddr) + Send + 'static,
) -> SocketAddr {
    udp_service_at("127.0.0.1:0", handle)
}

/// Handler of an echo service.
pub(crate) fn echo(socket: &UdpSocket, datagram: &[u8], source: SocketAddr) {
    let _ = socket.send_to(datagram, source);
}

/// A UDP port on loopback that is not in use.
pub(crate) fn unused_udp_port() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    socket.local_addr().expect("an address")
}
