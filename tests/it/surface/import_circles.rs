//! Imports between the files of a crate: no circle of them leads through more than one folder of its `src`.
//!
//! A folder is one of those directly under `src`, with the folders inside it: an aggregate and the `decide/` that it
//! dispatches to are one thought. What lies beside `lib.rs` is a folder, too. Tests may import what they like.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::source_layout::sources;

/// The segments below `src`, without `lib.rs` and `mod.rs`.
type Module = Vec<String>;

/// From which file to which, and by what name.
type Edges = BTreeMap<Module, BTreeMap<Module, String>>;

/// What one file names of its crate.
#[derive(Default)]
struct Names {
    /// The folder under `src` that it lies in; none for what lies beside `lib.rs`.
    folder: Option<String>,
    /// Every imported path, one for each leaf of a `use`.
    imports: Vec<Vec<String>>,
    /// Every other path of two or more segments.
    paths: Vec<Vec<String>>,
    /// Modules that only tests see.
    test_modules: Vec<String>,
}

#[test]
fn no_circle_of_imports_leads_through_more_than_one_folder() {
    let mut crates: BTreeMap<String, BTreeMap<Module, Names>> = BTreeMap::new();
    let sources = sources();
    for (path, text) in &sources {
        let path = path.to_str().unwrap();
        let Some((root, file)) = path.split_once("/src/") else {
            continue;
        };
        let is_library = sources
            .iter()
            .any(|(other, _)| other == &Path::new(root).join("src/lib.rs"));
        if is_library && file == "main.rs" {
            continue; // A crate of its own, of one file.
        }
        let mut names = Names {
            folder: file.split_once('/').map(|(folder, _)| folder.to_owned()),
            ..Names::default()
        };
        names.read(text.parse().unwrap_or_else(|error| panic!("{path}: {error}")));
        crates
            .entry(root.to_owned())
            .or_default()
            .insert(module_of(file), names);
    }
    assert!(crates.len() > 10, "only {} crates found", crates.len());
    let circles: Vec<String> = crates
        .iter()
        .flat_map(|(root, files)| {
            let files = without_tests(files);
            crossing(root, &files, &edges(&files))
        })
        .collect();
    assert!(circles.is_empty(), "{}", circles.join("\n\n"));
}

fn module_of(file: &str) -> Module {
    let mut segments: Module = file
        .trim_end_matches(".rs")
        .split('/')
        .map(str::to_owned)
        .collect();
    segments.pop_if(|last| ["lib", "main", "mod"].contains(&last.as_str()));
    segments
}

fn without_tests(files: &BTreeMap<Module, Names>) -> BTreeMap<Module, &Names> {
    let of_tests: Vec<Module> = files
        .iter()
        .flat_map(|(module, names)| {
            let child = |name: &String| [module.as_slice(), std::slice::from_ref(name)].concat();
            names.test_modules.iter().map(child)
        })
        .collect();
    let is_of_tests = |module: &Module| of_tests.iter().any(|tests| module.starts_with(tests));
    files
        .iter()
        .filter(|(module, _)| !is_of_tests(module))
        .map(|(module, names)| (module.clone(), names))
        .collect()
}

impl Names {
    fn read(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let rest = &tokens[at + 1..];
            at += 1;
            match token {
                TokenTree::Punct(mark) if mark.as_char() == '#' => {
                    if rest
                        .first()
                        .is_some_and(|next| next.to_string().replace(' ', "") == "[cfg(test)]")
                    {
                        at += self.skip_item(rest);
                    }
                }
                TokenTree::Ident(word) if word == "use" => {
                    let tree: Vec<TokenTree> = rest
                        .iter()
                        .take_while(|next| !is_mark(next, ';'))
                        .cloned()
                        .collect();
                    at += tree.len();
                    self.import(&[], &tree);
                }
                TokenTree::Ident(word) => {
                    let mut path = vec![word.to_string()];
                    while let [first, second, TokenTree::Ident(next), ..] = &tokens[at..]
                        && is_mark(first, ':')
                        && is_mark(second, ':')
                    {
                        path.push(next.to_string());
                        at += 3;
                    }
                    if path.len() > 1 {
                        self.paths.push(path);
                    }
                }
                TokenTree::Group(group) => self.read(group.stream()),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }

    /// How many tokens the item behind `#[cfg(test)]` has; a module in a file of its own is remembered.
    fn skip_item(&mut self, tokens: &[TokenTree]) -> usize {
        let ends = |token: &TokenTree| match token {
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            TokenTree::Ident(_) | TokenTree::Literal(_) => false,
            TokenTree::Punct(_) => is_mark(token, ';'),
        };
        let length = tokens.iter().position(ends).map_or(tokens.len(), |last| last + 1);
        let word = |token: Option<&TokenTree>| token.map(ToString::to_string);
        let module = tokens[..length]
            .iter()
            .position(|token| token.to_string() == "mod");
        self.test_modules
            .extend(module.and_then(|at| word(tokens.get(at + 1))));
        length
    }

    fn import(&mut self, before: &[String], tree: &[TokenTree]) {
        let mut path = before.to_vec();
        for token in tree {
            match token {
                TokenTree::Ident(word) if word == "as" => break,
                TokenTree::Ident(word) => path.push(word.to_string()),
                TokenTree::Group(group) => {
                    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
                    for branch in tokens
                        .split(|token| is_mark(token, ','))
                        .filter(|branch| !branch.is_empty())
                    {
                        self.import(&path, branch);
                    }
                    return;
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
        path.pop_if(|last| last == "self");
        self.imports.push(path);
    }
}

fn is_mark(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

/// What each file needs of others. A module that is imported and never used leads nowhere.
fn edges(files: &BTreeMap<Module, &Names>) -> Edges {
    let mut edges: Edges = BTreeMap::new();
    for (module, names) in files {
        let mut modules = BTreeMap::new();
        let mut add = |(target, whole): (Module, bool), path: &[String]| {
            if target != *module && !whole {
                let edges = edges.entry(module.clone()).or_default();
                edges.entry(target).or_insert_with(|| path.join("::"));
            }
        };
        for path in &names.imports {
            let Some(found) = resolve(files, module, path, &BTreeMap::new()) else {
                continue;
            };
            if let (true, Some(name)) = (found.1, path.last()) {
                modules.insert(name.clone(), found.0.clone());
            }
            add(found, path);
        }
        for path in &names.paths {
            if let Some((target, _)) = resolve(files, module, path, &modules) {
                add((target, false), path);
            }
        }
    }
    edges
}

/// The file in which a path's item is made, and whether the path names the whole module.
fn resolve(
    files: &BTreeMap<Module, &Names>,
    from: &Module,
    path: &[String],
    modules: &BTreeMap<String, Module>,
) -> Option<(Module, bool)> {
    let (mut at, mut rest) = match path.first()?.as_str() {
        "crate" => (Module::new(), &path[1..]),
        "self" => (from.clone(), &path[1..]),
        "super" => {
            let ups = path.iter().take_while(|segment| *segment == "super").count();
            (from[..from.len().checked_sub(ups)?].to_vec(), &path[ups..])
        }
        first if files.contains_key(&child(from, first)) => (from.clone(), path),
        first => (modules.get(first)?.clone(), &path[1..]),
    };
    while let Some(name) = rest.first() {
        let inner = child(&at, name);
        if files.contains_key(&inner) {
            (at, rest) = (inner, &rest[1..]);
            continue;
        }
        // Passed on from a module of its own: that is where it is made.
        let own = |import: &&Vec<String>| {
            let import = import.strip_prefix(&["self".to_owned()]).unwrap_or(import);
            import.last() == Some(name) && import.len() > 1 && files.contains_key(&child(&at, &import[0]))
        };
        match files.get(&at)?.imports.iter().find(own) {
            Some(import) => return resolve(files, &at, import, &BTreeMap::new()),
            None => return Some((at, false)),
        }
    }
    Some((at, true))
}

fn child(module: &Module, name: &str) -> Module {
    [module.as_slice(), &[name.to_owned()]].concat()
}

/// The circles of a crate that cross its folders, as one reads them.
fn crossing(root: &str, files: &BTreeMap<Module, &Names>, edges: &Edges) -> Vec<String> {
    let reach: BTreeMap<&Module, BTreeSet<&Module>> = edges
        .keys()
        .map(|module| (module, reachable(edges, module)))
        .collect();
    let mut circles = BTreeSet::new();
    for (module, far) in &reach {
        let leads_back = |other: &&&Module| reach.get(**other).is_some_and(|back| back.contains(*module));
        circles.insert(
            far.iter()
                .filter(leads_back)
                .copied()
                .collect::<BTreeSet<&Module>>(),
        );
    }
    let folders = |circle: &BTreeSet<&Module>| {
        let folders: BTreeSet<_> = circle.iter().map(|module| &files[*module].folder).collect();
        folders.len()
    };
    circles.retain(|circle| folders(circle) > 1);
    let shown = |circle: BTreeSet<&Module>| {
        let mut lines = format!("{root}: a circle of imports through {} folders", folders(&circle));
        for (from, (to, path)) in circle
            .iter()
            .flat_map(|from| edges[*from].iter().map(move |edge| (from, edge)))
        {
            if circle.contains(to) {
                lines += &format!("\n  {} -> {} by {path}", from.join("::"), to.join("::"));
            }
        }
        lines
    };
    circles.into_iter().map(shown).collect()
}

fn reachable<'a>(edges: &'a Edges, from: &Module) -> BTreeSet<&'a Module> {
    let mut found = BTreeSet::new();
    let mut next: Vec<&Module> = edges.get(from).into_iter().flat_map(BTreeMap::keys).collect();
    while let Some(module) = next.pop() {
        if found.insert(module) {
            next.extend(edges.get(module).into_iter().flat_map(BTreeMap::keys));
        }
    }
    found
}
