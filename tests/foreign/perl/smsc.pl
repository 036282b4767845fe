#!/usr/bin/perl
# A message centre on Perl's Net::SMPP: takes binds and submits, gives ids, sends receipts, and delivers what it is
# told to. Its argument is an object of settings; a line of JSON says what happens.
use strict;
use warnings;

use IO::Select;
use JSON::PP;
use Net::SMPP;

my $json     = JSON::PP->new->canonical->latin1;
my $settings = { version => 0x34, %{ $json->decode($ARGV[0] // '{}') } };
$| = 1;

my $listener = Net::SMPP->new_listen('127.0.0.1', port => 0, smpp_version => $settings->{version})
    or die "cannot listen: $!\n";
my $readable = IO::Select->new($listener, \*STDIN);
my ($session, $lines, $messages, %asked) = (undef, '', 0);
say_event('listening', port => $listener->sockport);

while (1) {
    for my $ready ($readable->can_read) {
        if    ($ready == $listener)    { meet() }
        elsif ($ready == \*STDIN)      { obey() }
        elsif (!take($ready->read_pdu)) { part($ready) }
    }
}

sub meet {
    $session = $listener->accept or return;
    $readable->add($session);
}

sub part {
    my ($gone) = @_;
    $readable->remove($gone);
    close $gone;
    say_event('closed');
}

# Does what stands on the lines that have come; their end is that of the program.
sub obey {
    sysread(STDIN, $lines, 65536, length $lines) or exit 0;
    while ($lines =~ s/^(.*)\n//) {
        my %fields = %{ $json->decode($1) };
        my $ref    = delete $fields{ref};
        my $do     = delete $fields{do};
        $fields{short_message} = pack 'H*', $fields{short_message} if defined $fields{short_message};
        my $sequence = $session->$do(%fields, async => 1);
        $asked{$sequence} = $ref;
    }
}

sub take {
    my ($pdu) = @_;
    return 0 unless ref $pdu;
    my ($command, @same) = ($pdu->cmd, seq => $pdu->seq, status => 0);
    if ($command == 0x01 || $command == 0x02 || $command == 0x09) {
        my $respond = { 0x01 => 'bind_receiver_resp', 0x02 => 'bind_transmitter_resp', 0x09 => 'bind_transceiver_resp' };
        my $as      = $respond->{$command};
        $session->$as(@same, system_id => 'perl');
        say_event('bound', interface_version => $pdu->{interface_version});
    }
    elsif ($command == 0x04) { take_submit($pdu, @same) }
    elsif ($command == 0x15) { $session->enquire_link_resp(@same); say_event('enquire_link') }
    elsif ($command == 0x06) { $session->unbind_resp(@same) }
    elsif ($command == 0x80000005) {
        say_event('deliver_resp', ref => delete $asked{ $pdu->seq }, status => $pdu->status);
    }
    return 1;
}

sub take_submit {
    my ($pdu, @same) = @_;
    my $id = sprintf '%x', 0xabc000 + ++$messages;
    $session->submit_sm_resp(@same, message_id => $id);
    my %shown = map { $_ => $pdu->{$_} }
        qw(source_addr destination_addr esm_class data_coding registered_delivery validity_period);
    my $tlvs = join ' ', sort grep { /^(?:user_message_reference|message_payload|sar_)/ } keys %$pdu;
    say_event('submit', %shown, message_id => $id, tlvs => $tlvs, short_message => unpack('H*', $pdu->{short_message}));
    return unless $pdu->{registered_delivery} & 1;
    my $date = '2507010830';
    my $said = "id:$id sub:001 dlvrd:001 submit date:$date done date:$date stat:DELIVRD err:000 text:-";
    $session->deliver_sm(
        source_addr      => $pdu->{destination_addr},
        destination_addr => $pdu->{source_addr},
        esm_class        => 4,
        short_message    => $said,
        async            => 1,
    );
}

sub say_event {
    my ($event, %more) = @_;
    print $json->encode({ event => $event, %more }), "\n";
}
