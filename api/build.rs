//! Makes the table of problem codes from the pages of `docs/problems`: a code's word is the page's file name, its title the
//! heading, its status stands in the line below.

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

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../docs/problems");
    writeln!(io::stdout(), "cargo:rerun-if-changed={}", folder.display())?;
    let mut pages = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        let text = fs::read_to_string(&path)?;
        pages.push(read(&path, &text).ok_or_else(|| {
            let form = "`# Title`, an empty line, and `` `its_file_name` · HTTP status 409 ``";
            format!("{} does not begin with {form}", path.display())
        })?);
    }
    pages.sort_by(|left, right| (left.status, &left.word).cmp(&(right.status, &right.word)));
    let target = Path::new(&env::var("OUT_DIR")?).join("codes.rs");
    fs::write(target, table(&pages)?)?;
    Ok(())
}

/// The page's own first lines; none if they are not in the form every page has.
fn read(path: &Path, text: &str) -> Option<Page> {
    let word = path.file_stem()?.to_str()?.to_owned();
    let mut lines = text.lines();
    let title = lines.next()?.strip_prefix("# ")?.to_owned();
    lines.next().filter(|line| line.is_empty())?;
    let status = lines.next()?.strip_prefix(&format!("`{word}` · HTTP status "))?;
    let status = status.parse().ok().filter(|status| (400..600).contains(status))?;
    Some(Page {
        status,
        word,
        title,
        path: path.to_owned(),
    })
}

/// The enum, the list of all codes, and the row of each.
fn table(pages: &[Page]) -> Result<String, Box<dyn Error>> {
    let (mut variants, mut all, mut rows) = (String::new(), String::new(), String::new());
    for page in pages {
        let Page {
            status,
            word,
            title,
            path,
        } = page;
        let name = name_of(word);
        writeln!(variants, "/// {title}.\n{name},")?;
        writeln!(all, "Self::{name},")?;
        write!(
            rows,
            "Self::{name} => Row {{ word: {word:?}, status: {status}, title: {title:?}, page: include_str!({path:?}) }}, "
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

/// `slot_taken` as `SlotTaken`.
fn name_of(word: &str) -> String {
    let capitalised = |part: &str| {
        let mut letters = part.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    word.split('_').map(capitalised).collect()
}
