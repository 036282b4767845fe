"""What Python's smpplib knows beside submit_sm."""

from __future__ import annotations

from harness import config
from harness.esme import RECEIPT

ADDRESSES = {
    "source_addr_ton": 0,
    "source_addr_npi": 1,
    "source_addr": "1234",
    "dest_addr_ton": 1,
    "dest_addr_npi": 1,
    "destination_addr": "628111",
}


def test_a_message_in_data_sm(bind, smsc):
    # O-7
    session = bind()
    response = session.request("data_sm", **ADDRESSES, message_payload=b"in a TLV", registered_delivery=RECEIPT)
    assert not response.is_error()
    [submit] = smsc.submits()
    assert submit["text"] == "in a TLV"
    assert response.message_id.rstrip(b"\0") in session.next_delivery().short_message


def test_a_part_by_sar_is_carried_with_its_numbers(bind, smsc):
    # N-1
    session = bind()
    for number in (1, 2):
        session.accepted(
            "628111", b"part %d" % number, sar_msg_ref_num=7, sar_total_segments=2, sar_segment_seqnum=number
        )
    submits = smsc.submits(2)
    assert [submit["text"] for submit in submits] == ["part 1", "part 2"]
    numbers = [
        (submit["sar_total_segments"], submit["sar_segment_seqnum"]) if "sar_segment_seqnum" in submit else submit["udh"]
        for submit in submits
    ]
    assert numbers in ([(2, 1), (2, 2)], [["0003070201"], ["0003070202"]])


def test_data_for_the_sim_is_for_accounts_that_may(smsc, start_gateway, start_esme):
    # B-5, I-4
    trusted = {"name": "trusted", "password": "hunter22", "sim_access": True}
    routes = [{"from": {"link": name}, "to": ["telco-a"]} for name in ("bank", "trusted")]
    gateway = start_gateway(smsc=[config.smsc(smsc.port)], account=[config.BANK, trusted], route=routes)
    download = {"data_coding": 0xF6, "protocol_id": 0x7F}
    anybody = start_esme(gateway)
    assert anybody.submit("628111", b"\2\3", **download).status == 0x45
    assert anybody.submit("628111", b"silent", protocol_id=0x40).status == 0x45
    somebody = start_esme(gateway, system_id="trusted")
    somebody.accepted("628111", b"\2\3", **download)
    [submit] = smsc.submits()
    assert (submit["protocol_id"], submit["data_coding"], submit["octets"]) == (0x7F, 0xF6, "0203")


def test_flash_and_message_waiting_arrive_as_they_were(bind, smsc):
    # I-1, I-4, I-5: by data_coding, by TLV, by header; a ring tone by its port
    session = bind()
    for data_coding in (0xC8, 0xC0, 0xD8, 0xE8, 0xF0, 0x10):
        session.accepted("628111", "\0000".encode() if data_coding == 0xE8 else b"00", data_coding=data_coding)
    session.accepted("628111", b"flash", dest_addr_subunit=1)
    session.accepted("628111", b"mail", ms_msg_wait_facilities=0x80)
    for header in ("04010280 05", "06050415810000"):
        session.accepted("628111", bytes.fromhex(header) + b"x", esm_class=0x40, data_coding=0xF5)
    submits = smsc.submits(10)
    assert [submit["data_coding"] for submit in submits[:6]] == [0xC8, 0xC0, 0xD8, 0xE8, 0xF0, 0x10]
    assert submits[6]["dest_addr_subunit"] == 1
    assert submits[7]["ms_msg_wait_facilities"] == 0x80
    assert [submit["udh"] for submit in submits[8:]] == [["01028005"], ["050415810000"]]


def test_a_text_in_a_national_table_is_relayed_as_it_is(bind, smsc):
    # G-1: Turkish, single shift
    bind().accepted("628111", bytes.fromhex("03240101 1b53 41"), esm_class=0x40)
    [submit] = smsc.submits()
    assert (submit["esm_class"], submit["udh"]) == (0x40, ["240101"])
