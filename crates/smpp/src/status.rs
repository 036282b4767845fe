//! command_status: what became of a request.

use crate::VERSION_5_0;
use crate::names::named_number;

named_number! {
    /// command_status, SMPP 3.4 section 5.1.3; 5.0 section 4.7.6. The constants are the names of the
    /// standard without `ESME_R`; values without a name (a carrier's own 0x400-0x4FF) are kept.
    pub struct CommandStatus(u32, "{:#010x}");
    0x000 OK "ESME_ROK" "No error.";
    0x001 INVMSGLEN "ESME_RINVMSGLEN" "The message length is invalid.";
    0x002 INVCMDLEN "ESME_RINVCMDLEN" "The command length is invalid.";
    0x003 INVCMDID "ESME_RINVCMDID" "The command is not known or not supported.";
    0x004 INVBNDSTS "ESME_RINVBNDSTS" "The state of the session does not permit the command.";
    0x005 ALYBND "ESME_RALYBND" "The session is bound already.";
    0x006 INVPRTFLG "ESME_RINVPRTFLG" "The priority is invalid.";
    0x007 INVREGDLVFLG "ESME_RINVREGDLVFLG" "registered_delivery is invalid.";
    0x008 SYSERR "ESME_RSYSERR" "The receiver failed; later it may not.";
    0x00A INVSRCADR "ESME_RINVSRCADR" "The source address is invalid.";
    0x00B INVDSTADR "ESME_RINVDSTADR" "The destination address is invalid.";
    0x00C INVMSGID "ESME_RINVMSGID" "The message id is invalid.";
    0x00D BINDFAIL "ESME_RBINDFAIL" "The bind is refused.";
    0x00E INVPASWD "ESME_RINVPASWD" "The password is invalid.";
    0x00F INVSYSID "ESME_RINVSYSID" "The system_id is invalid.";
    0x011 CANCELFAIL "ESME_RCANCELFAIL" "The message cannot be cancelled.";
    0x013 REPLACEFAIL "ESME_RREPLACEFAIL" "The message cannot be replaced.";
    0x014 MSGQFUL "ESME_RMSGQFUL" "The queue is full; later it may not be.";
    0x015 INVSERTYP "ESME_RINVSERTYP" "The service type is invalid.";
    0x033 INVNUMDESTS "ESME_RINVNUMDESTS" "The number of destinations is invalid.";
    0x034 INVDLNAME "ESME_RINVDLNAME" "The distribution list is not known.";
    0x040 INVDESTFLAG "ESME_RINVDESTFLAG" "A destination flag is invalid.";
    0x042 INVSUBREP "ESME_RINVSUBREP" "The submission with replacement is refused.";
    0x043 INVESMCLASS "ESME_RINVESMCLASS" "esm_class is invalid.";
    0x044 CNTSUBDL "ESME_RCNTSUBDL" "The distribution list cannot be submitted to.";
    0x045 SUBMITFAIL "ESME_RSUBMITFAIL" "The submission failed for good.";
    0x048 INVSRCTON "ESME_RINVSRCTON" "The type of number of the source is invalid.";
    0x049 INVSRCNPI "ESME_RINVSRCNPI" "The numbering plan of the source is invalid.";
    0x050 INVDSTTON "ESME_RINVDSTTON" "The type of number of the destination is invalid.";
    0x051 INVDSTNPI "ESME_RINVDSTNPI" "The numbering plan of the destination is invalid.";
    0x053 INVSYSTYP "ESME_RINVSYSTYP" "The system_type is invalid.";
    0x054 INVREPFLAG "ESME_RINVREPFLAG" "replace_if_present is invalid.";
    0x055 INVNUMMSGS "ESME_RINVNUMMSGS" "The number of messages is invalid.";
    0x058 THROTTLED "ESME_RTHROTTLED" "Too fast; slower it may pass.";
    0x061 INVSCHED "ESME_RINVSCHED" "The scheduled delivery time is invalid.";
    0x062 INVEXPIRY "ESME_RINVEXPIRY" "The validity period is invalid.";
    0x063 INVDFTMSGID "ESME_RINVDFTMSGID" "The predefined message is not known.";
    0x064 X_T_APPN "ESME_RX_T_APPN" "The receiving application failed for now.";
    0x065 X_P_APPN "ESME_RX_P_APPN" "The receiving application failed for good.";
    0x066 X_R_APPN "ESME_RX_R_APPN" "The receiving application rejects this message.";
    0x067 QUERYFAIL "ESME_RQUERYFAIL" "The query failed.";
    0x0C0 INVOPTPARSTREAM "ESME_RINVOPTPARSTREAM" "The TLVs are malformed (5.0: INVTLVSTREAM).";
    0x0C1 OPTPARNOTALLWD "ESME_ROPTPARNOTALLWD" "A TLV is not allowed here.";
    0x0C2 INVPARLEN "ESME_RINVPARLEN" "The length of a TLV is invalid.";
    0x0C3 MISSINGOPTPARAM "ESME_RMISSINGOPTPARAM" "A TLV that must be there is missing.";
    0x0C4 INVOPTPARAMVAL "ESME_RINVOPTPARAMVAL" "The value of a TLV is invalid.";
    0x0FE DELIVERYFAILURE "ESME_RDELIVERYFAILURE" "The delivery failed (transaction mode).";
    0x0FF UNKNOWNERR "ESME_RUNKNOWNERR" "Unknown error.";
    0x100 SERTYPUNAUTH "ESME_RSERTYPUNAUTH" "The service type is not authorised (5.0).";
    0x101 PROHIBITED "ESME_RPROHIBITED" "The operation is prohibited (5.0).";
    0x102 SERTYPUNAVAIL "ESME_RSERTYPUNAVAIL" "The service type is not available now (5.0).";
    0x103 SERTYPDENIED "ESME_RSERTYPDENIED" "The service type is denied (5.0).";
    0x104 INVDCS "ESME_RINVDCS" "data_coding is invalid (5.0).";
    0x105 INVSRCADDRSUBUNIT "ESME_RINVSRCADDRSUBUNIT" "source_addr_subunit is invalid (5.0).";
    0x106 INVDSTADDRSUBUNIT "ESME_RINVDSTADDRSUBUNIT" "dest_addr_subunit is invalid (5.0).";
    0x107 INVBCASTFREQINT "ESME_RINVBCASTFREQINT" "The broadcast interval is invalid (5.0).";
    0x108 INVBCASTALIAS_NAME "ESME_RINVBCASTALIAS_NAME" "The broadcast alias is invalid (5.0).";
    0x109 INVBCASTAREAFMT "ESME_RINVBCASTAREAFMT" "The broadcast area format is invalid (5.0).";
    0x10A INVNUMBCAST_AREAS "ESME_RINVNUMBCAST_AREAS" "The number of broadcast areas is invalid (5.0).";
    0x10B INVBCASTCNTTYPE "ESME_RINVBCASTCNTTYPE" "The broadcast content type is invalid (5.0).";
    0x10C INVBCASTMSGCLASS "ESME_RINVBCASTMSGCLASS" "The broadcast message class is invalid (5.0).";
    0x10D BCASTFAIL "ESME_RBCASTFAIL" "The broadcast failed (5.0).";
    0x10E BCASTQUERYFAIL "ESME_RBCASTQUERYFAIL" "The query of the broadcast failed (5.0).";
    0x10F BCASTCANCELFAIL "ESME_RBCASTCANCELFAIL" "The broadcast cannot be cancelled (5.0).";
    0x110 INVBCAST_REP "ESME_RINVBCAST_REP" "The number of repetitions is invalid (5.0).";
    0x111 INVBCASTSRVGRP "ESME_RINVBCASTSRVGRP" "The broadcast service group is invalid (5.0).";
    0x112 INVBCASTCHANIND "ESME_RINVBCASTCHANIND" "The broadcast channel indicator is invalid (5.0).";
}

impl CommandStatus {
    /// Whether the request was done.
    #[must_use]
    pub const fn is_ok(self) -> bool {
        self.0 == Self::OK.0
    }

    /// This status in the words of an older version: what only SMPP 5.0 has becomes its nearest
    /// relative for peers below 5.0, everything else stays.
    #[must_use]
    pub const fn for_version(self, interface_version: u8) -> Self {
        if interface_version >= VERSION_5_0 {
            return self;
        }
        match self {
            Self::SERTYPUNAUTH | Self::SERTYPUNAVAIL | Self::SERTYPDENIED => Self::INVSERTYP,
            Self::INVSRCADDRSUBUNIT => Self::INVSRCADR,
            Self::INVDSTADDRSUBUNIT => Self::INVDSTADR,
            Self(0x101..=0x112) => Self::SUBMITFAIL,
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_have_their_names_and_private_ones_their_number() {
        assert_eq!(CommandStatus::THROTTLED.to_string(), "ESME_RTHROTTLED");
        assert_eq!(CommandStatus(0x0401).to_string(), "0x00000401");
        assert_eq!(CommandStatus(0x4A).name(), None);
        assert_eq!((CommandStatus::INVDSTTON.0, CommandStatus::INVSYSTYP.0), (0x50, 0x53));
    }

    #[test]
    fn statuses_of_5_0_are_not_said_to_a_3_4_peer() {
        // V-6
        for (status, older) in [
            (0x100, 0x15),
            (0x101, 0x45),
            (0x102, 0x15),
            (0x104, 0x45),
            (0x105, 0x0A),
            (0x106, 0x0B),
            (0x58, 0x58),
        ] {
            assert_eq!(CommandStatus(status).for_version(0x34), CommandStatus(older));
            assert_eq!(CommandStatus(status).for_version(0x50), CommandStatus(status));
        }
    }
}
