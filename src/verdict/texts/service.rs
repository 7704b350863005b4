//! The service: what listens, and what stands before it.

use super::cause_text::{CauseText, text};
use crate::verdict::causes::{Cause, Owner};

pub(super) const TEXTS: &[(Cause, CauseText)] = &[
    text!(Works,
        "nothing wrong was seen",
        "Nothing that was observed speaks against it. A completed handshake proves that a kernel or a proxy answers, not that \
         the application will.";
    ),
    text!(ServiceNotListening,
        "nothing listens on {service} at {address}",
        "A host answers a SYN to a closed port with RST (RFC 9293 section 3.10.7.1). Windows and macOS can be set to send \
         nothing instead.";
        Target "is the service running, and on this address? ss -ltn 'sport = :{port}'",
        You "is this the intended address and port?",
    ),
    text!(UdpPortClosed,
        "nothing listens on {service} at {address}",
        "A host answers a datagram to a closed port with ICMP port unreachable (RFC 1122 section 3.2.2.1).";
        Target "is the service running, and on this address? ss -lun 'sport = :{port}'",
        You "is this the intended address and port?",
    ),
    text!(RstWhenQueueFull,
        "the server resets connections while its accept queue is full",
        "With net.ipv4.tcp_abort_on_overflow, and on Windows, a full accept queue (backlog) is answered with RST.";
        Target "does the service accept fast enough? ss -ltn 'sport = :{port}' (Recv-Q above Send-Q: full); nstat -az \
                TcpExtListenOverflows",
    ),
    text!(RemoteAcceptQueueFull,
        "the accept queue of {service} is full, so Linux drops SYNs",
        "The service does not accept connections as fast as they come, or hangs. Linux drops SYNs while the accept queue is \
         full; the kernel sends them again after 1 s.";
        Target "is the queue full, and why does the service not accept? ss -ltn 'sport = :{port}' (Recv-Q above Send-Q: \
                full); nstat -az TcpExtListenOverflows TcpExtListenDrops, before and after",
    ),
    text!(BackendDown,
        "a proxy or balancer answers, and its backend is down",
        "A proxy completes the handshake itself and then closes or resets; without a healthy backend some reset or drop the \
         SYN at once, and a port forward reports its unreachable backend in its own name.";
        Target "is the backend of the proxy or balancer at {address} up and healthy? Check its log at this time",
    ),
    text!(OneBackendFails,
        "one of several servers behind {address} fails",
        "A balancer or DNAT spreads connections over servers, and one of them refuses or does not reply.";
        Target "which of the servers behind {address} fails? Their health in the balancer, and each of them probed on its own",
    ),
    text!(ServiceWithoutEndpoints,
        "the cluster service at {address} has no endpoints",
        "kube-proxy rejects connections to a Kubernetes service without ready endpoints.";
        Target "kubectl get endpointslices: are pods ready, and does the selector match?",
    ),
    text!(ServiceRefusesClient,
        "the service does not accept this client",
        "Services close or reset connections of clients that their configuration does not allow (tcp wrappers, bind \
         rules, a full server).";
        Target "is {source} allowed, and is there room for another client? The log of the service at this time",
    ),
    text!(ServiceCrashes,
        "the service crashes or exits while it handles the connection",
        "The kernel closes or resets connections of a process that ends.";
        Target "does the process restart? Its log, journalctl, systemctl status",
    ),
    text!(ServiceRestarted,
        "the service was restarted during the run",
        "A port refuses between the end of the old process and the start of the new one.";
        Target "was the service restarted at this time, and why? Check its log (journalctl)",
    ),
    text!(ServiceHangs,
        "the service accepts and does not reply",
        "The kernel completes handshakes for a process that hangs, until its accept queue is full.";
        Target "does the process hang? Its threads and log; ss -ltn 'sport = :{port}'",
    ),
    text!(SynProxyWithoutBackend,
        "a SYN proxy completes the handshake without a server behind it",
        "A SYN proxy opens the connection to the server later; until then its window is zero.";
        Target "is the server behind the SYN proxy at {address} up?",
    ),
    text!(AnswersFromAnotherAddress,
        "the server replies from another of its addresses",
        "A multihomed server, or NAT on the return path, sends the reply from an address that was not probed; this machine \
         rejects it.";
        Target "from which address do replies leave? tcpdump '{filter}' on the server; ip route get {client_ip}",
    ),
    text!(ConnectionsStuck,
        "existing connections to {target} are stuck",
        "New connections work, old ones no longer receive: state was lost on the path or at the target.";
        Target "does it still have these connections? ss -tn 'sport = :{port}'",
    ),
    text!(ServiceIgnoresRequest,
        "{service} is open and does not answer this request",
        "A UDP service answers what it understands and nothing else; some never answer.";
        You "send a request that the service answers (--payload, see synack --help)",
        Target "does the datagram arrive, does a reply leave? tcpdump '{filter}' on the server; ss -lun 'sport = :{port}'",
    ),
    text!(OtherProtocol,
        "something at {address} sends datagrams, but none answers a probe",
        "Replies carry another identifier, or are of another protocol than the probe's.";
        You "is it the right service? Choose the request with --payload",
        Target "which service listens there? ss -lunp 'sport = :{port}'",
    ),
    text!(ServiceSaysNo,
        "{service} answers with an error of its protocol",
        "The service understood the request and refused or failed to serve it.";
        Target "why does the service refuse? Check its log at this time; is {source} allowed?",
    ),
];
