//! The VM's own screen: what it shows, and what each key comes to; without a terminal, then with one.

use crossterm::event::KeyCode;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Cell;
use serde_json::{Value, json};
use xo_appliance::console::{App, Task, What, draw};

use crate::scene::Scene;

/// The lines of a screen, without blanks at their ends.
fn shown(app: &App) -> String {
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| draw(frame, app)).unwrap();
    let buffer = terminal.backend().buffer();
    let rows = buffer.content.chunks(usize::from(buffer.area.width));
    let lines = rows.map(|row| row.iter().map(Cell::symbol).collect::<String>());
    lines
        .map(|line| line.trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

fn status() -> Value {
    let fingerprint = ["AB"; 32].join(":");
    json!({
        "version": "1.2.3", "hostname": "front.example", "uptimeSeconds": 3700,
        "slots": { "running": "A" }, "health": { "state": "ok", "text": "all is well" },
        "urls": ["https://10.0.0.5/", "https://[fd00::5]/"],
        "certificate": { "fingerprint": fingerprint }, "network": null,
    })
}

fn at_home() -> App {
    let mut app = App::default();
    app.told(What::Status, Ok(status()));
    app.told(What::Code, Ok(json!({ "code": null })));
    app
}

fn press(app: &mut App, keys: &str) -> Option<Task> {
    let mut last = None;
    for key in keys.chars() {
        last = app.key(match key {
            '\n' => KeyCode::Enter,
            '\t' => KeyCode::Tab,
            '\u{8}' => KeyCode::Backspace,
            '\u{1b}' => KeyCode::Esc,
            key => KeyCode::Char(key),
        });
    }
    last
}

#[test]
fn the_first_page_has_all_that_a_browser_needs() {
    let mut app = at_home();
    app.told(What::Code, Ok(json!({ "code": "REZDR-J7ENY" })));
    let half = ["AB"; 16].join(":");
    let expected = [
        " XOA 1.2.3 (slot A)                                               front.example",
        &"-".repeat(80),
        " ok: all is well",
        " up 1 h 1 min",
        "",
        " Open in a browser:",
        "   https://10.0.0.5/",
        "   https://[fd00::5]/",
        "",
        " Its certificate, SHA-256:",
        &format!("   {half}:"),
        &format!("   {half}"),
        "",
        " Setup code: REZDR-J7ENY   the browser asks for it, and makes the first",
        "administrator",
        "",
        "",
        "",
        "",
        "",
        "",
        &"-".repeat(80),
        " n network   p password   c self-check   b support bundle",
        " r reboot    o power off  f factory reset",
    ];
    assert_eq!(shown(&app), expected.join("\n"));
    app.told(What::Code, Ok(json!({ "code": null })));
    assert!(!shown(&app).contains("Setup code"));
}

#[test]
fn a_machine_that_is_not_well_says_so_at_once() {
    let mut app = App::default();
    assert!(shown(&app).contains("One moment"));
    app.told(
        What::Status,
        Err("the agent does not answer at /run/xoa/agent.sock".into()),
    );
    assert!(shown(&app).contains("agent does not answer") && app.is_restless());
    let mut told = status();
    told["urls"] = json!([]);
    told["certificate"] = Value::Null;
    told["health"] = json!({ "state": "failed", "text": "disk: 3 of 8000 MiB are free" });
    app.told(What::Status, Ok(told));
    let page = shown(&app);
    for words in [
        "failed: disk: 3 of 8000",
        "No address yet",
        "no certificate yet",
    ] {
        assert!(page.contains(words), "{page}");
    }
    assert!(app.is_restless());
    assert!(!at_home().is_restless());
}

#[test]
fn without_an_address_the_reason_is_told() {
    for (interfaces, words) in [
        (json!([]), "No network adapter"),
        (json!([{ "isUp": false }]), "No adapter is connected"),
        (json!([{ "isUp": false }, { "isUp": true }]), "press n"),
    ] {
        let mut told = status();
        told["urls"] = json!([]);
        told["interfaces"] = interfaces;
        let mut app = App::default();
        app.told(What::Status, Ok(told));
        assert!(shown(&app).contains(words), "{}", shown(&app));
    }
}

#[test]
fn every_problem_of_the_start_is_shown_once() {
    let mut told = status();
    let problem =
        |place: &str| json!({ "place": place, "what": "unknown", "therefore": "it is left out" });
    told["problems"] = json!([problem("vm-data/nttp"), problem("vm-data/proxxy")]);
    let first = "vm-data/nttp: unknown; it is left out";
    told["health"] = json!({ "state": "warning", "text": first });
    let mut app = App::default();
    app.told(What::Status, Ok(told));
    let page = shown(&app);
    assert_eq!(page.matches("vm-data/nttp").count(), 1, "{page}");
    assert_eq!(page.matches("vm-data/proxxy").count(), 1, "{page}");
}

#[test]
fn a_server_that_is_starting_is_looked_at_again_soon() {
    for (uptime, restless) in [(20, true), (3700, false)] {
        let mut told = status();
        told["health"] = json!({ "state": "warning", "text": "server: is starting" });
        told["uptimeSeconds"] = json!(uptime);
        let mut app = App::default();
        app.told(What::Status, Ok(told));
        assert_eq!(app.is_restless(), restless, "{uptime}");
    }
}

#[test]
fn what_comes_from_outside_does_not_steer_the_terminal() {
    let mut told = status();
    told["hostname"] = json!("a\u{1b}[2Jb");
    told["health"]["text"] = json!("x\u{1b}]0;y\u{7}\nz");
    let mut app = App::default();
    app.told(What::Status, Ok(told));
    app.told(What::Bundle, Err("\u{9b}31m".into()));
    let page = shown(&app);
    assert!(
        page.chars().all(|c| c == '\n' || !c.is_control()),
        "{page:?}"
    );
}

#[test]
fn a_static_network_is_asked_for_tried_and_kept() {
    let mut app = at_home();
    let task = press(&mut app, "n").unwrap();
    assert_eq!(task.verb, "network.get");
    app.told(
        task.what,
        Ok(json!({ "kept": { "mode": "dhcp", "addresses": [], "dns": [] } })),
    );
    assert!(
        shown(&app).contains("> dhcp or static           dhcp_"),
        "{}",
        shown(&app)
    );
    let erase = "\u{8}".repeat(4);
    let task = press(
        &mut app,
        &format!("{erase}static\t10.0.0.5/24\t10.0.0.1\t10.0.0.2, 10.0.0.3\t\n"),
    )
    .unwrap();
    assert_eq!(
        (task.verb, Value::Object(task.params)),
        (
            "network.set",
            json!({
                "mode": "static", "addresses": ["10.0.0.5/24"], "gateways": ["10.0.0.1"],
                "dns": ["10.0.0.2", "10.0.0.3"], "search": [],
            })
        )
    );
    // What does not fit is mended in the same form.
    app.told(task.what, Err("`10.0.0.5/24`: expected another".into()));
    let page = shown(&app);
    assert!(
        page.contains("expected another") && page.contains("10.0.0.5/24"),
        "{page}"
    );
    let task = press(&mut app, "\n").unwrap();
    app.told(task.what, Ok(json!({ "change": 7 })));
    let mut told = status();
    told["network"] = json!({ "change": 7, "secondsLeft": 58 });
    app.told(What::Status, Ok(told));
    assert!(shown(&app).contains("goes back in 58 s"), "{}", shown(&app));
    assert_eq!(press(&mut app, "x\n"), None, "only y and n");
    let task = press(&mut app, "y").unwrap();
    assert_eq!(
        (task.verb, &task.params["change"]),
        ("network.confirm", &json!(7))
    );
    app.told(task.what, Ok(json!({})));
    assert!(shown(&app).contains("as it was asked for"));
}

#[test]
fn a_trial_that_is_over_leaves_its_page_and_an_older_answer_does_not() {
    let mut app = at_home();
    app.told(What::Trial, Ok(json!({ "change": 7 })));
    app.told(What::Status, Ok(status()));
    assert!(
        shown(&app).contains("on trial"),
        "that answer was older than the change"
    );
    let mut told = status();
    told["network"] = json!({ "change": 7, "secondsLeft": 2 });
    app.told(What::Status, Ok(told));
    app.told(What::Status, Ok(status()));
    assert!(
        shown(&app).contains("Nobody kept the change"),
        "{}",
        shown(&app)
    );
}

#[test]
fn dangers_need_their_word() {
    for (key, word, verb, params) in [
        ("r", "REBOOT", "power", json!({ "action": "reboot" })),
        ("o", "OFF", "power", json!({ "action": "poweroff" })),
        ("f", "ERASE", "factory-reset", json!({ "word": "ERASE" })),
    ] {
        let mut app = at_home();
        assert_eq!(press(&mut app, key), None);
        assert!(
            shown(&app).contains(&format!("Type {word}")),
            "{}",
            shown(&app)
        );
        for wrong in ["\n", "yes\n", &format!("{}\n", word.to_lowercase())] {
            assert_eq!(press(&mut app, wrong), None, "{wrong:?}");
            assert!(shown(&app).contains("nothing is done"));
            press(&mut app, key);
        }
        assert_eq!(
            press(&mut app, &format!("{word}\u{1b}")),
            None,
            "Escape leaves"
        );
        press(&mut app, key);
        let task = press(&mut app, &format!("{word}\n")).unwrap();
        assert_eq!((task.verb, Value::Object(task.params)), (verb, params));
        app.told(task.what, Ok(json!({})));
        assert!(shown(&app).contains("It begins."));
    }
}

#[test]
fn a_password_is_typed_twice_and_never_shown() {
    let mut app = at_home();
    let task = press(&mut app, "p").unwrap();
    app.told(task.what, Ok(json!({ "names": ["admin", "ann"] })));
    assert_eq!(press(&mut app, "\tcorrect horse\tcorrect house\n"), None);
    let page = shown(&app);
    assert!(
        page.contains("differ") && page.contains("*************"),
        "{page}"
    );
    assert!(!page.contains("horse") && !page.contains("house"), "{page}");
    let task = press(&mut app, &format!("{}rse\n", "\u{8}".repeat(3))).unwrap();
    assert_eq!(
        (task.verb, Value::Object(task.params)),
        (
            "reset-password",
            json!({ "account": "admin", "password": "correct horse" })
        )
    );
    app.told(task.what, Err("no such administrator admin".into()));
    assert!(shown(&app).contains("no such administrator"));
}

#[test]
fn the_self_check_and_the_bundle_say_what_came_of_them() {
    let mut app = at_home();
    let task = press(&mut app, "c").unwrap();
    app.told(task.what, Ok(json!({ "checks": [
        { "name": "disk", "state": "ok", "text": "fine" },
        { "name": "dns", "state": "failed", "text": "no answer", "action": "check the name servers" },
    ] })));
    let page = shown(&app);
    assert!(page.contains(" ok      disk         fine"), "{page}");
    assert!(page.contains("-> check the name servers"), "{page}");
    press(&mut app, "x");
    let task = press(&mut app, "b").unwrap();
    app.told(task.what, Ok(json!("/var/lib/xoa/support/support.tar.gz")));
    assert!(shown(&app).contains("support.tar.gz is made"));
}

#[test]
fn every_page_fits_a_small_terminal_too() {
    let mut app = at_home();
    for keys in ["", "r", "\u{1b}", "o", "\u{1b}"] {
        press(&mut app, keys);
        for (width, height) in [(40, 12), (1, 1), (200, 60)] {
            let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
            terminal.draw(|frame| draw(frame, &app)).unwrap();
        }
    }
}

/// What keys ask for is what the agent's verbs take.
#[test]
fn the_keys_work_on_an_agent() {
    let scene = Scene::new();
    scene.write("var/lib/xo-server/setup-code", "REZDR-J7ENY");
    scene.prints("setpriv", "admin\n");
    let mut app = App::default();
    let carry = |app: &mut App, task: Task| {
        let outcome = scene.ask(task.verb, Value::Object(task.params));
        app.told(task.what, outcome.map_err(|fault| fault.to_string()));
    };
    for task in App::look() {
        carry(&mut app, task);
    }
    let page = shown(&app);
    assert!(
        page.contains("https://10.0.0.9/") && page.contains("REZDR-J7ENY"),
        "{page}"
    );
    for keys in [
        "n",
        "\u{8}\u{8}\u{8}\u{8}static\t10.0.0.5/24\t\t\t\n",
        "y",
        "p",
        "\tcorrect horse\tcorrect horse\n",
        "c",
    ] {
        let task = press(&mut app, keys)
            .unwrap_or_else(|| panic!("{keys:?} asks nothing: {}", shown(&app)));
        carry(&mut app, task);
        for task in App::look() {
            carry(&mut app, task);
        }
    }
    assert!(
        scene
            .text("var/lib/xoa/settings.json")
            .contains("10.0.0.5/24")
    );
    assert!(
        scene
            .ran()
            .iter()
            .any(|line| line.ends_with("< correct horse"))
    );
    assert!(shown(&app).contains("certificate"), "{}", shown(&app));
}
