//! What a witness' file survives: damage is refused and kept, half a line is cut off, a full disk leaves nothing half written.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use audit::{HeadsFile, HeadsFileError, ObserveError, heads_file};
use notary::tree::{consistency_proof, root_at};
use notary::witness::Acceptance;
use notary::{Frontier, Hash, NodeId, PrivateKey, SignedTreeHead, TreeHead};
use uuid::Uuid;

use crate::witnessing::Folder;

/// Set for the process that works on a full disk: where its file is.
const FULL_DISK: &str = "TOT_TEST_FULL_DISK";
/// Room for the first head and not for the second.
const DISK_BYTES: u64 = 1_024;

/// A tree of a hundred leaves without a database.
struct Tree {
    nodes: BTreeMap<NodeId, Hash>,
    key: PrivateKey,
}

impl Tree {
    fn new() -> Self {
        let (mut frontier, mut nodes) = (Frontier::default(), BTreeMap::new());
        for leaf in 0_u8..100 {
            frontier.append(Hash::of_leaf(&[leaf]), |id, hash| {
                nodes.insert(id, hash);
            });
        }
        let key = PrivateKey::from_seed(&[1; 32]);
        Self { nodes, key }
    }

    fn head(&self, size: u64) -> SignedTreeHead {
        let head = TreeHead {
            log_id: Uuid::from_u128(7),
            tree_size: size,
            root_hash: root_at(&self.nodes, size).unwrap(),
            position: size.try_into().unwrap(),
            time_us: 1,
        };
        head.sign(&self.key)
    }

    fn open(&self, path: &Path) -> Result<HeadsFile, HeadsFileError> {
        HeadsFile::open(path, vec![self.key.public()])
    }

    fn show(&self, file: &HeadsFile, from: u64, size: u64) -> Result<Acceptance, ObserveError> {
        let path = consistency_proof(&self.nodes, from, size).unwrap();
        file.observe(&self.head(size), &path)
    }

    /// A file with these heads.
    fn written(&self, folder: &Folder, sizes: &[u64]) -> PathBuf {
        let path = folder.0.join("heads.jsonl");
        let file = self.open(&path).unwrap();
        let mut before = 0;
        for size in sizes {
            self.show(&file, before, *size).unwrap();
            before = *size;
        }
        path
    }
}

fn sizes(path: &Path) -> Vec<u64> {
    let heads = heads_file::read_heads(path).unwrap();
    heads.iter().map(|head| head.unverified().tree_size).collect()
}

fn append(path: &Path, bytes: &[u8]) {
    let mut file = OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(bytes).unwrap();
}

#[test]
fn a_damaged_file_or_another_one_is_refused_and_stays_as_it_is() {
    let (tree, folder) = (Tree::new(), Folder::new());
    let path = tree.written(&folder, &[10, 70]);
    let whole = fs::read(&path).unwrap();
    let line = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for damaged in [
        [whole.as_slice(), b"x\n"].concat(),
        [whole.as_slice(), b"x"].concat(),
        [b"x\n", whole.as_slice()].concat(),
        [&whole[..line], b"{\"head\":\n", &whole[line..]].concat(),
        [&whole[..line], &[0; 9], &whole[line..]].concat(),
        [whole.as_slice(), &[0; 100_000]].concat(),
        b"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA".to_vec(),
        b"\x7fELF".to_vec(),
    ] {
        fs::write(&path, &damaged).unwrap();
        let refused = tree.open(&path);
        assert!(matches!(refused, Err(HeadsFileError::Line { .. })), "{refused:?}");
        assert_eq!(fs::read(&path).unwrap(), damaged);
        assert!(heads_file::read_heads(&path).is_err());
    }
    let refused = tree.open(&folder.0);
    assert!(matches!(refused, Err(HeadsFileError::Io(..))), "{refused:?}");
}

#[test]
fn half_a_line_is_cut_off_before_the_next_one_is_written_whoever_left_it() {
    let (tree, folder) = (Tree::new(), Folder::new());
    let path = tree.written(&folder, &[10]);
    let whole = fs::read(&path).unwrap();
    for half in [
        b"{".as_slice(),
        b"{\"head\":{\"form\":\"tot-tree-head/1\",\"log_id\":\"0",
    ] {
        append(&path, half);
        assert_eq!(sizes(&path), [10], "whoever reads it meanwhile passes over it");
        tree.open(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), whole);
    }
    let file = tree.open(&path).unwrap();
    append(&path, b"{\"head\":{");
    assert_eq!(tree.show(&file, 10, 70).unwrap(), Acceptance::Grown);
    assert_eq!(sizes(&path), [10, 70]);
}

#[test]
fn a_line_that_lacks_its_end_alone_is_kept() {
    let (tree, folder) = (Tree::new(), Folder::new());
    let path = tree.written(&folder, &[10, 70]);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, whole.trim_ascii_end()).unwrap();
    assert_eq!(sizes(&path), [10, 70]);
    let file = tree.open(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), whole);
    assert_eq!(tree.show(&file, 70, 90).unwrap(), Acceptance::Grown);
    assert_eq!(sizes(&path), [10, 70, 90]);
}

#[test]
fn a_file_that_is_cut_off_while_it_is_open_takes_no_head() {
    let (tree, folder) = (Tree::new(), Folder::new());
    let path = tree.written(&folder, &[10, 70]);
    let file = tree.open(&path).unwrap();
    let text = fs::read(&path).unwrap();
    OpenOptions::new()
        .write(true)
        .open(&path)
        .and_then(|file| file.set_len(500))
        .unwrap();
    let refused = tree.show(&file, 70, 90);
    assert!(
        matches!(refused, Err(ObserveError::File(HeadsFileError::Shrunk(_)))),
        "{refused:?}"
    );
    assert_eq!(fs::read(&path).unwrap(), &text[..500]);
}

/// What the how-to says of a file that grew too long.
#[test]
fn a_file_that_begins_with_the_last_line_of_another_goes_on_from_there() {
    let (tree, folder) = (Tree::new(), Folder::new());
    let path = tree.written(&folder, &[10, 70]);
    let text = fs::read_to_string(&path).unwrap();
    fs::rename(&path, folder.0.join("heads-2026.jsonl")).unwrap();
    fs::write(&path, format!("{}\n", text.lines().last().unwrap())).unwrap();
    let file = tree.open(&path).unwrap();
    assert_eq!(tree.show(&file, 70, 90).unwrap(), Acceptance::Grown);
    assert_eq!(sizes(&path), [70, 90]);
}

#[test]
fn a_first_head_follows_from_nothing_whatever_is_shown_with_it() {
    let (tree, folder) = (Tree::new(), Folder::new());
    let path = folder.0.join("heads.jsonl");
    let file = tree.open(&path).unwrap();
    let accepted = file.observe(&tree.head(10), &[Hash::ZERO; 900]).unwrap();
    assert_eq!(accepted, Acceptance::First);
    assert!(
        fs::read_to_string(&path)
            .unwrap()
            .ends_with("\"consistency\":[]}\n")
    );
}

/// By a process that may write so many bytes into one file and no more.
#[test]
fn on_a_full_disk_no_half_line_is_left_and_nothing_is_acknowledged() {
    let tree = Tree::new();
    if let Some(path) = std::env::var_os(FULL_DISK) {
        on_a_full_disk(&tree, Path::new(&path));
        return;
    }
    let folder = Folder::new();
    let path = tree.written(&folder, &[10]);
    let output = Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; limit=$1; shift; exec prlimit --fsize=\"$limit\" \"$@\"",
            "sh",
        ])
        .arg(DISK_BYTES.to_string())
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "heads_files::on_a_full_disk_no_half_line_is_left_and_nothing_is_acknowledged",
        ])
        .env(FULL_DISK, &path)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    // With room again it goes on.
    let file = tree.open(&path).unwrap();
    assert_eq!(tree.show(&file, 10, 70).unwrap(), Acceptance::Grown);
    assert_eq!(sizes(&path), [10, 70]);
}

fn on_a_full_disk(tree: &Tree, path: &Path) {
    let before = fs::read(path).unwrap();
    let file = tree.open(path).unwrap();
    for _ in 0..2 {
        let refused = tree.show(&file, 10, 70);
        assert!(matches!(refused, Err(ObserveError::Io(_))), "{refused:?}");
        assert_eq!(fs::read(path).unwrap(), before);
    }
}
