//! A Valkey, which speaks Redis' protocol, for one test: memory alone, a password, a folder of its own.

use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::error::StackError;
use crate::launcher::RunAs;
use crate::layout::{DataFolder, Layout};
use crate::server::{Kind, Launch, Server};
use crate::stack::start_on_a_free_port;
use crate::{passwords, private_file};

/// A running Valkey, to kill, pause and restart at will; dropped, it is gone. Restarted after a kill it has forgotten everything.
pub struct Valkey {
    // The server before its folder: fields drop in this order.
    server: Server,
    password: String,
    _folder: DataFolder,
}

impl Valkey {
    /// Starts one.
    ///
    /// # Errors
    /// As [`Stack::start_throwaway`](crate::Stack::start_throwaway).
    pub async fn start() -> Result<Valkey, StackError> {
        let layout = Layout::discover()?;
        let folder = DataFolder::throwaway(&layout)?;
        let path = folder.path.as_path();
        let program = layout.valkey_program();
        let run_as = RunAs::choose(&program, path)?;
        let password = passwords::draw();
        // Not on the command line, where everybody on this machine could read it.
        let configuration = path.join("valkey.conf");
        let text = format!("bind 127.0.0.1\nsave \"\"\nappendonly no\nrequirepass {password}\n");
        private_file::write(&configuration, &text)?;
        private_file::hand_over(&configuration, path, run_as)?;
        let launch = |port: u16| Launch {
            program: program.clone(),
            args: vec![
                configuration.clone().into_os_string(),
                "--port".into(),
                port.to_string().into(),
                "--dir".into(),
                path.into(),
            ],
            log: path.join("valkey.log"),
            port,
            death_signal: "KILL",
        };
        let server = start_on_a_free_port(run_as, |port| (Kind::Valkey, launch(port))).await?;
        Ok(Valkey {
            server,
            password,
            _folder: folder,
        })
    }

    /// Its address with its password.
    pub fn url(&self) -> String {
        format!("redis://:{}@127.0.0.1:{}", self.password, self.server.port())
    }

    /// The process.
    pub fn server(&self) -> &Server {
        &self.server
    }
}

/// Whether a Valkey answers on this port, if only that it wants a password.
pub(crate) async fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else {
        return false;
    };
    let mut answer = [0; 7];
    stream.write_all(b"PING\r\n").await.is_ok()
        && stream.read_exact(&mut answer).await.is_ok()
        && answer == *b"-NOAUTH"
}
