pub(super) struct Ledger; 
