//! An ESME that says what it likes, PDU by PDU.

use std::collections::VecDeque;

use bytes::BytesMut;
use smpp::{
    Bind, BindMode, Body, CString, CommandId, CommandStatus, MessageResp, Pdu, ShortMessage, TlvTag,
    VERSION_3_4, frame,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;

use super::{PASSWORD, SOON, TestGateway, account, route, smsc};

/// A connection to the gateway.
pub(crate) struct Wire {
    stream: Box<dyn gateway::Stream>,
    octets: BytesMut,
    sequence: u32,
    /// Requests of the gateway that nobody has looked at yet.
    requests: VecDeque<Pdu>,
}

impl Wire {
    /// Connects and says nothing.
    pub(crate) async fn connect(gateway: &TestGateway) -> Self {
        Self::over(TcpStream::connect(gateway.smpp_address()).await.unwrap())
    }

    /// Connects from another address of this machine, and says nothing.
    pub(crate) async fn connect_from(host: [u8; 4], gateway: &TestGateway) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((host, 0).into()).unwrap();
        Self::over(socket.connect(gateway.smpp_address()).await.unwrap())
    }

    /// A connection that is there already.
    pub(crate) fn over(stream: impl gateway::Stream + 'static) -> Self {
        Self { stream: Box::new(stream), octets: BytesMut::new(), sequence: 0, requests: VecDeque::new() }
    }

    /// The status that a bind as transceiver is answered with.
    pub(crate) async fn status_of_bind(&mut self, account: &str, password: &str) -> CommandStatus {
        let bind = Bind {
            mode: BindMode::Transceiver,
            system_id: CString::clipped(account.as_bytes()),
            password: CString::clipped(password.as_bytes()),
            interface_version: smpp::VERSION_3_4,
            ..Bind::default()
        };
        self.status_of(Body::Bind(bind)).await
    }

    /// Waits until the gateway hangs up, and drops what it says before.
    pub(crate) async fn over_when(&mut self) {
        let mut octets = [0; 1024];
        let reading = async { while self.stream.read(&mut octets).await.is_ok_and(|read| read > 0) {} };
        timeout(SOON, reading).await.expect("the gateway does not hang up");
    }

    /// Binds as transceiver with this interface_version.
    pub(crate) async fn bind(gateway: &TestGateway, account: &str, version: u8) -> Self {
        Self::bind_as(gateway, account, version, BindMode::Transceiver).await
    }

    pub(crate) async fn bind_as(gateway: &TestGateway, account: &str, version: u8, mode: BindMode) -> Self {
        let mut wire = Self::connect(gateway).await;
        let bind = Bind {
            mode,
            system_id: CString::clipped(account.as_bytes()),
            password: CString::clipped(PASSWORD.as_bytes()),
            interface_version: version,
            ..Bind::default()
        };
        assert_eq!(wire.ask(Body::Bind(bind)).await.status, CommandStatus::OK);
        wire
    }

    /// Sends a request and returns its response; what the gateway asks meanwhile is kept.
    pub(crate) async fn ask(&mut self, body: Body) -> Pdu {
        let sequence = self.send(body).await;
        self.response(sequence).await
    }

    /// The status that a request is answered with.
    pub(crate) async fn status_of(&mut self, body: Body) -> CommandStatus {
        self.ask(body).await.status
    }

    /// Submits, and returns the id.
    pub(crate) async fn submit(&mut self, message: ShortMessage) -> String {
        let answer = self.ask(Body::SubmitSm(message)).await;
        match answer.body {
            Body::SubmitSmResp(response) if answer.status.is_ok() => response.message_id.to_string(),
            _ => panic!("not taken: {answer:?}"),
        }
    }

    /// Sends a request without waiting; returns its sequence number.
    pub(crate) async fn send(&mut self, body: Body) -> u32 {
        self.sequence += 1;
        let sequence = self.sequence;
        self.write(Pdu { status: CommandStatus::OK, sequence, body }).await;
        sequence
    }

    /// The response to a request.
    pub(crate) async fn response(&mut self, sequence: u32) -> Pdu {
        loop {
            let pdu = self.read().await;
            if !pdu.body.command_id().is_response() {
                self.requests.push_back(pdu);
            } else if pdu.sequence == sequence {
                return pdu;
            }
        }
    }

    /// The next deliver_sm, or submit_sm of a gateway that bound to here, which is answered OK.
    pub(crate) async fn delivered(&mut self) -> ShortMessage {
        loop {
            let Pdu { sequence, body, .. } = self.request().await;
            let answer = Body::refusal(body.command_id());
            self.write(Pdu { status: CommandStatus::OK, sequence, body: answer }).await;
            if let Body::DeliverSm(message) | Body::SubmitSm(message) = body {
                return message;
            }
        }
    }

    /// The next request of the gateway's, which is not answered.
    pub(crate) async fn request(&mut self) -> Pdu {
        loop {
            let pdu = match self.requests.pop_front() {
                Some(pdu) => pdu,
                None => self.read().await,
            };
            if !pdu.body.command_id().is_response() {
                return pdu;
            }
        }
    }

    /// What the gateway asked and nobody has looked at, until it answers another enquire_link.
    pub(crate) async fn requests_so_far(&mut self) -> Vec<Body> {
        self.ask(Body::EnquireLink).await;
        self.requests.drain(..).map(|pdu| pdu.body).collect()
    }

    /// Takes the next submit_sm of a gateway that bound to here, and gives it this id.
    pub(crate) async fn takes(&mut self, id: &str) -> ShortMessage {
        let Pdu { sequence, body, .. } = self.request().await;
        let Body::SubmitSm(message) = body else { panic!("no submit_sm: {body:?}") };
        let answer = match CString::try_from(id) {
            Ok(id) => MessageResp::new(id),
            Err(_) => MessageResp { long_id: id.to_owned().into(), ..MessageResp::default() },
        };
        self.write(Pdu { status: CommandStatus::OK, sequence, body: Body::SubmitSmResp(answer) }).await;
        message
    }

    /// Answers a request of the gateway's with this status.
    pub(crate) async fn answer(&mut self, request: &Pdu, status: CommandStatus) {
        let body = Body::refusal(request.body.command_id());
        self.write(Pdu { status, sequence: request.sequence, body }).await;
    }

    /// The connection of a gateway that binds to here, as to an SMSC that speaks `version`.
    pub(crate) async fn bound_by_gateway(listener: &TcpListener, version: u8) -> Self {
        let (stream, _) = timeout(SOON, listener.accept()).await.expect("nobody connects").unwrap();
        let mut wire = Self::over(stream);
        let Pdu { sequence, body, .. } = wire.request().await;
        let mut answer = Body::refusal(body.command_id());
        if let (Body::BindResp(response), true) = (&mut answer, version >= VERSION_3_4) {
            response.tlvs.push_u8(TlvTag::SC_INTERFACE_VERSION, version);
        }
        wire.write(Pdu { status: CommandStatus::OK, sequence, body: answer }).await;
        wire
    }

    async fn write(&mut self, pdu: Pdu) {
        let mut out = BytesMut::new();
        pdu.encode(&mut out).unwrap();
        self.stream.write_all(&out).await.unwrap();
    }

    async fn read(&mut self) -> Pdu {
        loop {
            if let Some(frame) = frame::next(&mut self.octets, PDU_OCTETS_MAX).unwrap() {
                if frame.command_id != CommandId::ENQUIRE_LINK {
                    return Pdu::decode(frame).unwrap();
                }
                continue;
            }
            let read = timeout(SOON, self.stream.read_buf(&mut self.octets)).await;
            assert_ne!(read.expect("nothing is said").unwrap(), 0, "the gateway hung up");
        }
    }
}

/// The gateway with the account `bank` behind an SMSC of 3.4, which is played here, and this route.
pub(crate) async fn behind_played_smsc(way: &str) -> (TestGateway, Wire) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let telco = smsc("telco", listener.local_addr().unwrap(), "");
    let gateway = TestGateway::with([telco, account("bank", ""), route(way)]).await;
    let telco = Wire::bound_by_gateway(&listener, VERSION_3_4).await;
    (gateway, telco)
}

/// A message of one segment that asks for a receipt.
pub(crate) fn message(to: &str, from: &str, text: &str) -> ShortMessage {
    ShortMessage {
        source: simulator::address(from).unwrap(),
        destination: simulator::address(to).unwrap(),
        registered_delivery: 1,
        short_message: text.to_owned().into(),
        ..ShortMessage::default()
    }
}

const PDU_OCTETS_MAX: usize = 72 * 1024;
