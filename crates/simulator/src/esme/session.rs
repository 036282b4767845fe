//! The session of an ESME.

use std::future::pending;
use std::time::Instant;

use driver::{Ended, Handler};
use smpp::{BindMode, Body, CommandStatus, Event, MessageResp, Session, ShortMessage};
use tokio::sync::{mpsc, oneshot};

use super::incoming::{IncomingMessage, IncomingReceipt, is_receipt};
use super::{BindError, SubmitError};
use crate::join::Joiner;

/// Who waits for the answer to a submission.
pub(super) type Asker = oneshot::Sender<Result<String, SubmitError>>;

/// A submission to be made.
pub(super) struct Command {
    pub(super) message: ShortMessage,
    pub(super) asker: Asker,
}

/// The state machine of the session.
pub(super) struct Client {
    commands: mpsc::Receiver<Command>,
    receipts: mpsc::Sender<IncomingReceipt>,
    messages: mpsc::Sender<IncomingMessage>,
    joiner: Joiner,
    /// Bound to receive only: submissions are refused, or they would wait for ever.
    receives_only: bool,
    /// Who waits for the bind.
    binding: Option<oneshot::Sender<Result<(), BindError>>>,
}

impl Client {
    pub(super) fn new(
        commands: mpsc::Receiver<Command>,
        receipts: mpsc::Sender<IncomingReceipt>,
        messages: mpsc::Sender<IncomingMessage>,
        binding: oneshot::Sender<Result<(), BindError>>,
    ) -> Self {
        Self {
            commands,
            receipts,
            messages,
            joiner: Joiner::default(),
            receives_only: false,
            binding: Some(binding),
        }
    }

    /// The session is over; whoever waits is told.
    pub(super) fn end(mut self, ended: Ended<Asker>) {
        self.bound(Err(BindError::NotAnswered(ended.cause.to_string())));
        for asker in ended.pending {
            answer(asker, Err(SubmitError::Lost));
        }
        self.commands.close();
        while let Ok(command) = self.commands.try_recv() {
            answer(command.asker, Err(SubmitError::NotBound));
        }
    }

    fn bound(&mut self, result: Result<(), BindError>) {
        if let Some(binding) = self.binding.take() {
            // Whoever wanted the bind may have gone.
            let _ = binding.send(result);
        }
    }

    /// Takes what is delivered if there is room for it.
    fn deliver(&mut self, body: Body) -> CommandStatus {
        let Body::DeliverSm(pdu) = body else { return CommandStatus::INVCMDID };
        let taken = if is_receipt(&pdu) {
            self.receipts.try_reserve().map(|place| place.send(IncomingReceipt::read(pdu))).is_ok()
        } else {
            let joiner = &mut self.joiner;
            let take = |place: mpsc::Permit<'_, IncomingMessage>| {
                if let Some(message) = IncomingMessage::read(pdu, joiner) {
                    place.send(message);
                }
            };
            self.messages.try_reserve().map(take).is_ok()
        };
        if taken { CommandStatus::OK } else { CommandStatus::MSGQFUL }
    }
}

impl Handler for Client {
    type Tag = Asker;
    type Work = Vec<Command>;

    fn event(&mut self, now: Instant, session: &mut Session<Asker>, event: Event<Asker>) {
        match event {
            Event::Bound { mode, .. } => {
                self.receives_only = mode == BindMode::Receiver;
                self.bound(Ok(()));
            }
            Event::BindRefused { status } => self.bound(Err(BindError::Refused(status))),
            Event::Request { sequence, body } => {
                let response = Body::refusal(body.command_id());
                let status = self.deliver(body);
                session.respond(now, sequence, status, response);
            }
            Event::Response { tag, status, body } => answer(tag, outcome(status, body)),
            Event::Expired { tag, .. } => answer(tag, Err(SubmitError::NotAnswered)),
            Event::Alert { .. }
            | Event::BindRequest { .. }
            | Event::Late { .. }
            | Event::Outbind { .. }
            | Event::Unbinding
            | Event::Closed { .. } => {}
        }
    }

    fn flush(&mut self, _now: Instant, _session: &mut Session<Asker>) {}

    async fn next(&mut self, room: usize) -> Vec<Command> {
        let mut commands = Vec::new();
        let room = if self.receives_only { COMMANDS_AT_ONCE } else { room };
        if room == 0 || self.commands.recv_many(&mut commands, room).await == 0 {
            pending::<()>().await;
        }
        commands
    }

    fn apply(&mut self, now: Instant, session: &mut Session<Asker>, commands: Vec<Command>) {
        for Command { message, asker } in commands {
            if let Err(asker) = session.request(now, Body::SubmitSm(message), asker) {
                answer(asker, Err(SubmitError::NotBound));
            }
        }
    }
}

fn outcome(status: CommandStatus, body: Body) -> Result<String, SubmitError> {
    match body {
        Body::SubmitSmResp(MessageResp { message_id, .. }) if status.is_ok() => Ok(message_id.to_string()),
        _ => Err(SubmitError::Refused(status)),
    }
}

fn answer(asker: Asker, result: Result<String, SubmitError>) {
    // Whoever asked may have gone.
    let _ = asker.send(result);
}

/// How many submissions are refused at once.
const COMMANDS_AT_ONCE: usize = 100;
