"""A repository in memory, signed with PyPI's tuf (the reference implementation of TUF)."""

import copy
import json
from datetime import datetime, timedelta, timezone

from securesystemslib.formats import encode_canonical
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization.json import JSONSerializer

NAME = "xoa-1.0.0.root"
OTHER = "xoa-1.0.0.md"
# Role: how many keys there are, and how many must sign.
POLICY = {"root": (5, 3), "targets": (3, 2), "snapshot": (1, 1), "timestamp": (1, 1)}


def days(count):
    return datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=count)


class Repository:
    """Its documents, its keys, and the files that are served."""

    def __init__(self, generate=CryptoSigner.generate_ed25519, consistent=True, sums=True):
        self.sums = sums
        self.consistent = consistent
        self.signers = {
            role: [generate() for _ in range(count)] for role, (count, _) in POLICY.items()
        }
        self.root = Root(expires=days(365), consistent_snapshot=consistent)
        for role, signers in self.signers.items():
            for signer in signers:
                self.root.add_key(signer.public_key, role)
            self.root.roles[role].threshold = POLICY[role][1]
        self.targets = Targets(expires=days(90))
        self.snapshot = Snapshot(expires=days(14))
        self.timestamp = Timestamp(expires=days(3))
        self.metadata = {}
        self.files = {}
        self.add(NAME, b"a root file system" * 1000)
        self.add(OTHER, b"release notes" * 100)
        self.sign_root()
        self.publish(bump=False)

    def add(self, name, content):
        target = TargetFile.from_data(name, content, ["sha256"])
        self.targets.targets[name] = target
        self.files[self.place(name)] = content

    def place(self, name):
        prefix = self.targets.targets[name].hashes["sha256"] + "." if self.consistent else ""
        return prefix + name

    def file(self, role, version=None):
        """The name under which a document is served."""
        if role == "timestamp" or (role != "root" and not self.consistent):
            return f"{role}.json"
        return f"{version or getattr(self, role).version}.{role}.json"

    def sign_root(self, signers=None):
        self.write("root", self.root, signers)

    def rotate(self, role, index=0, old_keys=()):
        """Another key in place of one, in a new root that old and new keys sign."""
        before = list(self.signers["root"])
        signer = CryptoSigner.generate_ed25519()
        old = self.signers[role][index]
        self.signers[role] = [signer if s is old else s for s in self.signers[role]]
        self.root.revoke_key(old.public_key.keyid, role)
        self.root.add_key(signer.public_key, role)
        self.root.version += 1
        self.sign_root(list({id(s): s for s in before + self.signers["root"]}.values()))
        return old

    def publish(self, bump=True, signers=None, only=("targets", "snapshot", "timestamp")):
        """Signs the list of files, the snapshot and the timestamp, each over the one before."""
        signers = signers or {}
        for role in ("targets", "snapshot", "timestamp"):
            if role not in only:
                continue
            document = getattr(self, role)
            if bump:
                document.version += 1
            if role == "snapshot":
                document.meta["targets.json"] = self.meta("targets")
            if role == "timestamp":
                document.snapshot_meta = self.meta("snapshot")
            self.write(role, document, signers.get(role))

    def meta(self, role):
        version = getattr(self, role).version
        if not self.sums:
            return MetaFile(version)
        return MetaFile.from_data(version, self.metadata[self.file(role)], ["sha256"])

    def write(self, role, document, signers=None):
        signers = self.signers[role] if signers is None else signers
        metadata = Metadata(copy.deepcopy(document))
        for signer in signers:
            metadata.sign(signer, append=True)
        self.metadata[self.file(role, document.version)] = metadata.to_bytes(JSONSerializer())

    def raw(self, role, change, signers=None, name=None):
        """A document that the library would not write: changed as JSON, then signed."""
        name = name or self.file(role)
        signed = json.loads(self.metadata[name])["signed"]
        change(signed)
        signers = self.signers[role] if signers is None else signers
        payload = encode_canonical(signed).encode()
        signatures = [signer.sign(payload).to_dict() for signer in signers]
        self.metadata[name] = json.dumps({"signed": signed, "signatures": signatures}).encode()

    def altered(self, role, change, name=None):
        """A document that was changed after it was signed."""
        name = name or self.file(role)
        document = json.loads(self.metadata[name])
        change(document)
        self.metadata[name] = json.dumps(document).encode()

    def sums_again(self):
        """Snapshot and timestamp over whatever is there, in the same versions."""
        for role, below in (("snapshot", "targets"), ("timestamp", "snapshot")):
            meta = self.meta(below)
            if role == "snapshot":
                self.snapshot.meta["targets.json"] = meta
            else:
                self.timestamp.snapshot_meta = meta
            self.write(role, getattr(self, role))

    def timestamp_again(self):
        self.timestamp.snapshot_meta = self.meta("snapshot")
        self.write("timestamp", self.timestamp)

    def delegate(self, name, content):
        """A file of a role that the list of files delegates to."""
        signer = CryptoSigner.generate_ed25519()
        keyid = signer.public_key.keyid
        role = DelegatedRole("notes", [keyid], 1, False, paths=["*"])
        self.targets.delegations = Delegations({keyid: signer.public_key}, {"notes": role})
        self.notes = Targets(expires=days(90))
        self.signers["notes"] = [signer]
        self.notes.targets[name] = TargetFile.from_data(name, content, ["sha256"])
        digest = self.notes.targets[name].hashes["sha256"]
        self.files[f"{digest}.{name}"] = content
        self.write("notes", self.notes)
        self.snapshot.meta["notes.json"] = self.meta("notes")

    def served(self):
        return copy.deepcopy((self.metadata, self.files))
