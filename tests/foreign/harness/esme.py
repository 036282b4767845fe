"""An ESME on Python's `smpplib`."""

from __future__ import annotations

import select
import ssl
import time
from collections import deque

import smpplib.client
import smpplib.smpp

from .config import BANK
from .waiting import DEADLINE_S

#: registered_delivery: a receipt for the final state, whichever it is.
RECEIPT = 1
#: esm_class: the body begins with a user data header.
UDHI = 0x40


class Esme:
    """One session. What is delivered is answered with OK while waiting for something."""

    def __init__(
        self,
        port: int,
        mode: str = "transceiver",
        system_id: str = BANK["name"],
        password: str = BANK["password"],
        interface_version: int = 0x34,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        if tls is not None:
            tls.check_hostname = False  # the library does not say whom it wants to talk to
        self.client = smpplib.client.Client(
            "127.0.0.1", port, timeout=DEADLINE_S, allow_unknown_opt_params=True, ssl_context=tls
        )
        self.delivered: deque = deque()
        self.alerts: deque = deque()
        self.enquiries = 0
        self.client.connect()
        self.bind_resp = self.request(
            f"bind_{mode}", system_id=system_id, password=password, interface_version=interface_version
        )

    @property
    def is_bound(self) -> bool:
        return not self.bind_resp.is_error()

    def submit(self, destination: str, text: bytes, source: str = "1234", **fields):
        """Submits and returns the response, whatever it says."""
        return self.request("submit_sm", **submission(destination, text, source, **fields))

    def accepted(self, destination: str, text: bytes, source: str = "1234", **fields) -> str:
        """Submits, insists on OK, and returns the message id."""
        response = self.submit(destination, text, source, **fields)
        assert not response.is_error(), f"submit_sm refused with {response.status:#x}"
        return response.message_id.decode()

    def request(self, command: str, **fields):
        """Sends a request and returns its response; answers whatever comes in between."""
        pdu = smpplib.smpp.make_pdu(command, client=self.client, **fields)
        self.client.send_pdu(pdu)
        end = time.monotonic() + DEADLINE_S
        while True:
            answer = self._read(end, f"a response to {command}")
            if answer.is_response() and answer.sequence == pdu.sequence:
                assert answer.command in (f"{command}_resp", "generic_nack"), answer.command
                return answer

    def next_delivery(self, deadline_s: float = DEADLINE_S):
        """The next deliver_sm."""
        end = time.monotonic() + deadline_s
        while not self.delivered:
            self._read(end, "a deliver_sm")
        return self.delivered.popleft()

    def next_alert(self):
        """The next alert_notification, which has no answer."""
        end = time.monotonic() + DEADLINE_S
        while not self.alerts:
            self._read(end, "an alert_notification")
        return self.alerts.popleft()

    def await_enquiry(self) -> None:
        """Waits until the gateway asks once more whether we are alive."""
        seen, end = self.enquiries, time.monotonic() + DEADLINE_S
        while self.enquiries == seen:
            self._read(end, "an enquire_link")

    def await_unbind(self) -> None:
        """Waits until the gateway unbinds us, and takes leave."""
        end = time.monotonic() + DEADLINE_S
        while self._read(end, "an unbind").command != "unbind":
            pass

    def unbind(self) -> None:
        """Takes leave in an orderly way."""
        response = self.request("unbind")
        assert not response.is_error()
        self.close()

    def close(self) -> None:
        """Hangs up without a word."""
        if self.client._socket is not None:
            self.client._socket.close()
            self.client._socket = None

    def _read(self, end: float, what: str):
        left = max(0.0, end - time.monotonic())
        connected = self.client._socket
        # What came in the same record of TLS has left the socket already.
        is_here = isinstance(connected, ssl.SSLSocket) and connected.pending()
        assert is_here or select.select([connected], [], [], left)[0], f"in vain waited for {what}"
        pdu = self.client.read_pdu()
        if pdu.command == "deliver_sm":
            self.delivered.append(pdu)
            self._answer(pdu)
        elif pdu.command == "alert_notification":
            self.alerts.append(pdu)
        elif pdu.command == "enquire_link":
            self.enquiries += 1
            self._answer(pdu)
        elif pdu.command == "unbind":
            self._answer(pdu)
        return pdu

    def _answer(self, request) -> None:
        response = smpplib.smpp.make_pdu(f"{request.command}_resp", client=self.client)
        response.sequence = request.sequence
        self.client.send_pdu(response)


def submission(destination: str, text: bytes, source: str = "1234", **fields) -> dict:
    """The fields of a submit_sm from a short code to a mobile."""
    return {
        "source_addr_ton": 0,
        "source_addr_npi": 1,
        "source_addr": source,
        "dest_addr_ton": 1,
        "dest_addr_npi": 1,
        "destination_addr": destination,
        "esm_class": 0,
        "data_coding": 0,
        "short_message": text,
        **fields,
    }
