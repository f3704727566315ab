//! A terminal and an agent. Questions are asked on threads of their own, so that keys are taken while an answer is awaited.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, poll, read};
use crossterm::{cursor, execute, terminal};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use serde_json::Value;

use super::app::{App, Outcome, Task, What};
use super::view::draw;
use crate::agent::client::Ask;

const TICK: Duration = Duration::from_millis(250);
/// Between two looks at the agent: while the machine comes up, and when all is quiet.
const SOON: Duration = Duration::from_secs(2);
const LATER: Duration = Duration::from_secs(30);
/// The kernel writes over the screen, and who attaches to a serial line sees only what changes.
const ANEW: Duration = Duration::from_secs(60);

type Answers = (What, Outcome);

/// Shows the screen until the terminal is gone.
///
/// # Errors
/// The terminal's.
pub fn run(agent: &Arc<dyn Ask + Send + Sync>, bundles: &Path) -> io::Result<()> {
    end_with_the_terminal()?;
    terminal::enable_raw_mode()?;
    execute!(io::stdout(), cursor::Hide)?;
    let ended = converse(agent, bundles);
    let _ = execute!(io::stdout(), cursor::Show);
    let _ = terminal::disable_raw_mode();
    ended
}

/// The library that reads keys does so for ever from a terminal that is gone, and who started this may have told it not to mind the
/// signal of that.
fn end_with_the_terminal() -> io::Result<()> {
    let thread = std::thread::Builder::new().name("hang-up".into());
    thread.spawn(|| {
        let input = io::stdin();
        // Nothing is asked for: an end is told all the same.
        let mut ends = [PollFd::new(&input, PollFlags::empty())];
        while rustix::event::poll(&mut ends, None) == Err(Errno::INTR) {}
        std::process::exit(1);
    })?;
    Ok(())
}

fn converse(agent: &Arc<dyn Ask + Send + Sync>, bundles: &Path) -> io::Result<()> {
    let (sender, answers) = channel();
    let mut app = App::default();
    let mut size = area();
    let mut screen = open(size)?;
    let mut looked: Option<Instant> = None;
    let mut drawn = Instant::now();
    // Drawing sends something also when nothing differs, and a serial line is slow.
    let mut is_stale = true;
    loop {
        let pause = if app.is_restless() { SOON } else { LATER };
        if looked.is_none_or(|at| at.elapsed() >= pause) {
            looked = Some(Instant::now());
            for task in App::look() {
                start(agent, bundles, task, &sender)?;
            }
        }
        is_stale |= take(&mut app, &answers);
        if size != area() {
            size = area();
            screen = open(size)?;
            is_stale = true;
        }
        if drawn.elapsed() >= ANEW {
            screen = open(size)?;
            drawn = Instant::now();
            is_stale = true;
        }
        if std::mem::take(&mut is_stale) {
            screen.draw(|frame| draw(frame, &app))?;
        }
        if !poll(TICK)? {
            continue;
        }
        let Event::Key(key) = read()? else {
            continue;
        };
        if key.kind != KeyEventKind::Press {
            continue;
        }
        is_stale = true;
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            if key.code == KeyCode::Char('l') {
                screen = open(size)?;
                drawn = Instant::now();
            }
            continue;
        }
        if let Some(task) = app.key(key.code) {
            start(agent, bundles, task, &sender)?;
            // What it changes shows soon.
            looked = None;
        } else if key.code == KeyCode::Enter {
            screen = open(size)?;
        }
    }
}

/// An empty screen. The library's own way to clear one asks the terminal where its cursor is, and on a serial line nobody may answer.
fn open(size: Rect) -> io::Result<Terminal<CrosstermBackend<io::Stdout>>> {
    let options = TerminalOptions {
        viewport: Viewport::Fixed(size),
    };
    execute!(io::stdout(), terminal::Clear(terminal::ClearType::All))?;
    Terminal::with_options(CrosstermBackend::new(io::stdout()), options)
}

/// A serial line does not know how large what hangs on it is.
fn area() -> Rect {
    match terminal::size() {
        Ok((width, height)) if width >= 40 && height >= 12 => Rect::new(0, 0, width, height),
        _ => Rect::new(0, 0, 80, 24),
    }
}

/// Tells whether there were any.
fn take(app: &mut App, answers: &Receiver<Answers>) -> bool {
    let mut any = false;
    for (what, outcome) in answers.try_iter() {
        app.told(what, outcome);
        any = true;
    }
    any
}

fn start(
    agent: &Arc<dyn Ask + Send + Sync>,
    bundles: &Path,
    task: Task,
    answers: &Sender<Answers>,
) -> io::Result<()> {
    let (agent, bundles, answers) = (Arc::clone(agent), bundles.to_owned(), answers.clone());
    let thread = std::thread::Builder::new().name(task.verb.to_owned());
    thread.spawn(move || {
        let outcome = match task.what {
            What::Bundle => bundle(agent.as_ref(), &bundles),
            _ => agent
                .ask(task.verb, task.params)
                .map_err(|error| error.to_string()),
        };
        // Nobody waits any more when the screen is gone.
        let _ = answers.send((task.what, outcome));
    })?;
    Ok(())
}

/// Keeps one bundle, the newest.
fn bundle(agent: &dyn Ask, folder: &Path) -> Outcome {
    let path = folder.join("support.tar.gz");
    let fresh = folder.join("support.tar.gz.new");
    let in_words = |error: io::Error| format!("{}: {error}", path.display());
    let fetched = (|| {
        std::fs::create_dir_all(folder).map_err(in_words)?;
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&fresh)
            .map_err(in_words)?;
        agent
            .fetch("bundle", &mut file)
            .map_err(|error| error.to_string())?;
        file.flush()
            .and_then(|()| file.sync_all())
            .map_err(in_words)?;
        std::fs::rename(&fresh, &path).map_err(in_words)
    })();
    match fetched {
        Ok(()) => Ok(Value::String(path.display().to_string())),
        Err(fault) => {
            let _ = std::fs::remove_file(&fresh);
            Err(fault)
        }
    }
}
