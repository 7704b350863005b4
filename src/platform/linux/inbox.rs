//! Datagrams as they come, many in one system call (recvmmsg(2)), with what the kernel says of each.
//!
//! nix's `recvmmsg` cannot be used again and again: what the kernel writes back to its headers (how much control
//! data there was) stays there as the room for the next call.

use std::io;
use std::mem::zeroed;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;

use arrayvec::ArrayVec;
use nix::sys::socket::{SockaddrLike, SockaddrStorage};
use socket2::Socket;

use super::datagram::address;
use super::parts::{stamp, ttl};
use crate::platform::RecvMeta;

/// Bytes for one datagram: larger than any.
const LARGEST: usize = 1 << 16;

/// Words for the control data of one datagram: three time stamps and the TTL need 15 on 64 bits.
const CONTROL: usize = 32;

/// Where the kernel writes what belongs to a datagram besides its bytes.
struct Envelope {
    from: libc::sockaddr_storage,
    /// In words, because the kernel aligns it so (cmsg(3)).
    control: [usize; CONTROL],
}

/// Room for datagrams; made for the first, kept from call to call.
#[derive(Default)]
pub struct RecvBatch {
    buffers: Vec<u8>,
    envelopes: Vec<Envelope>,
    received: ArrayVec<RecvMeta, { RecvBatch::CAPACITY }>,
}

impl RecvBatch {
    /// Most datagrams taken in one call.
    pub const CAPACITY: usize = 16;

    /// Takes up to `at_most` datagrams from the socket, and tells how many. `WouldBlock`: there is none. Who sent
    /// them is asked only for those `from_anywhere`.
    pub fn receive(
        &mut self,
        socket: &Socket,
        at_most: usize,
        from_anywhere: bool,
    ) -> io::Result<usize> {
        self.received.clear();
        if self.buffers.is_empty() {
            self.buffers = vec![0; Self::CAPACITY * LARGEST];
            self.envelopes = (0..Self::CAPACITY).map(|_| Envelope::empty()).collect();
        }
        let buffers = self.buffers.chunks_exact_mut(LARGEST);
        let mut pieces: ArrayVec<_, { Self::CAPACITY }> =
            buffers.take(at_most).map(piece).collect();
        let envelopes = self.envelopes.iter_mut();
        let headers = pieces.iter_mut().zip(envelopes);
        let mut headers: ArrayVec<_, { Self::CAPACITY }> = headers
            .map(|(piece, to)| header(piece, to, from_anywhere))
            .collect();
        let came = take(socket, &mut headers)?;
        let filled = headers.iter().zip(&self.envelopes).take(came);
        self.received
            .extend(filled.map(|(header, envelope)| envelope.read(header)));
        Ok(came)
    }

    /// What the last call has taken.
    pub fn datagrams(&self) -> impl Iterator<Item = (&RecvMeta, &[u8])> {
        let buffers = self.buffers.chunks_exact(LARGEST);
        let datagrams = self.received.iter().zip(buffers);
        datagrams
            .map(|(received, buffer)| (received, buffer.get(..received.length).unwrap_or(buffer)))
    }
}

/// recvmmsg(2): how many headers the kernel has filled.
#[allow(unsafe_code)]
fn take(socket: &Socket, headers: &mut [libc::mmsghdr]) -> io::Result<usize> {
    let count = libc::c_uint::try_from(headers.len()).unwrap_or(0);
    // musl and glibc differ about the flags' sign.
    let flags = libc::MSG_DONTWAIT as _;
    // SAFETY: the descriptor is open for as long as `socket` is borrowed. Each header points to memory of the
    // length that it says, which lives, and which nothing else uses, until the headers are read (`header`).
    let came = unsafe {
        libc::recvmmsg(
            socket.as_raw_fd(),
            headers.as_mut_ptr(),
            count,
            flags,
            std::ptr::null_mut(),
        )
    };
    usize::try_from(came).map_err(|_| io::Error::last_os_error())
}

fn piece(buffer: &mut [u8]) -> libc::iovec {
    libc::iovec {
        iov_base: buffer.as_mut_ptr().cast(),
        iov_len: buffer.len(),
    }
}

/// A header that asks for one datagram.
#[allow(unsafe_code)]
fn header(piece: &mut libc::iovec, to: &mut Envelope, named: bool) -> libc::mmsghdr {
    // SAFETY: plain numbers and pointers, for which zeros are valid; systems differ in the padding between.
    let mut header: libc::mmsghdr = unsafe { zeroed() };
    let message = &mut header.msg_hdr;
    if named {
        message.msg_name = (&raw mut to.from).cast();
        message.msg_namelen = length(size_of_val(&to.from));
    }
    message.msg_iov = piece;
    message.msg_iovlen = 1;
    message.msg_control = to.control.as_mut_ptr().cast();
    message.msg_controllen = size_of_val(&to.control) as _;
    header
}

fn length(bytes: usize) -> libc::socklen_t {
    libc::socklen_t::try_from(bytes).unwrap_or(0)
}

impl Envelope {
    #[allow(unsafe_code)]
    fn empty() -> Self {
        Self {
            // SAFETY: zeros are a valid `sockaddr_storage`, of no family.
            from: unsafe { zeroed() },
            control: [0; CONTROL],
        }
    }

    /// What the kernel has written. Control data that was cut short is missing, which is what its absence says.
    #[allow(clippy::unnecessary_cast)] // musl counts control data in 32 bits
    fn read(&self, header: &libc::mmsghdr) -> RecvMeta {
        let message = &header.msg_hdr;
        let control = self.control(message.msg_controllen as usize);
        RecvMeta {
            length: header.msg_len as usize,
            from: self.from(message),
            at: stamp(control),
            ttl: ttl(control),
        }
    }

    #[allow(unsafe_code)]
    fn control(&self, length: usize) -> &[u8] {
        let length = length.min(size_of_val(&self.control));
        // SAFETY: these bytes lie within the array, and every byte of a number is a valid `u8`.
        unsafe { std::slice::from_raw_parts(self.control.as_ptr().cast(), length) }
    }

    #[allow(unsafe_code)]
    fn from(&self, message: &libc::msghdr) -> Option<SocketAddr> {
        if message.msg_name.is_null() {
            return None;
        }
        let length = Some(message.msg_namelen);
        // SAFETY: the kernel has written an address of that length here, or of none.
        let from = unsafe { SockaddrStorage::from_raw((&raw const self.from).cast(), length) };
        from.and_then(|from| address(&from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::UdpSocket;

    fn pair() -> (UdpSocket, Socket) {
        let sender = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let to = socket.local_addr().expect("an address");
        sender.connect(to).expect("connected");
        let socket = Socket::from(socket);
        super::super::datagram::enable_recvttl(&socket, false).expect("the TTL");
        (sender, socket)
    }

    #[test]
    fn datagrams_come_in_order_each_with_its_own_length_and_sender() {
        let (sender, socket) = pair();
        let mut inbox = RecvBatch::default();
        for length in [3, 0, 5] {
            sender.send(&[length; 8][..length.into()]).expect("sent");
        }
        assert_eq!(inbox.receive(&socket, 2, true).expect("two"), 2);
        let lengths: Vec<_> = inbox.datagrams().map(|(_, bytes)| bytes.len()).collect();
        assert_eq!(lengths, [3, 0]);
        assert_eq!(
            inbox
                .receive(&socket, RecvBatch::CAPACITY, true)
                .expect("one"),
            1
        );
        let (received, bytes) = inbox.datagrams().next().expect("the third");
        assert_eq!(bytes, [5; 5]);
        assert_eq!(received.from, sender.local_addr().ok());
        assert_eq!(received.ttl, Some(64));
    }

    #[test]
    fn a_call_without_control_data_leaves_the_next_one_its_room() {
        let (sender, socket) = pair();
        let mut inbox = RecvBatch::default();
        let nothing = inbox.receive(&socket, 4, false).expect_err("nothing there");
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
        assert_eq!(inbox.datagrams().count(), 0);
        for _ in 0..2 {
            sender.send(b"x").expect("sent");
            assert_eq!(inbox.receive(&socket, 4, false).expect("one"), 1);
            let (received, _) = inbox.datagrams().next().expect("one");
            assert_eq!((received.ttl, received.from), (Some(64), None));
        }
    }
}
