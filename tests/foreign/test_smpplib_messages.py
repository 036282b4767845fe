"""Messages of a Python ESME on their way to a message centre on Node's library."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from harness.esme import UDHI


def test_a_text_in_the_default_alphabet_arrives_character_by_character(bind, smsc):
    # C-3: 0 is the GSM alphabet, one character in each octet
    text = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#%&'()*+,-./09:;<=>?¡AZÄÖÑÜ§¿azäöñüà€[]{}|^~\\"
    gsm = bytes.fromhex(
        "00010203040506070809 0b0c 0e0f 10111213141516171819 1a 1c1d1e1f 20212223 25262728292a2b2c2d2e2f"
        "3039 3a3b3c3d3e3f 40 415a 5b5c5d5e5f60 617a 7b7c7d7e7f 1b65 1b3c 1b3e 1b28 1b29 1b40 1b14 1b3d 1b2f"
    )
    bind().accepted("628111", gsm)
    [submit] = smsc.submits()
    assert submit["text"] == text
    assert submit["data_coding"] == 0
    assert submit["udh"] == []


def test_a_text_in_ucs_2_arrives(bind, smsc):
    bind().accepted("628111", "Привет, дуня 😀".encode("utf-16-be"), data_coding=8)
    [submit] = smsc.submits()
    assert (submit["data_coding"], submit["text"]) == (8, "Привет, дуня 😀")


def test_octets_arrive_as_they_were(bind, smsc):
    octets = bytes(range(256))[-140:]
    bind().accepted("628111", octets, data_coding=4)
    [submit] = smsc.submits()
    assert (submit["data_coding"], submit["octets"]) == (4, octets.hex())


def test_a_user_data_header_arrives_in_front_of_its_octets(bind, smsc):
    # O-2: a WAP push, whose header names the ports
    bind().accepted("628111", bytes.fromhex("0605040b8423f0 0106"), esm_class=UDHI, data_coding=0xF5)
    [submit] = smsc.submits()
    assert submit["esm_class"] & UDHI
    assert submit["data_coding"] == 0xF5
    assert submit["udh"] == ["05040b8423f0"]
    assert submit["octets"] == "0106"


def test_a_short_text_in_message_payload_arrives_in_one_piece(bind, smsc):
    # O-1
    bind().accepted("628111", None, message_payload=b"in the payload")
    [submit] = smsc.submits()
    assert (submit["text"], submit["udh"]) == ("in the payload", [])


def test_addresses_arrive_as_they_were(bind, smsc):
    bind().accepted("628123456789", b"from a name", source="My Bank", source_addr_ton=5, source_addr_npi=0)
    [submit] = smsc.submits()
    assert (submit["source_addr_ton"], submit["source_addr_npi"], submit["source_addr"]) == (5, 0, "My Bank")
    assert (submit["dest_addr_ton"], submit["dest_addr_npi"]) == (1, 1)
    assert submit["destination_addr"] == "628123456789"


def test_what_shapes_the_delivery_arrives(bind, smsc):
    bind().accepted("628111", b"urgent", priority_flag=2, protocol_id=0x41, service_type="CMT")
    [submit] = smsc.submits()
    assert (submit["priority_flag"], submit["protocol_id"], submit["service_type"]) == (2, 0x41, "CMT")


def test_a_relative_validity_leaves_as_the_instant_that_it_means(bind, smsc):
    # D-2, D-4
    before = datetime.now(timezone.utc)
    bind().accepted("628111", b"soon worthless", validity_period="000000010000000R")
    [submit] = smsc.submits()
    expires_at = datetime.fromisoformat(submit["validity_period"])
    assert timedelta(minutes=59) < expires_at - before < timedelta(minutes=61)


def test_tlvs_that_the_gateway_does_not_need_are_carried_along(bind, smsc):
    # T-1
    bind().accepted("628111", b"with a reference", user_message_reference=4711, source_port=9200)
    [submit] = smsc.submits()
    assert (submit["user_message_reference"], submit["source_port"]) == (4711, 9200)


def test_messages_of_one_session_arrive_in_their_order(bind, smsc):
    session = bind()
    for number in range(50):
        session.accepted("628111", b"number %d" % number)
    assert [submit["text"] for submit in smsc.submits(50)] == [f"number {number}" for number in range(50)]


def test_a_message_that_the_smsc_throttles_is_sent_again(gateway, bind, smsc):
    # W-4
    smsc.ask("refuse", statuses=[0x58, 0x14])
    bind().accepted("628111", b"not so fast")
    [submit] = smsc.submits()
    assert submit["text"] == "not so fast"
    assert [refused["refusal"] for refused in smsc.events("refused")] == [0x58, 0x14]


def test_a_message_waits_while_the_smsc_is_away(bind, smsc):
    smsc.ask("drop")
    message_id = bind().accepted("628111", b"patience", registered_delivery=1)
    [submit] = smsc.submits()
    assert submit["text"] == "patience"
    assert len(message_id) == 32
    assert len(smsc.expect("bound", 2)) == 2
