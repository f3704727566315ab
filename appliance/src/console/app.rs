//! What is shown, and what keys do. No terminal, no agent, no clock: what happens comes in, what is to be asked goes out.

use crossterm::event::KeyCode;
use serde_json::{Map, Value, json};

use super::form::{Form, Typed};

/// A machine that is up for longer is not coming up any more.
const COMING_UP_SECONDS: u64 = 300;

/// What the agent is asked for, and what the answer is for.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// What comes of the answer.
    pub what: What,
    /// The agent's.
    pub verb: &'static str,
    /// Its parameters.
    pub params: Map<String, Value>,
}

/// What an answer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The first page.
    Status,
    /// The setup code.
    Code,
    /// The form of the network.
    Network,
    /// A change of the network is on trial.
    Trial,
    /// The trial is over: kept or not.
    TrialEnd,
    /// The form of the password.
    Administrators,
    /// The self-check.
    Check,
    /// A file; the answer is its name.
    Bundle,
    /// Something that says no more than that it was done.
    Done(&'static str),
}

/// How it came out; in words when it did not.
pub type Outcome = Result<Value, String>;

/// Which page.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Page {
    Home,
    Network(Form),
    /// The number of the change, and whether the status told of it: an answer may be older than the change.
    Trial {
        change: u64,
        is_seen: bool,
    },
    Password(Form),
    /// A typed word stands before it.
    Word(Danger, Form),
    Check(Value),
    /// Until the answer is there.
    Wait(&'static str),
}

/// What cannot be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Danger {
    Reboot,
    PowerOff,
    Reset,
}

impl Danger {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Reboot => "REBOOT",
            Self::PowerOff => "OFF",
            Self::Reset => "ERASE",
        }
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Reboot => "The appliance reboots. Pools and their VMs go on.",
            Self::PowerOff => "The appliance is turned off. Pools and their VMs go on.",
            Self::Reset => {
                "Accounts, pool connections, certificates, network and settings of this appliance are erased, and it reboots. \
                 Pools and their VMs go on."
            }
        }
    }

    fn task(self) -> Task {
        let done = What::Done("It begins.");
        match self {
            Self::Reboot => task(done, "power", json!({ "action": "reboot" })),
            Self::PowerOff => task(done, "power", json!({ "action": "poweroff" })),
            Self::Reset => task(done, "factory-reset", json!({ "word": self.word() })),
        }
    }
}

/// All that is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct App {
    pub(super) page: Page,
    /// The agent's last word, or why there is none.
    pub(super) status: Option<Outcome>,
    pub(super) code: Option<String>,
    /// What came of the last thing that was done.
    pub(super) notice: Option<String>,
}

impl Default for App {
    fn default() -> Self {
        Self {
            page: Page::Home,
            status: None,
            code: None,
            notice: None,
        }
    }
}

fn task(what: What, verb: &'static str, params: Value) -> Task {
    let params = match params {
        Value::Object(params) => params,
        _ => Map::new(),
    };
    Task { what, verb, params }
}

impl App {
    /// What is asked for again and again.
    pub fn look() -> [Task; 2] {
        [
            task(What::Status, "status", Value::Null),
            task(What::Code, "setup-code", Value::Null),
        ]
    }

    /// Whether the first page is worth a quick second look: the machine is still coming up, or a change is on trial.
    /// What is wrong for longer than [`COMING_UP_SECONDS`] is looked at as seldom as what is well.
    pub fn is_restless(&self) -> bool {
        let Some(Ok(status)) = &self.status else {
            return true;
        };
        let has = |pointer: &str| {
            status
                .pointer(pointer)
                .is_some_and(|value| !value.is_null())
        };
        let is_well = status.pointer("/health/state") == Some(&json!("ok"));
        let uptime = status.pointer("/uptimeSeconds").and_then(Value::as_u64);
        matches!(self.page, Page::Trial { .. })
            || has("/network")
            || !has("/urls/0")
            || !has("/certificate")
            || !is_well && uptime.is_some_and(|seconds| seconds < COMING_UP_SECONDS)
    }

    /// Takes a key; what is to be asked comes back.
    pub fn key(&mut self, key: KeyCode) -> Option<Task> {
        match &mut self.page {
            Page::Home => self.home(key),
            Page::Wait(_) => None,
            Page::Check(_) => {
                self.page = Page::Home;
                None
            }
            Page::Trial { change, .. } => {
                let (verb, change) = match key {
                    KeyCode::Char('y' | 'Y') => ("network.confirm", *change),
                    KeyCode::Char('n' | 'N') => ("network.revert", *change),
                    _ => return None,
                };
                self.wait("The network ...");
                Some(task(What::TrialEnd, verb, json!({ "change": change })))
            }
            Page::Network(form) => match form.key(key) {
                Typed::On => None,
                Typed::Left => self.leave(),
                Typed::Done => {
                    let wanted = network(form);
                    self.notice = None;
                    // The form stays until the change is on trial: what does not fit is mended in it.
                    Some(task(What::Trial, "network.set", wanted))
                }
            },
            Page::Password(form) => match form.key(key) {
                Typed::On => None,
                Typed::Left => self.leave(),
                Typed::Done if form.text(1) != form.text(2) => {
                    self.notice = Some("The two passwords differ.".to_owned());
                    None
                }
                Typed::Done => {
                    let asked = json!({ "account": form.text(0), "password": form.text(1) });
                    self.wait("The password ...");
                    Some(task(
                        What::Done("The password is set; sessions and the second factor are gone."),
                        "reset-password",
                        asked,
                    ))
                }
            },
            Page::Word(danger, form) => match form.key(key) {
                Typed::On => None,
                Typed::Left => self.leave(),
                Typed::Done if form.text(0) == danger.word() => {
                    let task = danger.task();
                    self.wait("It begins ...");
                    Some(task)
                }
                Typed::Done => {
                    self.notice = Some("That is not the word: nothing is done.".to_owned());
                    self.page = Page::Home;
                    None
                }
            },
        }
    }

    fn leave(&mut self) -> Option<Task> {
        self.page = Page::Home;
        self.notice = None;
        None
    }

    fn wait(&mut self, text: &'static str) {
        self.page = Page::Wait(text);
        self.notice = None;
    }

    fn home(&mut self, key: KeyCode) -> Option<Task> {
        let KeyCode::Char(key) = key else {
            return None;
        };
        let danger = |danger: Danger| Page::Word(danger, Form::new(&[("Word", "")]));
        match key.to_ascii_lowercase() {
            'n' => {
                self.wait("The network ...");
                return Some(task(What::Network, "network.get", Value::Null));
            }
            'p' => {
                self.wait("The administrators ...");
                return Some(task(What::Administrators, "administrators", Value::Null));
            }
            'c' => {
                self.wait("Everything is tested; this may take a minute ...");
                return Some(task(What::Check, "check", Value::Null));
            }
            'b' => {
                self.wait("The support bundle is made ...");
                return Some(task(What::Bundle, "bundle", Value::Null));
            }
            'r' => self.page = danger(Danger::Reboot),
            'o' => self.page = danger(Danger::PowerOff),
            'f' => self.page = danger(Danger::Reset),
            _ => return None,
        }
        self.notice = None;
        None
    }

    /// Takes an answer.
    pub fn told(&mut self, what: What, outcome: Outcome) {
        let told = match (what, outcome) {
            (What::Status, outcome) => {
                self.status = Some(outcome);
                self.follow_trial();
                return;
            }
            (What::Code, outcome) => {
                let code = outcome.ok();
                let code = code.as_ref().and_then(|told| told.get("code")?.as_str());
                self.code = code.map(str::to_owned);
                return;
            }
            (_, Ok(told)) => told,
            (_, Err(fault)) => {
                self.notice = Some(fault);
                // Who fills in a form goes on with it.
                if matches!(self.page, Page::Wait(_)) {
                    self.page = Page::Home;
                }
                return;
            }
        };
        self.page = match what {
            What::Network => Page::Network(network_form(&told)),
            What::Trial => Page::Trial {
                change: told
                    .get("change")
                    .and_then(Value::as_u64)
                    .unwrap_or_default(),
                is_seen: false,
            },
            What::Administrators => {
                let first = told.pointer("/names/0").and_then(Value::as_str);
                Page::Password(Form::new(&[
                    ("Administrator", first.unwrap_or_default()),
                    ("New password", ""),
                    ("Password again", ""),
                ]))
            }
            What::Check => Page::Check(told),
            What::TrialEnd => {
                self.notice = Some("The network is as it was asked for.".to_owned());
                Page::Home
            }
            What::Bundle => {
                let name = told.as_str().unwrap_or_default();
                self.notice = Some(format!(
                    "{name} is made; in the web client it can be downloaded, under Appliance."
                ));
                Page::Home
            }
            What::Done(text) => {
                self.notice = Some(text.to_owned());
                Page::Home
            }
            What::Status | What::Code => return,
        };
    }

    /// Whether the change on trial is there still.
    fn follow_trial(&mut self) {
        let (Page::Trial { change, is_seen }, Some(Ok(status))) = (&mut self.page, &self.status)
        else {
            return;
        };
        let pending = status.pointer("/network/change").and_then(Value::as_u64);
        if pending == Some(*change) {
            *is_seen = true;
        } else if *is_seen {
            self.page = Page::Home;
            self.notice = Some("Nobody kept the change: the network is as it was.".to_owned());
        }
    }
}

/// `dhcp` or `static`, addresses, gateways, name servers.
fn network_form(told: &Value) -> Form {
    let text = |name: &str| match told.pointer(&format!("/kept/{name}")) {
        Some(Value::Array(list)) => {
            let words: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            words.join(" ")
        }
        Some(Value::String(text)) => text.clone(),
        _ => String::new(),
    };
    Form::new(&[
        ("dhcp or static", &text("mode")),
        ("Addresses, 10.0.0.5/24", &text("addresses")),
        ("Gateway", &text("gateways")),
        ("Name servers", &text("dns")),
        ("Search domains", &text("search")),
    ])
}

fn network(form: &Form) -> Value {
    let mode = form.text(0).to_ascii_lowercase();
    let mut wanted = json!({ "mode": mode, "dns": form.words(3), "search": form.words(4) });
    if mode != "dhcp" {
        wanted["addresses"] = json!(form.words(1));
        wanted["gateways"] = json!(form.words(2));
    }
    wanted
}
