"""A message centre on `smpp.twisted3`: takes binds and submits, gives ids, sends receipts.

Lines of JSON: events go out on standard output, commands come in on standard input, whose end ends the process.
"""

from __future__ import annotations

import json
import sys
from itertools import count

from smpp.pdu.operations import AlertNotification, DeliverSM, EnquireLink
from smpp.pdu.pdu_encoding import DataCodingEncoder
from smpp.pdu.pdu_types import (
    AddrNpi,
    AddrTon,
    CommandId,
    CommandStatus,
    DataCoding,
    DataCodingScheme,
    EsmClass,
    EsmClassMode,
    EsmClassType,
    MessageState,
    MsAvailabilityStatus,
    RegisteredDeliveryReceipt,
)
from smpp.pdu.sm_encoding import SMStringEncoder
from smpp.twisted.config import SMPPServerConfig
from smpp.twisted.protocol import DataHandlerResponse
from smpp.twisted.server import SMPPServerFactory, SMPPServerProtocol
from twisted.cred.error import UnauthorizedLogin
from twisted.internet import reactor

# The library prints while it reads a time; what it says must not come between the events.
EVENTS, sys.stdout = sys.stdout, sys.stderr
SYSTEM_ID = "estafet"
RESPONSE_S = 30
BINDS_MAX = 10


def say(event: str, **fields) -> None:
    """Says that something happened."""
    print(json.dumps({"event": event, **fields}), file=EVENTS, flush=True)


class Session(SMPPServerProtocol):
    """A session that says what it sees; what it answers is the library's business."""

    def onPDURequest_enquire_link(self, request) -> None:
        say("enquire_link")
        super().onPDURequest_enquire_link(request)

    def onPDURequest_unbind(self, request) -> None:
        say("unbind")
        super().onPDURequest_unbind(request)

    def PDUResponseReceived(self, response) -> None:
        if response.commandId == CommandId.enquire_link_resp:
            say("enquire_link_resp", status=response.status.name)
        super().PDUResponseReceived(response)

    def connectionLost(self, reason) -> None:
        super().connectionLost(reason)
        say("closed")


class Centre(SMPPServerFactory):
    """The message centre, which is its own list of who may bind."""

    protocol = Session

    def __init__(self, password: str = "secret", enquire_link_s: int = 0) -> None:
        config = SMPPServerConfig(
            systems={SYSTEM_ID: {"max_bindings": BINDS_MAX}},
            msgHandler=self._take,
            enquireLinkTimerSecs=enquire_link_s,
            responseTimerSecs=RESPONSE_S,
        )
        super().__init__(config, auth_portal=self)
        self._password = password
        self._ids = (f"tw-{number:06}" for number in count(1))
        self._refusals: list[str | None] = []

    def login(self, system_id, password, client_ip_address):
        """Whether this password is right, as the library asks."""
        if (system_id, password) != (SYSTEM_ID, self._password):
            say("refused_bind", system_id=system_id)
            raise UnauthorizedLogin
        return None, system_id, lambda: None

    def addBoundConnection(self, connection) -> None:
        super().addBoundConnection(connection)
        say("bound", command=connection.bind_type.name)

    def refuse(self, statuses: list[str | None]) -> None:
        """The statuses of the next submits, by name; None takes one."""
        self._refusals = statuses

    def deliver(self, answered, *, short_message: str, data_coding: int, **addresses: str) -> None:
        """A mobile's message."""
        message = DeliverSM(
            **numbers(**addresses),
            esm_class=EsmClass(EsmClassMode.DEFAULT, EsmClassType.DEFAULT),
            data_coding=DataCoding(DataCodingScheme.RAW, data_coding),
            short_message=bytes.fromhex(short_message),
        )
        self._request(message, answered)

    def enquire(self, answered) -> None:
        self._request(EnquireLink(), answered)

    def alert(self, mobile: str, esme: str) -> None:
        """A mobile is reachable again; there is no answer."""
        alert = AlertNotification(
            source_addr_ton=AddrTon.INTERNATIONAL,
            source_addr_npi=AddrNpi.ISDN,
            source_addr=mobile,
            esme_addr_ton=AddrTon.UNKNOWN,
            esme_addr_npi=AddrNpi.ISDN,
            esme_addr=esme,
            ms_availability_status=MsAvailabilityStatus.AVAILABLE,
        )
        session = self.getBoundConnections(SYSTEM_ID).getNextBindingForDelivery()
        alert.seqNum = session.claimSeqNum()
        session.sendPDU(alert)

    def drop(self) -> None:
        """Hangs up on everybody, without a word."""
        for session in self.getBoundConnections(SYSTEM_ID):
            session.transport.abortConnection()

    def leave(self) -> None:
        """Takes leave of everybody in an orderly way."""
        self.unbindGateway(SYSTEM_ID)

    def _take(self, system_id, session, pdu):
        refusal = self._refusals.pop(0) if self._refusals else None
        if refusal:
            say("refused", status=refusal)
            return CommandStatus[refusal]
        message_id = next(self._ids)
        say("submit", message_id=message_id, **shown(pdu))
        if pdu.params["registered_delivery"].receipt != RegisteredDeliveryReceipt.NO_SMSC_DELIVERY_RECEIPT_REQUESTED:
            # After the response, which goes out when this function is over.
            reactor.callLater(0, self._send_receipt, message_id, pdu)
        return DataHandlerResponse(status=CommandStatus.ESME_ROK, message_id=message_id)

    def _send_receipt(self, message_id: str, pdu) -> None:
        text = (
            f"id:{message_id} sub:001 dlvrd:001 submit date:2507010830 done date:2507010831 "
            "stat:DELIVRD err:000 text:-"
        )
        receipt = DeliverSM(
            **numbers(
                source_addr=pdu.params["destination_addr"].decode(),
                destination_addr=pdu.params["source_addr"].decode(),
            ),
            esm_class=EsmClass(EsmClassMode.DEFAULT, EsmClassType.SMSC_DELIVERY_RECEIPT),
            short_message=text.encode(),
            receipted_message_id=message_id,
            message_state=MessageState.DELIVERED,
        )
        self._request(receipt, lambda status: say("receipt_resp", message_id=message_id, status=status))

    def _request(self, pdu, answered) -> None:
        session = self.getBoundConnections(SYSTEM_ID).getNextBindingForDelivery()
        session.sendRequest(pdu, RESPONSE_S).addCallbacks(
            lambda result: answered(result.response.status.name),
            lambda failure: answered(failure.getErrorMessage()),
        )


def obey(centre: Centre) -> None:
    """Reads what the test tells the message centre to do, on a thread of its own; its end ends the process."""
    for line in sys.stdin:
        reactor.callFromThread(do, centre, json.loads(line))
    reactor.callFromThread(reactor.stop)


def do(centre: Centre, command: dict) -> None:
    """Does as it is told, and says when it is done."""
    what, reference = command.pop("do"), command.pop("ref", None)

    def answered(status: str = "ESME_ROK") -> None:
        say("answer", ref=reference, status=status)

    if what in ("deliver", "enquire"):
        getattr(centre, what)(answered, **command)
    else:
        getattr(centre, what)(**command)
        answered()


def numbers(source_addr: str, destination_addr: str) -> dict:
    """Both addresses with their types: the mobile's is an international number."""
    return {
        "source_addr_ton": AddrTon.INTERNATIONAL,
        "source_addr_npi": AddrNpi.ISDN,
        "source_addr": source_addr,
        "dest_addr_ton": AddrTon.UNKNOWN,
        "dest_addr_npi": AddrNpi.ISDN,
        "destination_addr": destination_addr,
    }


def shown(pdu) -> dict:
    """What a submit_sm says, as the library read it."""
    reader = SMStringEncoder()
    _, header, octets = reader.splitSM(pdu)
    part = reader.getConcatenatedSMInfoElement(pdu)
    return {
        "source_addr": pdu.params["source_addr"].decode(),
        "destination_addr": pdu.params["destination_addr"].decode(),
        "dest_addr_ton": pdu.params["dest_addr_ton"].name,
        "data_coding": DataCodingEncoder().encode(pdu.params["data_coding"])[0],
        "octets": octets.hex(),
        "part": part and [part.data.referenceNum, part.data.maximumNum, part.data.sequenceNum],
    }


def main(settings: dict) -> None:
    port = settings.pop("port", 0)
    centre = Centre(**settings)
    listening = reactor.listenTCP(port, centre, interface="127.0.0.1")
    reactor.callInThread(obey, centre)
    say("listening", port=listening.getHost().port)
    reactor.run()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
