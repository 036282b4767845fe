// A message centre on Node's `smpp`: takes binds and submits, gives ids, sends receipts.
'use strict';

const fs = require('fs');
const smpp = require('smpp');
const { say, obey, fieldsOf, octets } = require('./lines');

const settings = {
  port: 0,
  password: 'secret',
  ids: 'decimal',
  receipt_ids: null,
  early: false,
  receipts: true,
  version: 0x34,
  ...JSON.parse(process.argv[2] || '{}'),
};

const BINDS = ['bind_transceiver', 'bind_transmitter', 'bind_receiver'];
const sessions = new Map();
let sessionNumber = 0;
let messageNumber = 0;
// Statuses for the next submits; empty: all are taken.
let refusals = [];

const { certificate, key } = settings;
const secured = certificate ? { cert: fs.readFileSync(certificate), key: fs.readFileSync(key) } : {};
const server = smpp.createServer(secured, (session) => {
  const number = ++sessionNumber;
  session.on('error', (error) => say('error', { session: number, error: String(error) }));
  session.on('close', () => {
    sessions.delete(number);
    say('closed', { session: number });
  });
  for (const bind of BINDS) session.on(bind, (pdu) => takeBind(session, number, pdu));
  session.on('submit_sm', (pdu) => takeSubmit(session, number, pdu));
  session.on('enquire_link', (pdu) => {
    say('enquire_link', { session: number });
    session.send(pdu.response());
  });
  session.on('unbind', (pdu) => {
    say('unbind', { session: number });
    session.send(pdu.response(), () => session.close());
  });
});
server.listen(settings.port, '127.0.0.1', () => say('listening', { port: server.address().port }));

obey({
  deliver(fields, ref) {
    const { session, ...pdu } = fields;
    pick(session).deliver_sm(octets(pdu), (answer) => say('deliver_resp', { ref, ...fieldsOf(answer) }));
  },
  receipt({ session, ...receipt }, ref) {
    sendReceipt(pick(session), receipt, (answer) => say('deliver_resp', { ref, ...fieldsOf(answer) }));
  },
  enquire({ session }, ref) {
    pick(session).enquire_link((answer) => say('enquired', { ref, ...fieldsOf(answer) }));
  },
  refuse({ statuses }, ref) {
    refusals = statuses;
    say('refusing', { ref });
  },
  request({ session, command, ...fields }, ref) {
    pick(session)[command](octets(fields), (answer) => {
      say('answer', { ref, command: answer.command, ...fieldsOf(answer) });
    });
  },
  alert({ session, ...fields }, ref) {
    pick(session).send(new smpp.PDU('alert_notification', fields), null, () => say('alerted', { ref }));
  },
  drop({ session }, ref) {
    pick(session).destroy(() => say('dropped', { ref }));
  },
});

function takeBind(session, number, pdu) {
  const { command, system_id, password, interface_version } = pdu;
  say('bind', { session: number, command, system_id, interface_version });
  if (password !== settings.password) {
    session.send(pdu.response({ command_status: smpp.ESME_RBINDFAIL }), () => session.close());
    return;
  }
  sessions.set(number, session);
  session.canReceive = command !== 'bind_transmitter';
  const version = settings.version >= 0x34 ? { sc_interface_version: settings.version } : {};
  session.send(pdu.response({ system_id: 'node-smsc', ...version }));
  say('bound', { session: number, command });
}

function takeSubmit(session, number, pdu) {
  const refusal = refusals.shift();
  if (refusal) {
    say('refused', { session: number, refusal, ...fieldsOf(pdu) });
    session.send(pdu.response({ command_status: refusal }));
    return;
  }
  // Large enough for its hexadecimal form to have letters.
  const counter = 0xabc000 + ++messageNumber;
  const id = idAs(settings.ids, counter);
  const answer = () => session.send(pdu.response({ message_id: id }));
  if (!settings.early) answer();
  say('submit', { session: number, message_id: id, ...fieldsOf(pdu) });
  if (settings.receipts && pdu.registered_delivery & 0x01) {
    const receiver = session.canReceive ? session : pick();
    const addresses = { source_addr: pdu.destination_addr, destination_addr: pdu.source_addr };
    const receipt = { id: idAs(settings.receipt_ids || settings.ids, counter), ...addresses };
    sendReceipt(receiver, receipt, (answered) => {
      say('receipt_resp', { message_id: id, status: answered.command_status });
      if (settings.early) answer();
    });
  }
}

/** An id as this message centre writes it. */
function idAs(form, counter) {
  if (form === 'text') return `Node-${counter}/x`;
  if (form === 'hex') return counter.toString(16);
  if (form === 'HEX') return counter.toString(16).toUpperCase().padStart(8, '0');
  return String(counter).padStart(10, '0');
}

/** A receipt as SMPP 3.4 appendix B has it, and by TLVs to those who speak 3.4. */
function sendReceipt(session, receipt, answered) {
  const { id, source_addr, destination_addr, stat = 'DELIVRD', state = 2, err = '000' } = receipt;
  const date = '2507010830';
  const text =
    `id:${id} sub:001 dlvrd:${state === 2 ? '001' : '000'} ` +
    `submit date:${date} done date:${date} stat:${stat} err:${err} text:-`;
  session.deliver_sm(
    {
      source_addr,
      destination_addr,
      source_addr_ton: 1,
      source_addr_npi: 1,
      esm_class: smpp.ESM_CLASS.MC_DELIVERY_RECEIPT,
      data_coding: 0,
      short_message: text,
      ...(settings.version >= 0x34 ? { receipted_message_id: id, message_state: state } : {}),
    },
    answered,
  );
}

/** A session by its number, or any one that can receive. */
function pick(number) {
  if (number) return sessions.get(number);
  return [...sessions.values()].find((session) => session.canReceive);
}
