//! What is not whole is not restored, what is used is not overwritten, and what was cut short does not look whole.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use kit::database;
use kit::platform::{Platform, postgres_programs};
use kit::process::command;
use kit::wait::until;
use sqlx::{Connection, PgConnection};

#[tokio::test]
async fn a_backup_with_one_changed_byte_is_refused_before_anything_is_restored() {
    let (mut platform, folder) = backed_up().await;
    let maintenance = database::pool(&platform.superuser_url()).await;
    let (name, url) = empty_database(&maintenance, platform.owner_url()).await;
    platform.set("TOT_DATABASE_OWNER_URL", &url);
    let files = files_of(&folder);
    assert!(files.len() > 10, "{files:?}");
    for file in &files {
        let whole = fs::read(file).unwrap();
        let mut changed = whole.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        fs::write(file, &changed).unwrap();
        let name = file.file_name().unwrap().to_str().unwrap();
        is_refused(&platform, &folder, &["is damaged", name]).await;
        fs::write(file, &whole).unwrap();
    }
    let some = files.iter().find(|file| file.ends_with("toc.dat")).unwrap();
    let whole = fs::read(some).unwrap();
    fs::write(some, &whole[..whole.len() - 1]).unwrap();
    is_refused(&platform, &folder, &["is damaged", "toc.dat was changed"]).await;
    fs::remove_file(some).unwrap();
    is_refused(&platform, &folder, &["is damaged", "toc.dat is gone"]).await;
    fs::write(some, &whole).unwrap();
    fs::write(folder.join("database/more.dat"), "").unwrap();
    is_refused(&platform, &folder, &["is damaged", "more.dat is not of it"]).await;
    fs::remove_file(folder.join("database/more.dat")).unwrap();
    is_refused(
        &platform,
        &folder.join("database"),
        &["holds no whole backup", "manifest.json"],
    )
    .await;
    let empty = database::pool(&url).await;
    let tables: i64 =
        sqlx::query_scalar("select count(*) from pg_class where relnamespace = 'public'::regnamespace")
            .fetch_one(&empty)
            .await
            .unwrap();
    assert_eq!(tables, 0, "nothing was restored");
    empty.close().await;
    // As it was, it is restored.
    let restore = ["restore", "--from", folder.to_str().unwrap()];
    platform.tot(&restore, "").await;
    sqlx::raw_sql(&format!("drop database {name} with (force)"))
        .execute(&maintenance)
        .await
        .unwrap();
    maintenance.close().await;
    platform.stop().await;
}

#[tokio::test]
async fn a_database_that_is_used_is_not_restored_into_and_a_backup_is_not_overwritten() {
    let (mut platform, folder) = backed_up().await;
    let pool = platform.pool().await;
    let before = database::facts(&pool).await.len();
    is_refused(&platform, &folder, &["is not empty", "create database"]).await;
    assert_eq!(database::facts(&pool).await.len(), before);
    pool.close().await;
    let out = ["backup", "--out", folder.to_str().unwrap()];
    let said = failure(&platform, &out).await;
    assert!(said.contains("is there already"), "{said}");
    // What is removed before it is written anew is a backup's alone.
    let theirs = folder.with_extension("mine.partial");
    fs::create_dir(&theirs).unwrap();
    fs::write(theirs.join("photograph"), "").unwrap();
    let out = folder.with_extension("mine").display().to_string();
    let said = failure(&platform, &["backup", "--out", &out]).await;
    assert!(
        said.contains("which no backup writes") && said.contains("photograph"),
        "{said}"
    );
    assert!(theirs.join("photograph").is_file());
    platform.set(
        "TOT_DATABASE_OWNER_URL",
        "postgres://tot_owner:pa55w0rd@127.0.0.1:9/tot",
    );
    let out = folder.with_extension("other").display().to_string();
    let said = failure(&platform, &["backup", "--out", &out]).await;
    assert!(
        said.contains("tot at 127.0.0.1:9 cannot be reached") && !said.contains("pa55w0rd"),
        "{said}"
    );
    platform.stop().await;
}

#[tokio::test]
async fn a_database_whose_restore_was_cut_short_serves_nobody_and_says_what_to_do() {
    let (mut platform, folder) = backed_up().await;
    let maintenance = database::pool(&platform.superuser_url()).await;
    let (name, url) = empty_database(&maintenance, platform.owner_url()).await;
    platform.set("TOT_DATABASE_OWNER_URL", &url);
    // Every row, but none of the triggers, keys and indexes that come last.
    let programs = platform.folder().join("bin");
    fs::create_dir(&programs).unwrap();
    let (real, cut) = (
        Path::new(&postgres_programs()).join("pg_restore"),
        programs.join("pg_restore"),
    );
    let real = real.display();
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = --version ] && exec {real} --version\n{real} --section=pre-data --section=data \"$@\"\nexit 1\n"
    );
    fs::write(&cut, script).unwrap();
    fs::set_permissions(&cut, fs::Permissions::from_mode(0o755)).unwrap();
    platform.set("TOT_POSTGRES_BIN", programs.to_str().unwrap());
    let words = ["was cut short", "drop it", "pg_restore failed"];
    is_refused(&platform, &folder, &words).await;

    platform.set("TOT_POSTGRES_BIN", &postgres_programs());
    is_refused(&platform, &folder, &["is not empty"]).await;
    let out = folder.with_extension("half").display().to_string();
    let said = failure(&platform, &["backup", "--out", &out]).await;
    assert!(
        said.contains("has no identity") && said.contains("restore again"),
        "{said}"
    );
    // It has all of the tables, so that this finds nothing to do; it is served from no more for that.
    platform.tot(&["migrate"], "").await;
    let mut application = url::Url::parse(platform.app_url()).unwrap();
    application.set_path(&name);
    platform.set("TOT_DATABASE_URL", application.as_str());
    for line in [&["projections", "list"][..], &["serve"]] {
        let said = failure(&platform, line).await;
        assert!(
            said.contains("has no identity") && said.contains("restore again"),
            "{line:?}: {said}"
        );
    }
    sqlx::raw_sql(&format!("drop database {name} with (force)"))
        .execute(&maintenance)
        .await
        .unwrap();
    maintenance.close().await;
    platform.stop().await;
}

#[tokio::test]
async fn programs_that_are_missing_or_too_old_are_named_with_their_mend() {
    let mut platform = Platform::prepare().await.with_owner();
    let out = platform.folder().join("backup").display().to_string();
    let programs = platform.folder().join("bin");
    fs::create_dir(&programs).unwrap();
    platform.set("TOT_POSTGRES_BIN", programs.to_str().unwrap());
    let said = failure(&platform, &["backup", "--out", &out]).await;
    assert!(
        said.contains("there is no pg_dump in") && said.contains("postgresql-client-18"),
        "{said}"
    );
    let old = programs.join("pg_dump");
    fs::write(&old, "#!/bin/sh\necho 'pg_dump (PostgreSQL) 15.18'\n").unwrap();
    fs::set_permissions(&old, fs::Permissions::from_mode(0o755)).unwrap();
    let said = failure(&platform, &["backup", "--out", &out]).await;
    assert!(
        said.contains("pg_dump is of Postgres 15") && said.contains("TOT_POSTGRES_BIN"),
        "{said}"
    );
    assert!(!Path::new(&out).exists());
    // A full disk, as the program tells of it.
    for program in ["pg_dump", "pg_restore"] {
        let full = format!(
            "#!/bin/sh\n[ \"$1\" = --version ] && exec echo '{program} (PostgreSQL) 18.6'\necho 'No space left on device' >&2\nexit 1\n"
        );
        let path = programs.join(program);
        fs::write(&path, full).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let said = failure(&platform, &["backup", "--out", &out]).await;
    assert!(
        said.contains("pg_dump failed") && said.contains("No space left on device"),
        "{said}"
    );
    assert!(!Path::new(&out).exists() && !Path::new(&format!("{out}.partial")).exists());
    platform.stop().await;
}

#[tokio::test]
async fn a_backup_that_was_cut_short_leaves_nothing_that_looks_whole() {
    let platform = Platform::prepare().await.with_owner();
    let out = platform.folder().join("backup");
    let (partial, name) = (out.with_extension("partial"), out.to_str().unwrap());
    let mut owner = PgConnection::connect(platform.owner_url()).await.unwrap();
    sqlx::raw_sql("begin; lock table identity.accounts in access exclusive mode")
        .execute(&mut owner)
        .await
        .unwrap();
    let mut backup = command(&["backup", "--out", name], platform.environment())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until("pg_dump to wait for the table", || waits(&platform)).await;
    let password = url::Url::parse(platform.owner_url()).unwrap();
    let password = password.password().unwrap();
    let arguments = arguments_naming(partial.to_str().unwrap());
    assert!(!arguments.is_empty(), "pg_dump is not seen");
    assert!(!arguments.iter().any(|line| line.contains(password)));
    backup.kill().await.unwrap();
    assert!(!out.exists() && partial.is_dir());
    is_refused(&platform, &partial, &["holds no whole backup"]).await;
    // The program that writes there outlives whoever started it: nobody else does meanwhile.
    let said = failure(&platform, &["backup", "--out", name]).await;
    assert!(said.contains("another backup is being written"), "{said}");
    sqlx::raw_sql("rollback").execute(&mut owner).await.unwrap();
    until("the next backup to be made", || async {
        let output = platform.try_tot(&["backup", "--out", name], "").await;
        output.status.success().then_some(())
    })
    .await;
    assert!(out.join("manifest.json").is_file() && !partial.exists());
    owner.close().await.unwrap();
    platform.stop().await;
}

/// A platform with a fact or two, and a backup of it.
async fn backed_up() -> (Platform, PathBuf) {
    let mut platform = Platform::prepare().await.with_owner();
    platform.serve("api").await;
    platform.halt().await;
    let folder = platform.folder().join("backup");
    // As a shell completes it, and as people write it.
    let out = format!("{}/", folder.display());
    platform.tot(&["backup", "--out", &out], "").await;
    (platform, folder)
}

/// An empty database on the same server, and its owner's address.
async fn empty_database(maintenance: &sqlx::PgPool, owner_url: &str) -> (String, String) {
    let mut url = url::Url::parse(owner_url).unwrap();
    let name = format!("{}_restored", url.path().trim_start_matches('/'));
    sqlx::raw_sql(&format!("create database {name} owner tot_owner"))
        .execute(maintenance)
        .await
        .unwrap();
    url.set_path(&name);
    (name, url.into())
}

async fn is_refused(platform: &Platform, folder: &Path, words: &[&str]) {
    let said = failure(platform, &["restore", "--from", folder.to_str().unwrap()]).await;
    for word in words {
        assert!(said.contains(word), "{word} in {said}");
    }
}

async fn failure(platform: &Platform, arguments: &[&str]) -> String {
    let output = platform.try_tot(arguments, "").await;
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_of(&path));
        } else if fs::metadata(&path).unwrap().len() > 0 {
            files.push(path);
        }
    }
    files
}

async fn waits(platform: &Platform) -> Option<()> {
    let mut superuser = PgConnection::connect(&platform.superuser_url()).await.unwrap();
    let waiting: i64 = sqlx::query_scalar(
        "select count(*) from pg_locks l where not l.granted and l.relation = 'identity.accounts'::regclass
         and l.database = (select oid from pg_database where datname = current_database())",
    )
    .fetch_one(&mut superuser)
    .await
    .unwrap();
    superuser.close().await.unwrap();
    (waiting > 0).then_some(())
}

/// The arguments of every running program that names `word`, as everybody on the machine sees them.
fn arguments_naming(word: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|process| fs::read_to_string(process.path().join("cmdline")).ok());
    lines.filter(|line| line.contains(word)).collect()
}

#[test]
fn the_pinned_servers_bring_the_programs() {
    for program in ["pg_dump", "pg_restore", "pg_basebackup", "pg_verifybackup"] {
        assert!(
            Path::new(&postgres_programs()).join(program).is_file(),
            "{program}"
        );
    }
}
