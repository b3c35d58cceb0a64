//! The player itself: keys in, frames out. What a frame shows is decided, and tested, in `history::player`.

use std::io::{self, Write as _, stdout};

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, read};
use crossterm::style::Print;
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode, size,
};
use crossterm::{execute, queue};
use history::Chain;
use history::language::Language;
use history::player::{Size, frame};
use history::text::Names;

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyMeaning {
    /// Choose the fact with this number.
    Choose(usize),
    /// Leave.
    Quit,
}

/// Shows the chain until somebody quits; the terminal is given back as it was, whatever happens.
pub fn play(chain: &Chain, names: &Names, language: Language) -> io::Result<()> {
    enable_raw_mode()?;
    let shown =
        execute!(stdout(), EnterAlternateScreen, Hide).and_then(|()| step_through(chain, names, language));
    let left = execute!(stdout(), Show, LeaveAlternateScreen);
    disable_raw_mode()?;
    shown.and(left)
}

fn step_through(chain: &Chain, names: &Names, language: Language) -> io::Result<()> {
    let mut chosen = 0;
    loop {
        draw(&frame(chain, names, language, chosen, terminal_size()?))?;
        match meaning_of(&read()?, chosen, chain.steps.len()) {
            KeyMeaning::Choose(next) => chosen = next,
            KeyMeaning::Quit => return Ok(()),
        }
    }
}

fn terminal_size() -> io::Result<Size> {
    let (columns, rows) = size()?;
    Ok(Size {
        columns: usize::from(columns),
        rows: usize::from(rows),
    })
}

fn draw(lines: &[String]) -> io::Result<()> {
    let mut out = stdout().lock();
    queue!(out, Clear(ClearType::All))?;
    for (row, line) in (0u16..).zip(lines) {
        queue!(out, MoveTo(0, row), Print(line))?;
    }
    out.flush()
}

/// What this event asks for while the fact `chosen` of `facts` is shown; a new size only asks to be drawn again.
fn meaning_of(event: &Event, chosen: usize, facts: usize) -> KeyMeaning {
    let last = facts.saturating_sub(1);
    let Event::Key(KeyEvent {
        code,
        modifiers,
        kind: KeyEventKind::Press | KeyEventKind::Repeat,
        ..
    }) = event
    else {
        return KeyMeaning::Choose(chosen);
    };
    if *code == KeyCode::Char('c') && modifiers.contains(KeyModifiers::CONTROL) {
        return KeyMeaning::Quit;
    }
    let (previous, next) = (chosen.saturating_sub(1), (chosen + 1).min(last));
    let keys = [
        (KeyCode::Right, KeyMeaning::Choose(next)),
        (KeyCode::Down, KeyMeaning::Choose(next)),
        (KeyCode::Char(' '), KeyMeaning::Choose(next)),
        (KeyCode::Left, KeyMeaning::Choose(previous)),
        (KeyCode::Up, KeyMeaning::Choose(previous)),
        (KeyCode::Home, KeyMeaning::Choose(0)),
        (KeyCode::End, KeyMeaning::Choose(last)),
        (KeyCode::Char('q'), KeyMeaning::Quit),
        (KeyCode::Esc, KeyMeaning::Quit),
    ];
    let found = keys.into_iter().find(|(key, _)| key == code);
    found.map_or(KeyMeaning::Choose(chosen), |(_, meaning)| meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode) -> Event {
        Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    #[test]
    fn arrows_step_and_stop_at_both_ends() {
        for (code, from, to) in [
            (KeyCode::Right, 0, 1),
            (KeyCode::Right, 4, 4),
            (KeyCode::Left, 3, 2),
            (KeyCode::Left, 0, 0),
            (KeyCode::End, 1, 4),
            (KeyCode::Home, 3, 0),
            (KeyCode::Char('x'), 2, 2),
        ] {
            assert_eq!(
                meaning_of(&key(code), from, 5),
                KeyMeaning::Choose(to),
                "{code:?} from {from}"
            );
        }
    }

    #[test]
    fn q_escape_and_control_c_quit() {
        let control_c = Event::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL));
        for event in [key(KeyCode::Char('q')), key(KeyCode::Esc), control_c] {
            assert_eq!(meaning_of(&event, 1, 5), KeyMeaning::Quit);
        }
        assert_eq!(meaning_of(&Event::Resize(80, 24), 1, 5), KeyMeaning::Choose(1));
    }
}
