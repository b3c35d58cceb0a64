"""Checks a proof file with nothing but Python 3.8 and notary/README.md: check_proof.py <proof.json> <public-key.pem>"""
import base64, hashlib, json, sys, uuid

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
def need(condition, refusal):
    condition or sys.exit("REFUSED: " + refusal)
def no_proof(kind, error, _):  # whatever else is wrong is no proof either: one line and exit code 1, never a traceback
    print("REFUSED: no proof or no key (%s: %s)" % (kind.__name__, " ".join(str(error).split())), file=sys.stderr)
sys.excepthook = no_proof
def add(a, b):  # RFC 8032, section 5.1.4, in affine coordinates
    t = D * a[0] * b[0] * a[1] * b[1]
    return (a[0] * b[1] + a[1] * b[0]) * pow(1 + t, -1, P) % P, (a[1] * b[1] + a[0] * b[0]) * pow(1 - t, -1, P) % P
def times(n, a):
    return (0, 1) if n == 0 else add(times(n - 1, a), a) if n & 1 else times(n // 2, add(a, a))
def point(data):
    y, odd = int.from_bytes(data, "little") % 2**255, data[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    roots = (pow(square, (P + 3) // 8, P) * i % P for i in (1, pow(2, (P - 1) // 4, P)))
    x = next((root for root in roots if root * root % P == square), None)
    need(y < P and x, "no point of the curve that a key could be")
    return (x if x & 1 == odd else P - x), y
def is_signed(key, message, signature):
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    s, base, (x, y) = int.from_bytes(signature[32:], "little"), point((4 * pow(5, -1, P) % P).to_bytes(32, "little")), point(key)
    x, y = add(times(s, base), times(h, (P - x, y)))
    return s < L and (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]
def of_hex(value):  # one value has one text, as in notary/src/hash.rs
    data = bytes.fromhex(value)
    need(data.hex() == value, "hex that is not written in lower case")
    return data
def of_uuid(value):
    data = uuid.UUID(value).bytes
    need(str(uuid.UUID(value)) == value, "an id that is not written in lower case")
    return data
def whole(value):  # neither 1.0 nor true is a number of a proof
    need(type(value) is int, "a number that is none")
    return value
number = lambda value, size=8: whole(value).to_bytes(size, "big", signed=True)
text = lambda value: number(len(value.encode())) + value.encode()
sha256 = lambda data: hashlib.sha256(data).digest()

if len(sys.argv) != 3:
    print("usage: check_proof.py <proof.json> <public-key.pem>", file=sys.stderr)
    sys.exit(2)
def read(path):  # what cannot be read is neither proven nor refused
    try:
        return open(path, "rb").read()
    except OSError as error:
        print("cannot read %s: %s" % (path, error.strerror), file=sys.stderr)
        sys.exit(2)
proof, pem = json.loads(read(sys.argv[1]).decode("utf-8")), read(sys.argv[2]).decode("ascii")
need("PRIVATE KEY" not in pem, "this is a private key: `openssl pkey -in %s -pubout` prints the public one" % sys.argv[2])
key = base64.b64decode("".join(line for line in pem.splitlines() if "-----" not in line))
need(len(key) == 44 and key[:12].hex() == "302a300506032b6570032100", "no Ed25519 public key")
head, key, streams, before = proof["head"], key[12:], {}, 0
need((proof["form"], head["form"]) == ("tot-proof/1", "tot-tree-head/1") and proof["facts"], "form not understood")
need(head["key_id"] == sha256(key)[:8].hex(), "another key: the head is not signed with the one that you trust")
need(proof["public_key"] == key.hex(), "another key: public_key in the file is not the one that you trust")
size, root, log = whole(head["tree_size"]), of_hex(head["root_hash"]), head["log_id"]
signed = b"tot.notary.head\1" + of_uuid(log) + number(size) + root + number(head["position"]) + number(head["time_us"])
need(is_signed(key, signed + sha256(key)[:8], of_hex(head["signature"])), "wrong signature of the head")
for f in proof["facts"]:
    fact = "position {position}, {aggregate_type} {aggregate_id}, number {sequence}: ".format(**f)
    name, node, last = (f["aggregate_type"], f["aggregate_id"]), f["position"] - 1, size - 1
    sequence, previous = streams.get(name, (0, bytes(32)))
    need(before < f["position"] <= size == head["position"], fact + "out of order or beyond the head")
    need(f["sequence"] == sequence + 1, fact + "number %d is missing" % (sequence + 1))
    need(f["previous_leaf_hash"] == previous.hex(), fact + "chain broken")
    texts = [text(f[column]) for column in ("event_type", "event_version", "payload", "metadata")]
    entry = b"tot.notary.leaf\1" + text(name[0]) + text(name[1]) + number(f["sequence"]) + b"".join(texts)
    entry += number(f["position"]) + number(f["shard"], 2) + text(f["partition_key"]) + number(f["recorded_at_us"])
    entry += (b"\0" if f["command_id"] is None else b"\1" + of_uuid(f["command_id"])) + previous
    leaf = hashed = sha256(b"\0" + entry)
    need(leaf.hex() == f["leaf_hash"], fact + "bytes changed")
    for sibling in map(of_hex, f["inclusion_path"]):  # RFC 9162, section 2.1.3.2
        need(last and len(sibling) == 32, fact + "wrong path")
        is_right = node & 1 or node == last
        hashed = sha256(b"\1" + (sibling + hashed if is_right else hashed + sibling))
        while is_right and node and not node & 1:
            node, last = node >> 1, last >> 1
        node, last = node >> 1, last >> 1
    need(last == 0 and hashed == root, fact + "wrong path")
    streams[name], before = (f["sequence"], leaf), f["position"]
print("PROVEN: %d facts of %d streams in log %s of %d facts" % (len(proof["facts"]), len(streams), log, size))
