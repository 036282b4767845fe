//! How a peer treats the gateway.

use std::time::Duration;

use smpp::CommandStatus;

use crate::dice::Dice;

/// How likely a peer does what it should not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manners {
    /// How fast it answers, in milliseconds.
    pub(crate) answer_ms: (u64, u64),
    /// It answers when the gateway has stopped waiting.
    pub(crate) late: f64,
    /// It does not answer.
    pub(crate) never: f64,
    /// It answers twice.
    pub(crate) twice: f64,
    /// It says that it is too much.
    pub(crate) throttle: f64,
    /// It fails for now.
    pub(crate) fail_for_now: f64,
    /// It refuses for good.
    pub(crate) fail_for_good: f64,
    /// A receipt comes before the answer.
    pub(crate) receipt_first: f64,
    /// A receipt comes twice.
    pub(crate) receipt_twice: f64,
    /// A receipt comes on any session.
    pub(crate) receipt_anywhere: f64,
    /// A receipt comes minutes later.
    pub(crate) receipt_late: f64,
    /// A receipt never comes.
    pub(crate) receipt_never: f64,
    /// It refuses a bind.
    pub(crate) no_bind: f64,
    /// A session ends within a minute for no reason.
    pub(crate) leave: f64,
}

/// What a peer does with one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reaction {
    pub(crate) status: CommandStatus,
    /// When it is answered; `None` is never.
    pub(crate) answer_after: Option<Duration>,
    pub(crate) is_twice: bool,
}

impl Manners {
    /// Everything is right and prompt.
    pub(crate) const GOOD: Self = Self {
        answer_ms: (0, 5),
        late: 0.0,
        never: 0.0,
        twice: 0.0,
        throttle: 0.0,
        fail_for_now: 0.0,
        fail_for_good: 0.0,
        receipt_first: 0.0,
        receipt_twice: 0.0,
        receipt_anywhere: 0.0,
        receipt_late: 0.0,
        receipt_never: 0.0,
        no_bind: 0.0,
        leave: 0.0,
    };

    /// The manners of a peer that is bad at some of it.
    pub(crate) fn any(dice: &mut Dice) -> Self {
        let mut often = |probability: f64| {
            let is_bad = dice.hits(0.4);
            if is_bad { probability * (dice.number(1..101) as f64) / 100.0 } else { 0.0 }
        };
        Self {
            late: often(0.1),
            never: often(0.1),
            twice: often(0.2),
            throttle: often(0.3),
            fail_for_now: often(0.2),
            fail_for_good: often(0.1),
            receipt_first: often(0.5),
            receipt_twice: often(0.3),
            receipt_anywhere: often(1.0),
            receipt_late: often(0.2),
            receipt_never: often(0.2),
            no_bind: often(0.3),
            leave: often(0.8),
            answer_ms: dice.pick([(0, 5), (5, 50), (0, 500), (100, 3_000)]),
        }
    }

    /// What becomes of the next request; the gateway waits for `patience`.
    pub(crate) fn react(&self, dice: &mut Dice, patience: Duration) -> Reaction {
        let status = if dice.hits(self.throttle) {
            dice.pick([CommandStatus::THROTTLED, CommandStatus::MSGQFUL])
        } else if dice.hits(self.fail_for_now) {
            dice.pick([CommandStatus::SYSERR, CommandStatus::X_T_APPN])
        } else if dice.hits(self.fail_for_good) {
            dice.pick([CommandStatus::SUBMITFAIL, CommandStatus::INVDSTADR])
        } else {
            CommandStatus::OK
        };
        let (shortest, longest) = self.answer_ms;
        let prompt = dice.millis(shortest..longest + 1);
        let answer_after = if dice.hits(self.never) {
            None
        } else if dice.hits(self.late) {
            Some(patience + dice.millis(0..30_000))
        } else {
            Some(prompt)
        };
        Reaction { status, answer_after, is_twice: dice.hits(self.twice) }
    }
}
