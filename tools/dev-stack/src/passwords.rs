//! The random passwords of the database roles and of NATS, drawn once and kept beside the data, for the owner's eyes only.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::StackError;

/// One password per role; hexadecimal, so they need no quoting anywhere.
#[derive(Serialize, Deserialize)]
pub(crate) struct Passwords {
    pub(crate) superuser: String,
    pub(crate) owner: String,
    pub(crate) app: String,
    /// Of every role that plays one part. Drawn anew like the next one.
    #[serde(default = "draw")]
    pub(crate) serving: String,
    /// Of the one user of NATS. Folders of before it had one draw it anew at every start, which nobody notices.
    #[serde(default = "draw")]
    pub(crate) nats: String,
}

impl Passwords {
    /// Those of this folder, drawn when it has none yet.
    pub(crate) fn of(folder: &Path) -> Result<Passwords, StackError> {
        let path = folder.join("passwords.json");
        match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).map_err(|error| StackError::File {
                what: "read",
                path,
                source: error.into(),
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let drawn = Passwords {
                    superuser: draw(),
                    owner: draw(),
                    app: draw(),
                    serving: draw(),
                    nats: draw(),
                };
                drawn.keep(&path)?;
                Ok(drawn)
            }
            Err(source) => Err(StackError::File {
                what: "read",
                path,
                source,
            }),
        }
    }

    fn keep(&self, path: &Path) -> Result<(), StackError> {
        let error = || StackError::file("write", path);
        let text = serde_json::to_string_pretty(self).map_err(|cause| error()(cause.into()))?;
        // Beside the file and then renamed: a process killed half-way leaves no half a file.
        let new = path.with_extension("new");
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&new)
            .map_err(error())?;
        file.write_all(text.as_bytes()).map_err(error())?;
        fs::rename(&new, path).map_err(error())
    }
}

pub(crate) fn draw() -> String {
    format!("{:032x}", rand::random::<u128>())
}
