// An ESME on Node's `smpp`: binds, submits, takes what is delivered.
'use strict';

const fs = require('fs');
const smpp = require('smpp');
const { say, obey, fieldsOf, octets } = require('./lines');

const settings = { mode: 'transceiver', version: 0x34, ...JSON.parse(process.argv[2] || '{}') };

const clear = { host: '127.0.0.1', port: settings.port };
const secured = () => ({ url: `ssmpp://localhost:${settings.port}`, ca: fs.readFileSync(settings.ca) });
const session = smpp.connect(settings.ca ? secured() : clear, () => {
  const { system_id, password } = settings;
  const bind = { system_id, password, interface_version: settings.version };
  session[`bind_${settings.mode}`](bind, (answer) => say('bind_resp', fieldsOf(answer)));
});
session.on('error', (error) => say('error', { error: String(error) }));
session.on('close', () => say('closed', {}));
session.on('enquire_link', (pdu) => {
  session.send(pdu.response());
  say('enquire_link', {});
});
session.on('deliver_sm', (pdu) => {
  session.send(pdu.response());
  say('deliver', fieldsOf(pdu));
});
session.on('alert_notification', (pdu) => say('alert', fieldsOf(pdu)));
session.on('unbind', (pdu) => {
  session.send(pdu.response(), () => session.close());
  say('unbind', {});
});

obey({
  submit(fields, ref) {
    session.submit_sm(fields, (answer) => say('submit_resp', { ref, ...fieldsOf(answer) }));
  },
  request({ command, ...fields }, ref) {
    session[command](octets(fields), (answer) => {
      say('answer', { ref, command: answer.command, ...fieldsOf(answer) });
    });
  },
  enquire(_fields, ref) {
    session.enquire_link((answer) => say('enquired', { ref, ...fieldsOf(answer) }));
  },
  unbind(_fields, ref) {
    session.unbind((answer) => say('unbound', { ref, ...fieldsOf(answer) }));
  },
});
