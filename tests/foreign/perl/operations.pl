#!/usr/bin/perl
# An ESME on Perl's Net::SMPP that does what it is told: one operation per line of JSON, one line of JSON
# per response. Arguments: mode port system_id password.
use strict;
use warnings;

use JSON::PP;
use Net::SMPP;

use constant DEADLINE_S => 30;

my ($mode, $port, $system_id, $password) = @ARGV;
my $json = JSON::PP->new->canonical->latin1;
$| = 1;

$SIG{ALRM} = sub { die "the time is up\n" };
alarm DEADLINE_S;

my $connect = "new_$mode";
my ($smpp, $bound) = Net::SMPP->$connect(
    '127.0.0.1',
    port      => $port,
    system_id => $system_id,
    password  => $password,
) or die "cannot connect: $!\n";
say_response($bound);

while (my $line = <STDIN>) {
    my ($operation, $fields) = @{ $json->decode($line) };
    say_response($smpp->$operation(%$fields) or die "the connection is gone\n");
}

sub say_response {
    my ($pdu) = @_;
    my %fields = map { $_ => $pdu->{$_} } grep { /^[a-z_]+$/ && defined $pdu->{$_} && $_ ne 'data' } keys %$pdu;
    print $json->encode({ %fields, command => $pdu->cmd, status => $pdu->status }), "\n";
}
