// Lines of JSON: events go out on standard output, commands come in on standard input.
'use strict';

const readline = require('readline');

/** Says that something happened. Buffers are shown in hexadecimal. */
function say(event, fields) {
  process.stdout.write(JSON.stringify({ event, ...fields }, hexadecimal) + '\n');
}

/** Calls `commands[do]` for each line; the end of the input ends the process. */
function obey(commands) {
  readline
    .createInterface({ input: process.stdin })
    .on('line', (line) => {
      const { do: what, ref, ...fields } = JSON.parse(line);
      commands[what](fields, ref);
    })
    .on('close', () => process.exit(0));
}

/** What a PDU says, without its header; text as the library decoded it. */
function fieldsOf(pdu) {
  const { command, command_length, command_id, command_status, sequence_number, ...fields } = pdu;
  const body = fields.message_payload || fields.short_message || {};
  const isText = typeof body.message === 'string';
  return {
    ...fields,
    status: command_status,
    sequence: sequence_number,
    text: isText ? body.message : null,
    octets: isText ? null : body.message,
    udh: (body.udh || []).map((element) => element.toString('hex')),
  };
}

function hexadecimal(_key, value) {
  const isBuffer = value && value.type === 'Buffer' && Array.isArray(value.data);
  return isBuffer ? Buffer.from(value.data).toString('hex') : value;
}

/** The fields of a PDU; a body that comes in hexadecimal becomes octets. */
function octets({ hex, ...fields }) {
  return hex === undefined ? fields : { ...fields, short_message: Buffer.from(hex, 'hex') };
}

module.exports = { say, obey, fieldsOf, octets };
