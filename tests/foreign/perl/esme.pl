#!/usr/bin/perl
# An ESME on Perl's Net::SMPP: binds, submits one message, waits for its receipt, unbinds.
# Arguments: port system_id password source destination text. Prints one line of JSON per event.
use strict;
use warnings;

use JSON::PP;
use Net::SMPP;

use constant DEADLINE_S => 30;
use constant SMSC_RECEIPT => 0x04;

my ($port, $system_id, $password, $source, $destination, $text) = @ARGV;

$SIG{ALRM} = sub { die "the time is up\n" };
alarm DEADLINE_S;

my ($smpp, $bound) = Net::SMPP->new_transceiver(
    '127.0.0.1',
    port      => $port,
    system_id => $system_id,
    password  => $password,
) or die "cannot connect: $!\n";
say_event('bind_resp', status => $bound->status, system_id => $bound->{system_id});
exit 0 if $bound->status;

my $submitted = $smpp->submit_sm(
    source_addr_ton     => 0,
    source_addr_npi     => 1,
    source_addr         => $source,
    dest_addr_ton       => 1,
    dest_addr_npi       => 1,
    destination_addr    => $destination,
    registered_delivery => 1,
    short_message       => $text,
    async               => 1,
);

my ($answered, $receipted);
until ($answered && $receipted) {
    my $pdu = $smpp->read_pdu() or die "the connection is gone\n";
    if ($pdu->cmd == Net::SMPP::CMD_submit_sm_resp && $pdu->seq == $submitted) {
        say_event('submit_resp', status => $pdu->status, message_id => $pdu->{message_id});
        $answered = 1;
        last if $pdu->status;
    } elsif ($pdu->cmd == Net::SMPP::CMD_deliver_sm) {
        $smpp->deliver_sm_resp(message_id => '', seq => $pdu->seq);
        say_event('deliver', map { $_ => $pdu->{$_} } qw(
            source_addr destination_addr esm_class data_coding short_message
            receipted_message_id message_state
        ));
        $receipted = 1 if ($pdu->{esm_class} & 0x3C) == SMSC_RECEIPT;
    } elsif ($pdu->cmd == Net::SMPP::CMD_enquire_link) {
        $smpp->enquire_link_resp(seq => $pdu->seq);
    }
}

my $unbound = $smpp->unbind();
say_event('unbind_resp', status => $unbound->status);

sub say_event {
    my ($event, %fields) = @_;
    $fields{message_state} = unpack 'C', $fields{message_state} if defined $fields{message_state};
    print JSON::PP->new->canonical->latin1->encode({ event => $event, %fields }), "\n";
}
