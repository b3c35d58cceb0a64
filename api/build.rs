//! Makes the table of problem codes from the pages of `docs/problems` and their Russian counterparts in `docs/problems/ru`: a code's
//! word is the page's file name, its title the heading, its status stands in the line below.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// What a page says of its code.
struct Page {
    status: u16,
    word: String,
    title: String,
    path: PathBuf,
}

/// A code's pages in both languages.
struct Both {
    english: Page,
    russian: Page,
}

/// What stands before the status on an English page, and on a Russian one.
const STATUS: &str = "HTTP status";
const STATUS_RU: &str = "статус HTTP";

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../docs/problems");
    writeln!(io::stdout(), "cargo:rerun-if-changed={}", folder.display())?;
    let mut pages = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.is_dir() {
            continue;
        }
        let english = read(&path, STATUS)?;
        let russian = read(
            &folder.join("ru").join(path.file_name().unwrap_or_default()),
            STATUS_RU,
        )?;
        if english.status != russian.status {
            return Err(format!("{}: its Russian page says another status", path.display()).into());
        }
        pages.push(Both { english, russian });
    }
    let russian = fs::read_dir(folder.join("ru"))?.count();
    if russian != pages.len() {
        return Err(format!("{} pages, but {russian} Russian ones", pages.len()).into());
    }
    pages.sort_by_key(|both| (both.english.status, both.english.word.clone()));
    let target = Path::new(&env::var("OUT_DIR")?).join("codes.rs");
    fs::write(target, table(&pages)?)?;
    Ok(())
}

/// What the page says of its code.
fn read(path: &Path, status: &str) -> Result<Page, Box<dyn Error>> {
    let text = fs::read_to_string(path).map_err(|error| {
        format!(
            "{}: {error}; each code has an English and a Russian page",
            path.display()
        )
    })?;
    let page = head(path, &text, status).ok_or_else(|| {
        let form = format!("`# Title`, an empty line, and `` `its_file_name` · {status} 409 ``");
        format!("{} does not begin with {form}", path.display())
    })?;
    Ok(page)
}

/// The page's own first lines; none if they are not in the form every page has.
fn head(path: &Path, text: &str, status: &str) -> Option<Page> {
    let word = path.file_stem()?.to_str()?.to_owned();
    let mut lines = text.lines();
    let title = lines.next()?.strip_prefix("# ")?.to_owned();
    lines.next().filter(|line| line.is_empty())?;
    let status = lines.next()?.strip_prefix(&format!("`{word}` · {status} "))?;
    let status = status.parse().ok().filter(|status| (400..600).contains(status))?;
    Some(Page {
        status,
        word,
        title,
        path: path.to_owned(),
    })
}

/// The enum, the list of all codes, and the row of each.
fn table(pages: &[Both]) -> Result<String, Box<dyn Error>> {
    let (mut variants, mut all, mut rows) = (String::new(), String::new(), String::new());
    for Both { english, russian } in pages {
        let Page {
            status, word, title, ..
        } = english;
        let name = name_of(word);
        writeln!(variants, "/// {title}.\n{name},")?;
        writeln!(all, "Self::{name},")?;
        write!(
            rows,
            "Self::{name} => Row {{ word: {word:?}, status: {status}, english: {}, russian: {} }}, ",
            told(english),
            told(russian)
        )?;
    }
    Ok(format!(
        "/// What went wrong, as a stable word clients may switch on.\n\
         #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]\n\
         pub enum Code {{ {variants} }}\n\
         impl Code {{\n\
         /// Every code, in the order of their statuses.\n\
         pub const ALL: [Self; {}] = [ {all} ];\n\
         const fn row(self) -> Row {{ match self {{ {rows} }} }}\n\
         }}\n",
        pages.len()
    ))
}

/// What one page says.
fn told(page: &Page) -> String {
    format!(
        "Told {{ title: {:?}, page: include_str!({:?}) }}",
        page.title, page.path
    )
}

/// `slot_taken` as `SlotTaken`.
fn name_of(word: &str) -> String {
    let capitalised = |part: &str| {
        let mut letters = part.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    word.split('_').map(capitalised).collect()
}
