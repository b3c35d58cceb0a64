//! Rebuilds the crate when a migration is added, removed or edited.

fn main() {
    let mut out = std::io::stdout();
    // A build script speaks to cargo through its standard output; nobody is left to tell if that is closed.
    let _ = std::io::Write::write_all(&mut out, b"cargo:rerun-if-changed=sql\n");
}
