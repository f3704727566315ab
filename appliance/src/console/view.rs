//! One frame. What comes from outside may have any letters; the terminal gets none that steer it.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style, Styled};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};
use serde_json::Value;

use super::app::{App, Page};
use super::form::Form;
use crate::command::duration;

const KEYS: &str = " n network   p password   c self-check   b support bundle\n r reboot    o power off  f factory reset";

/// Draws it.
pub fn draw(frame: &mut Frame<'_>, app: &App) {
    let parts = Layout::vertical([
        Constraint::Length(2),
        Constraint::Min(8),
        Constraint::Length(2),
        Constraint::Length(1),
        Constraint::Length(2),
    ]);
    let [head, body, notice, rule, keys] = parts.areas(frame.area());
    frame.render_widget(header(app, head), head);
    let page = match &app.page {
        Page::Home => home(app),
        Page::Network(form) => form_page(
            "The network. A change goes back by itself unless you keep it.",
            form,
        ),
        Page::Trial { .. } => trial(app),
        Page::Password(form) => form_page("A new password for an administrator.", form),
        Page::Word(danger, form) => {
            let mut lines = form_page(danger.text(), form);
            let question = format!(" Type {} and Enter to do it; Esc leaves.", danger.word());
            lines.push(Line::from(question));
            lines
        }
        Page::Check(told) => check(told),
        Page::Wait(text) => vec![Line::default(), Line::from(format!(" {text}"))],
    };
    frame.render_widget(Paragraph::new(page).wrap(Wrap { trim: false }), body);
    if let Some(text) = &app.notice {
        let line = Paragraph::new(plain(&format!(" {text}"))).wrap(Wrap { trim: false });
        frame.render_widget(
            line.style(Style::new().add_modifier(Modifier::BOLD)),
            notice,
        );
    }
    frame.render_widget(Paragraph::new("-".repeat(usize::from(rule.width))), rule);
    let text = match &app.page {
        Page::Home => KEYS,
        Page::Network(_) | Page::Password(_) | Page::Word(..) => {
            " Tab or Enter: next line   Enter in the last: do it   Esc: leave"
        }
        Page::Trial { .. } => " y keep it   n go back now",
        Page::Check(_) => " any key: back",
        Page::Wait(_) => "",
    };
    frame.render_widget(Paragraph::new(text), keys);
}

/// Without letters that steer a terminal.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn header(app: &App, area: Rect) -> Paragraph<'static> {
    let mut left = " XOA".to_owned();
    let mut right = String::new();
    if let Some(Ok(status)) = &app.status {
        left = format!(" XOA {}", text(status, "/version"));
        if let Some(slot) = status.pointer("/slots/running").and_then(Value::as_str) {
            left.push_str(&format!(" (slot {slot})"));
        }
        right = plain(text(status, "/hostname"));
    }
    let width = usize::from(area.width);
    let gap = width.saturating_sub(left.chars().count() + right.chars().count() + 1);
    let first = Line::from(format!("{left}{}{right}", " ".repeat(gap.max(1))));
    let first = first.style(Style::new().add_modifier(Modifier::BOLD));
    Paragraph::new(vec![first, Line::from("-".repeat(width))])
}

fn colour(state: &str) -> Style {
    match state {
        "ok" => Style::new().fg(Color::Green),
        "warning" => Style::new().fg(Color::Yellow),
        _ => Style::new().fg(Color::Red),
    }
}

fn home(app: &App) -> Vec<Line<'static>> {
    let status = match &app.status {
        None => return vec![Line::from(" One moment ...")],
        Some(Err(fault)) => {
            let words = plain(&format!(" {fault}"));
            return vec![
                Line::from(words).style(colour("failed")),
                Line::from(
                    " It is started again by itself. If it stays so, reset the VM on the pool.",
                ),
            ];
        }
        Some(Ok(status)) => status,
    };
    let state = text(status, "/health/state");
    let up = status
        .pointer("/uptimeSeconds")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    let mut lines = vec![
        Line::from(vec![
            Span::styled(format!(" {state}"), colour(state)),
            Span::raw(format!(": {}", plain(text(status, "/health/text")))),
        ]),
        Line::from(format!(" up {}", duration(up))),
        Line::default(),
    ];
    let urls = status.pointer("/urls").and_then(Value::as_array);
    let urls: Vec<&str> = urls
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if urls.is_empty() {
        lines.push(Line::from(without_address(status)).style(colour("warning")));
    } else {
        lines.push(Line::from(" Open in a browser:"));
        // More would push the rest off the screen.
        for url in urls.iter().take(4) {
            let url = Span::raw(format!("   {url}"));
            lines.push(Line::from(
                url.set_style(Style::new().add_modifier(Modifier::BOLD)),
            ));
        }
        if urls.len() > 4 {
            lines.push(Line::from(format!(
                "   and {} more: press n",
                urls.len() - 4
            )));
        }
    }
    lines.push(Line::default());
    let fingerprint = text(status, "/certificate/fingerprint");
    if fingerprint.is_empty() {
        lines.push(Line::from(
            " The server has no certificate yet: it is starting.",
        ));
    } else {
        lines.push(Line::from(" Its certificate, SHA-256:"));
        let (first, second) = fingerprint
            .split_at_checked(48)
            .unwrap_or((fingerprint, ""));
        for half in [first, second] {
            lines.push(Line::from(format!("   {half}")));
        }
    }
    lines.push(Line::default());
    if let Some(code) = &app.code {
        lines.push(Line::from(vec![
            Span::raw(" Setup code: "),
            Span::styled(code.clone(), Style::new().add_modifier(Modifier::BOLD)),
            Span::raw("   the browser asks for it, and makes the first administrator"),
        ]));
    }
    if let Some(left) = status
        .pointer("/network/secondsLeft")
        .and_then(Value::as_u64)
    {
        lines.push(Line::from(format!(
            " A change of the network goes back in {left} s unless somebody keeps it."
        )));
    }
    lines.extend(others(status));
    lines
}

/// Why there is nothing to open, and what helps.
fn without_address(status: &Value) -> &'static str {
    let adapters = status.pointer("/interfaces").and_then(Value::as_array);
    let is_up = |adapter: &Value| adapter.pointer("/isUp") == Some(&Value::Bool(true));
    match adapters {
        Some(none) if none.is_empty() => " No network adapter: give the VM one on the pool.",
        Some(all) if !all.iter().any(is_up) => {
            " No adapter is connected: connect the VM's to a network on the pool."
        }
        _ => " No address yet. Without DHCP, set one: press n.",
    }
}

/// What was wrong at the start and is not in the line of health already. Last, since it may be long.
fn others(status: &Value) -> Vec<Line<'static>> {
    let problems = status.pointer("/problems").and_then(Value::as_array);
    let mut lines = vec![Line::default()];
    for problem in problems.into_iter().flatten() {
        let [place, what, therefore] =
            ["/place", "/what", "/therefore"].map(|part| text(problem, part));
        let words = format!("{place}: {what}; {therefore}");
        if words != text(status, "/health/text") {
            let words = Line::from(plain(&format!(" {words}")));
            lines.push(words.style(colour("warning")));
        }
    }
    lines
}

fn trial(app: &App) -> Vec<Line<'static>> {
    let status = app.status.as_ref().and_then(|told| told.as_ref().ok());
    let left = status.and_then(|status| status.pointer("/network/secondsLeft")?.as_u64());
    let urls = status.and_then(|status| status.pointer("/urls")?.as_array());
    let mut lines = vec![
        Line::from(" The network is changed on trial."),
        Line::from(match left {
            Some(left) => format!(" It goes back in {left} s, unless you keep it."),
            None => " It goes back by itself, unless you keep it.".to_owned(),
        }),
        Line::default(),
        Line::from(" The addresses now:"),
    ];
    for url in urls.into_iter().flatten().filter_map(Value::as_str) {
        lines.push(Line::from(format!("   {url}")));
    }
    lines
}

fn form_page(title: &str, form: &Form) -> Vec<Line<'static>> {
    let mut lines = vec![Line::from(format!(" {title}")), Line::default()];
    for (at, field) in form.fields.iter().enumerate() {
        let shown = if field.is_secret {
            "*".repeat(field.text.chars().count())
        } else {
            plain(&field.text)
        };
        let is_here = at == form.at;
        let mark = if is_here { ">" } else { " " };
        let end = if is_here { "_" } else { "" };
        lines.push(Line::from(format!(
            "{mark} {:<24} {shown}{end}",
            field.label
        )));
    }
    lines.push(Line::default());
    lines
}

fn check(told: &Value) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let checks = told.pointer("/checks").and_then(Value::as_array);
    for one in checks.into_iter().flatten() {
        let state = text(one, "/state");
        lines.push(Line::from(vec![
            Span::styled(format!(" {state:<8}"), colour(state)),
            Span::raw(plain(&format!(
                "{:<12} {}",
                text(one, "/name"),
                text(one, "/text")
            ))),
        ]));
        let action = text(one, "/action");
        if !action.is_empty() {
            lines.push(Line::from(plain(&format!("          -> {action}"))));
        }
    }
    lines
}
