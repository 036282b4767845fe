//! Peers that are led by hand, PDU by PDU.

use std::net::SocketAddr;

use bytes::BytesMut;
use smpp::{
    Bind, BindMode, BindResp, Body, CString, CommandStatus, MessageResp, Pdu, ShortMessage, VERSION_3_4,
    frame,
};
use sms::State;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::harness::{PASSWORD, SOON};

/// A connection on which the test says every PDU itself; only enquire_link is answered by itself.
pub(crate) struct Line {
    stream: TcpStream,
    input: BytesMut,
    sequence: u32,
}

impl Line {
    /// The message centre's end of a session that the gateway binds.
    pub(crate) async fn bound_by_gateway(listener: &TcpListener) -> Self {
        let (stream, _) = timeout(SOON, listener.accept()).await.unwrap().unwrap();
        let mut line = Self::new(stream);
        let Pdu { sequence, body: Body::Bind(bind), .. } = line.next().await else { panic!("no bind") };
        let system_id = CString::clipped(b"by hand");
        line.say(sequence, Body::BindResp(BindResp { system_id, ..BindResp::new(bind.mode) })).await;
        line
    }

    /// An ESME that has bound at `gateway`.
    pub(crate) async fn bind(gateway: SocketAddr, account: &str) -> Self {
        let bind = Bind {
            mode: BindMode::Transceiver,
            system_id: CString::clipped(account.as_bytes()),
            password: CString::clipped(PASSWORD.as_bytes()),
            interface_version: VERSION_3_4,
            ..Bind::default()
        };
        let mut line = Self::new(TcpStream::connect(gateway).await.unwrap());
        line.say(1, Body::Bind(bind)).await;
        let answer = line.next().await;
        assert_eq!(answer.status, CommandStatus::OK, "{answer:?}");
        line
    }

    fn new(stream: TcpStream) -> Self {
        Self { stream, input: BytesMut::new(), sequence: 0 }
    }

    /// The socket, to do what no ESME should.
    pub(crate) fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// The next PDU.
    ///
    /// # Panics
    /// When none comes in time or the connection ends.
    pub(crate) async fn next(&mut self) -> Pdu {
        self.next_or_end().await.expect("a PDU before the connection ends")
    }

    /// The next PDU; `None` when the connection has ended.
    ///
    /// # Panics
    /// When neither comes in time.
    pub(crate) async fn next_or_end(&mut self) -> Option<Pdu> {
        timeout(SOON, self.read()).await.expect("a PDU in time")
    }

    async fn read(&mut self) -> Option<Pdu> {
        loop {
            while let Some(frame) = frame::next(&mut self.input, PDU_OCTETS_MAX).unwrap() {
                let pdu = Pdu::decode(frame).unwrap();
                match pdu.body {
                    Body::EnquireLink => self.say(pdu.sequence, Body::EnquireLinkResp).await,
                    _ => return Some(pdu),
                }
            }
            if self.stream.read_buf(&mut self.input).await.unwrap_or(0) == 0 {
                return None;
            }
        }
    }

    /// The next submissions, with their sequence numbers.
    pub(crate) async fn submits(&mut self, count: usize) -> Vec<(u32, String)> {
        let mut submits = Vec::new();
        while submits.len() < count {
            match self.next().await {
                Pdu { sequence, body: Body::SubmitSm(message), .. } => {
                    submits.push((sequence, text(&message)));
                }
                Pdu { body: Body::DeliverSmResp(_), .. } => {}
                other => panic!("{other:?}"),
            }
        }
        submits
    }

    /// Answers a submission OK, with this id.
    pub(crate) async fn answer(&mut self, sequence: u32, id: &str) {
        let response = MessageResp::new(CString::new(id.as_bytes()).unwrap());
        self.say(sequence, Body::SubmitSmResp(response)).await;
    }

    /// Refuses a submission.
    pub(crate) async fn refuse(&mut self, sequence: u32, status: CommandStatus) {
        self.write(Pdu { status, sequence, body: Body::SubmitSmResp(MessageResp::default()) }).await;
    }

    /// Sends a receipt and does not wait; returns its sequence number.
    pub(crate) async fn receipt(&mut self, id: &str, state: State) -> u32 {
        let stat = if state == State::Delivered { "DELIVRD" } else { "UNDELIV" };
        let dates = "submit date:2601010000 done date:2601010001";
        let text = format!("id:{id} sub:001 dlvrd:001 {dates} stat:{stat} err:000 text:");
        self.sequence += 1;
        let message = ShortMessage { esm_class: 4, short_message: text.into(), ..ShortMessage::default() };
        self.say(self.sequence, Body::DeliverSm(message)).await;
        self.sequence
    }

    /// Sends a receipt and waits until it is taken over.
    pub(crate) async fn receipt_taken(&mut self, id: &str, state: State) {
        let sent = self.receipt(id, state).await;
        let Pdu { status, sequence, body } = self.next().await;
        assert!(matches!(body, Body::DeliverSmResp(_)), "{body:?}");
        assert_eq!((status, sequence), (CommandStatus::OK, sent));
    }

    /// Sends a PDU with status OK.
    pub(crate) async fn say(&mut self, sequence: u32, body: Body) {
        self.write(Pdu { status: CommandStatus::OK, sequence, body }).await;
    }

    async fn write(&mut self, pdu: Pdu) {
        let mut octets = BytesMut::new();
        pdu.encode(&mut octets).unwrap();
        self.stream.write_all(&octets).await.unwrap();
    }
}

/// What a submission says.
fn text(message: &ShortMessage) -> String {
    sms::decode(message.data_coding, &message.short_message).unwrap_or_default()
}

const PDU_OCTETS_MAX: usize = 16 * 1024;
