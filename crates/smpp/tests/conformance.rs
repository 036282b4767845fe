//! The tables of `docs/conformance.md` say what the code does: every PDU, status and TLV that has a name
//! here, and every mandatory parameter with its type.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use smpp::session::permits;
use smpp::{Body, CommandId, CommandStatus, Frame, Pdu, Role, State, TlvTag, Tlvs};

const STATEMENT: &str = include_str!("../../../docs/conformance.md");

/// The rows of the tables that begin with these columns, cell by cell.
fn rows(columns: &[&str]) -> Vec<Vec<&'static str>> {
    let mut found = Vec::new();
    let mut is_wanted = None;
    for line in STATEMENT.lines() {
        let Some(cells) = line.strip_prefix('|').and_then(|line| line.strip_suffix('|')) else {
            is_wanted = None;
            continue;
        };
        let cells: Vec<_> = cells.split('|').map(str::trim).collect();
        match is_wanted {
            None => is_wanted = Some(cells.starts_with(columns)),
            Some(true) if cells[0] != "---" => found.push(cells),
            Some(_) => {}
        }
    }
    assert!(!found.is_empty(), "there is no table {columns:?}");
    found
}

fn number(hexadecimal: &str) -> u32 {
    u32::from_str_radix(&hexadecimal.replace('_', ""), 16).unwrap()
}

/// What the table says: names by their numbers.
fn table(columns: &[&str; 2]) -> BTreeMap<u32, &'static str> {
    let rows = rows(columns);
    let count = rows.len();
    let table: BTreeMap<_, _> = rows.into_iter().map(|row| (number(row[0]), row[1])).collect();
    assert_eq!(table.len(), count, "a number is there twice");
    table
}

#[test]
fn every_pdu_is_in_the_statement() {
    let requests = 0..0x1_0000;
    let responses = 0x8000_0000..0x8001_0000;
    let known = requests.chain(responses).filter_map(|id| Some((id, CommandId(id).name()?)));
    assert_eq!(table(&["command_id", "PDU"]), known.collect());
}

#[test]
fn every_status_is_in_the_statement() {
    let known = (0..0x1_0000).filter_map(|status| Some((status, CommandStatus(status).name()?)));
    assert_eq!(table(&["status", "name"]), known.collect());
}

#[test]
fn every_tlv_is_in_the_statement() {
    let known = (0..=u16::MAX).filter_map(|tag| Some((u32::from(tag), TlvTag(tag).name()?)));
    assert_eq!(table(&["tag", "TLV"]), known.collect());
}

#[test]
fn tlvs_have_the_lengths_of_the_statement() {
    // F-6, X-11
    for row in rows(&["tag", "TLV", "octets"]) {
        let tag = TlvTag(u16::try_from(number(row[0])).unwrap());
        let number = |octets: &str| octets.parse::<usize>().unwrap();
        let lengths: Vec<_> = match (row[2].split_once(" to "), row[2].split_once(" or ")) {
            (Some((min, max)), _) => (number(min)..=number(max)).collect(),
            (_, Some((one, other))) => vec![number(one), number(other)],
            _ => vec![number(row[2])],
        };
        let verdict = |octets: usize| Tlvs::of(&[(tag, &vec![0; octets])]).unwrap().check();
        let longest = *lengths.last().unwrap();
        for octets in [lengths[0], longest] {
            assert_eq!(verdict(octets), Ok(()), "{tag}, {octets} octets");
        }
        for octets in (lengths[0].saturating_sub(1)..=longest + 1).filter(|octets| !lengths.contains(octets))
        {
            if octets <= usize::from(u16::MAX) {
                assert_eq!(verdict(octets), Err(CommandStatus::INVPARLEN), "{tag}, {octets} octets");
            }
        }
    }
}

#[test]
fn the_table_of_states_is_that_of_the_session() {
    // S-1, S-2, S-4
    let states = [State::Open, State::BoundTx, State::BoundRx, State::BoundTrx, State::Unbinding];
    for row in rows(&["request", "taken by"]) {
        let role = match row[1] {
            "server" => Role::Server,
            "client" => Role::Client,
            other => panic!("{other} is neither server nor client"),
        };
        let command_id = known_as(row[0]);
        for (state, cell) in states.into_iter().zip(&row[2..]) {
            assert_eq!(permits(state, role, command_id), *cell == "yes", "{command_id} {state:?} {role:?}");
        }
    }
}

/// A parameter of a PDU with its type.
type Parameter = (&'static str, &'static str);

/// The parameters of every PDU that has some, in their order.
fn parameters() -> BTreeMap<&'static str, Vec<Parameter>> {
    let mut parameters = BTreeMap::<_, Vec<Parameter>>::new();
    for row in rows(&["PDU", "parameter", "type"]) {
        parameters.entry(row[0]).or_default().push((row[1], row[2]));
    }
    parameters
}

fn known_as(name: &str) -> CommandId {
    let id = table(&["command_id", "PDU"]).into_iter().find(|(_, known)| *known == name);
    CommandId(id.unwrap_or_else(|| panic!("{name} is not in the table of PDUs")).0)
}

/// A field of this type, as long as it may be.
fn longest((name, kind): Parameter) -> Vec<u8> {
    match kind {
        "u8" if name == "sm_length" => vec![5],
        "u8" => vec![1],
        "u32" => vec![0, 0, 0, 0x0B],
        "octets" => b"hello".to_vec(),
        string => {
            let octets: usize = string.strip_prefix('C').unwrap().parse().unwrap();
            [vec![b'x'; octets - 1], vec![0]].concat()
        }
    }
}

fn frame(command_id: CommandId, body: Vec<u8>) -> Frame {
    Frame { command_id, status: CommandStatus::OK, sequence: 1, body: body.into() }
}

#[test]
fn parameters_are_as_long_as_the_statement_says_and_in_its_order() {
    // F-4, F-5
    for (name, parameters) in parameters() {
        let command_id = known_as(name);
        let fields: Vec<_> = parameters.iter().copied().map(longest).collect();
        let body = fields.concat();
        let pdu = Pdu::decode(frame(command_id, body.clone())).unwrap();
        let mut octets = BytesMut::new();
        pdu.encode(&mut octets).unwrap();
        assert!(!matches!(pdu.body, Body::Unknown { .. }) && octets[16..] == body[..], "{name}");
        // A response is read leniently.
        if command_id.is_response() {
            continue;
        }
        for length in 0..body.len() {
            assert!(
                Pdu::decode(frame(command_id, body[..length].to_vec())).is_err(),
                "{name}, {length} octets"
            );
        }
        for (at, (parameter, kind)) in
            parameters.iter().enumerate().filter(|(_, (_, kind))| kind.starts_with('C'))
        {
            let mut fields = fields.clone();
            fields[at].insert(0, b'x');
            let error = Pdu::decode(frame(command_id, fields.concat())).unwrap_err();
            assert_eq!(error.status, too_long(parameter), "{name}, {parameter} of more than {kind}");
        }
    }
}

#[test]
fn what_has_no_parameters_in_the_statement_has_no_body() {
    // F-7
    let parameters = parameters();
    for (id, name) in table(&["command_id", "PDU"]) {
        if parameters.contains_key(name) {
            continue;
        }
        let pdu = Pdu::decode(Frame { body: Bytes::new(), ..frame(CommandId(id), Vec::new()) }).unwrap();
        let mut octets = BytesMut::new();
        pdu.encode(&mut octets).unwrap();
        assert!(!matches!(pdu.body, Body::Unknown { .. }) && octets.len() == 16, "{name}");
    }
}

/// What is said about a field that is too long.
fn too_long(parameter: &str) -> CommandStatus {
    match parameter {
        "service_type" => CommandStatus::INVSERTYP,
        "source_addr" => CommandStatus::INVSRCADR,
        "destination_addr" => CommandStatus::INVDSTADR,
        "schedule_delivery_time" => CommandStatus::INVSCHED,
        "validity_period" => CommandStatus::INVEXPIRY,
        "message_id" => CommandStatus::INVMSGID,
        "system_id" => CommandStatus::INVSYSID,
        "password" => CommandStatus::INVPASWD,
        "system_type" => CommandStatus::INVSYSTYP,
        "esme_addr" => CommandStatus::INVDSTADR,
        _ => CommandStatus::INVCMDLEN,
    }
}
