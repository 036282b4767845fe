//! What the configuration of the gateway says, and what a reload changes of it.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use gateway::config::Config;

use crate::dice::Dice;
use crate::plan::{EsmePlan, GATEWAY, PASSWORD, SmscPlan, VALIDITY_H};

/// The links and the routes between them.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    patience_s: u64,
    smscs: Vec<SmscLayout>,
    esmes: Vec<EsmeLayout>,
}

#[derive(Clone, Copy, Debug)]
struct SmscLayout {
    is_there: bool,
    address: SocketAddr,
    bind: &'static str,
    sessions: u64,
    window: u64,
    rate: u64,
    holds_unknown: bool,
}

#[derive(Clone, Copy, Debug)]
struct EsmeLayout {
    is_there: bool,
    window: u64,
    rate: u64,
    /// The SMSC that its route names first.
    first: usize,
    /// How many SMSCs its route names.
    targets: usize,
}

/// What a reload changes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    /// An account has other limits.
    Account(usize),
    /// An account is gone, and its routes.
    NoAccount(usize),
    /// An SMSC is to be treated otherwise.
    Smsc(usize),
    /// An SMSC is gone, and is named by no route.
    NoSmsc(usize),
    /// Routes of an account name other SMSCs.
    Route(usize),
    /// Everything stays.
    Nothing,
}

impl Change {
    /// Whether somebody is not served any more.
    pub(crate) const fn takes_away(self) -> bool {
        matches!(self, Self::NoAccount(_) | Self::NoSmsc(_))
    }
}

impl Layout {
    pub(crate) fn draw(dice: &mut Dice, smscs: &[SmscPlan], esmes: &[EsmePlan], patience: Duration) -> Self {
        let smscs: Vec<SmscLayout> = smscs.iter().map(|smsc| SmscLayout::draw(dice, smsc)).collect();
        let esmes = esmes.iter().map(|esme| EsmeLayout::draw(dice, esme, smscs.len())).collect();
        Self { patience_s: patience.as_secs(), smscs, esmes }
    }

    /// A change of what is there.
    pub(crate) fn draw_change(&self, dice: &mut Dice) -> Change {
        let esme = dice.number(0..self.esmes.len() as u64) as usize;
        let smsc = dice.number(0..self.smscs.len() as u64) as usize;
        dice.pick([
            Change::Account(esme),
            Change::NoAccount(esme),
            Change::Smsc(smsc),
            Change::NoSmsc(smsc),
            Change::Route(esme),
            Change::Nothing,
        ])
    }

    /// The same after the change.
    pub(crate) fn after(&self, change: Change, dice: &mut Dice) -> Self {
        let mut next = self.clone();
        let smscs = self.smscs.len();
        match change {
            Change::Account(at) => next.esmes.get_mut(at).into_iter().for_each(|esme| esme.relimit(dice)),
            Change::NoAccount(at) => {
                next.esmes.get_mut(at).into_iter().for_each(|esme| esme.is_there = false)
            }
            Change::Smsc(at) => next.smscs.get_mut(at).into_iter().for_each(|smsc| smsc.relimit(dice)),
            Change::NoSmsc(at) => next.smscs.get_mut(at).into_iter().for_each(|smsc| smsc.is_there = false),
            Change::Route(at) => {
                next.esmes.get_mut(at).into_iter().for_each(|esme| esme.reroute(dice, smscs));
            }
            Change::Nothing => {}
        }
        next
    }

    /// The configuration that says so.
    ///
    /// # Errors
    /// It is wrong.
    pub(crate) fn config(&self) -> anyhow::Result<Config> {
        Ok(Config::parse(&self.text(), Path::new("the simulation's configuration"))?)
    }

    fn text(&self) -> String {
        let patience = self.patience_s;
        let mut text = format!(
            "data_dir = \"simulated\"\n[store]\nvalidity_h = {VALIDITY_H}\n[reassembly]\ntimeout_s = 300\n\
             [smpp]\nlisten = \"{GATEWAY}\"\nenquire_link_s = 5\nenquire_link_timeout_s = 4\n\
             response_timeout_s = {patience}\n"
        );
        for (number, smsc) in self.smscs.iter().enumerate().filter(|(_, smsc)| smsc.is_there) {
            smsc.write(&mut text, number, patience);
            let esme = number % self.esmes.len().max(1);
            if self.esmes.get(esme).is_some_and(|esme| esme.is_there) {
                write_route(&mut text, &format!("telco-{number}"), &[format!("\"esme-{esme}\"")]);
            }
        }
        for (number, esme) in self.esmes.iter().enumerate().filter(|(_, esme)| esme.is_there) {
            let EsmeLayout { window, rate, .. } = esme;
            let _ = write!(
                text,
                "[[account]]\nname = \"esme-{number}\"\npassword = \"{PASSWORD}\"\nwindow = {window}\nrate = {rate}\n"
            );
            write_route(&mut text, &format!("esme-{number}"), &self.targets(esme));
        }
        text
    }

    /// The SMSCs that a route of an ESME names, as far as they are there.
    fn targets(&self, esme: &EsmeLayout) -> Vec<String> {
        let numbers = (0..self.smscs.len()).map(|step| (esme.first + step) % self.smscs.len());
        let named = numbers.take(esme.targets);
        let there = named.filter(|number| self.smscs.get(*number).is_some_and(|smsc| smsc.is_there));
        there.map(|number| format!("\"telco-{number}\"")).collect()
    }
}

impl SmscLayout {
    fn draw(dice: &mut Dice, plan: &SmscPlan) -> Self {
        let &SmscPlan { address, sessions, window, holds_unknown, .. } = plan;
        let bind = dice.pick(["transceiver", "transceiver", "transmitter+receiver"]);
        let rate = dice.pick(SMSC_RATES);
        Self { is_there: true, address, bind, sessions, window, rate, holds_unknown }
    }

    /// Another rate, and other windows where order does not hang on them.
    fn relimit(&mut self, dice: &mut Dice) {
        let (rate, window) = (dice.pick([0, 5, 20, 50]), dice.pick([1, 5, 20]));
        self.rate = rate;
        if (self.window, self.sessions) != (1, 1) {
            self.window = window.max(2);
        }
    }

    fn write(&self, text: &mut String, number: usize, patience: u64) {
        let Self { address, bind, sessions, window, rate, .. } = self;
        let on_unknown = if self.holds_unknown { "hold" } else { "retry" };
        let _ = write!(
            text,
            "[[smsc]]\nname = \"telco-{number}\"\naddress = \"{address}\"\nsystem_id = \"estafet\"\n\
             password = \"{PASSWORD}\"\nbind = \"{bind}\"\nsessions = {sessions}\nwindow = {window}\nrate = {rate}\n\
             on_unknown = \"{on_unknown}\"\nresponse_timeout_s = {patience}\nenquire_link_s = 5\n\
             enquire_link_timeout_s = 4\nfailover_s = 10\nreconnect_max_s = 3\n"
        );
    }
}

impl EsmeLayout {
    fn draw(dice: &mut Dice, plan: &EsmePlan, smscs: usize) -> Self {
        let rate = dice.pick([0, 0, 0, 5]);
        let first = dice.number(0..smscs.max(1) as u64) as usize;
        let targets = if dice.hits(0.5) { 1 } else { 2 };
        Self { is_there: true, window: plan.window, rate, first, targets }
    }

    fn relimit(&mut self, dice: &mut Dice) {
        (self.window, self.rate) = (dice.pick([1, 10, 100]), dice.pick([0, 5, 50]));
    }

    fn reroute(&mut self, dice: &mut Dice, smscs: usize) {
        self.first = dice.number(0..smscs.max(1) as u64) as usize;
        self.targets = dice.number(1..3) as usize;
    }
}

/// A route from a link to others, if there are any.
fn write_route(text: &mut String, from: &str, to: &[String]) {
    if !to.is_empty() {
        let _ = write!(text, "[[route]]\nfrom = {{ link = \"{from}\" }}\nto = [{}]\n", to.join(", "));
    }
}

const SMSC_RATES: [u64; 3] = [0, 0, 20];
