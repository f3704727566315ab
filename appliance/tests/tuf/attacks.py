"""Repositories written by PyPI's tuf, sound and altered, and what its client says of each.

    attacks.py FOLDER

Every case becomes a folder: `root.json` is trusted from the beginning, `1/`, `2/` … are what is served one after the other
(`metadata/`, `targets/`). `cases.json` tells for each step which file is fetched, and what the reference client did.
"""

import json
import os
import sys

from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError
from tuf.ngclient import Updater
from tuf.ngclient.fetcher import FetcherInterface

from repository import NAME, OTHER, POLICY, Repository, days

CASES = []
LONG = b" " * 600_000


def sound(function):
    CASES.append((function, None))
    return function


def attack(refused):
    """`refused`: what our client calls it."""

    def add(function):
        CASES.append((function, refused))
        return function

    return add


# What is sound. A case yields what is served, step by step.


@sound
def the_first_time(repo):
    yield repo.served()


@sound
def nothing_new(repo):
    yield repo.served()
    yield repo.served()


@sound
def new_releases(repo):
    yield repo.served()
    for number in range(2, 5):
        repo.add(f"xoa-{number}.0.0.root", b"newer" * number)
        repo.publish()
        yield repo.served()


@sound
def a_new_timestamp_only(repo):
    yield repo.served()
    repo.publish(only=("timestamp",))
    yield repo.served()


@sound
def a_rotated_key_of_each_role(repo):
    yield repo.served()
    for role in POLICY:
        repo.rotate(role)
        repo.publish()
        yield repo.served()


@sound
def all_keys_of_the_root_rotated_one_by_one(repo):
    for index in range(5):
        repo.rotate("root", index)
    repo.publish()
    yield repo.served()


@sound
def an_expired_root_with_a_successor(repo):
    yield repo.served()
    repo.root.version += 1
    repo.root.expires = days(-1)
    repo.sign_root()
    repo.root.version += 1
    repo.root.expires = days(30)
    repo.sign_root()
    yield repo.served()


@sound
def keys_of_ecdsa(_):
    yield Repository(CryptoSigner.generate_ecdsa).served()


@sound
def keys_of_rsa(_):
    yield Repository(CryptoSigner.generate_rsa).served()


@sound
def without_consistent_snapshots(_):
    repo = Repository(consistent=False)
    yield repo.served()
    repo.publish()
    yield repo.served()


@sound
def without_sums_and_lengths(_):
    repo = Repository(sums=False)
    yield repo.served()
    repo.publish()
    yield repo.served()


@sound
def fields_that_nobody_knows(repo):
    repo.root.unrecognized_fields["x-note"] = {"b": [1, "ü"], "a": None}
    repo.targets.unrecognized_fields["x-note"] = "later"
    repo.timestamp.unrecognized_fields["x-note"] = True
    repo.sign_root()
    repo.publish()
    yield repo.served()


@sound
def a_fast_forward_that_a_rotation_heals(repo):
    yield repo.served()
    repo.timestamp.version = 10**9
    repo.publish(only=("timestamp",))
    yield repo.served()
    repo.timestamp.version = 1
    repo.rotate("timestamp")
    repo.publish(only=("timestamp",))
    yield repo.served()


@sound
def a_fast_forward_of_the_snapshot_that_rotations_heal(repo):
    yield repo.served()
    repo.snapshot.version = 10**9
    repo.publish(only=("snapshot", "timestamp"))
    yield repo.served()
    repo.snapshot.version = 1
    repo.rotate("snapshot")
    repo.rotate("timestamp")
    repo.publish(only=("snapshot", "timestamp"))
    yield repo.served()


@sound
def another_timestamp_of_the_same_version(repo):
    yield repo.served()
    repo.raw("timestamp", lambda signed: signed["meta"]["snapshot.json"].update(version=100))
    yield repo.served()


@sound
def a_delegated_file(repo):
    repo.delegate("notes.md", b"notes")
    repo.publish()
    yield repo.served(), "notes.md"


@sound
def more_signatures_than_are_needed(repo):
    other = CryptoSigner.generate_ed25519()
    signers = {role: [*repo.signers[role], other] for role in POLICY}
    repo.publish(signers=signers)
    yield repo.served()


# Rollback and replay.


@attack("Rollback")
def rollback_of_the_timestamp(repo):
    repo.timestamp.version = 5
    repo.publish(only=("timestamp",))
    yield repo.served()
    repo.timestamp.version = 3
    repo.publish(only=("timestamp",))
    yield repo.served()


@attack("Rollback")
def rollback_of_the_snapshot(repo):
    repo.snapshot.version = 5
    repo.publish(only=("snapshot", "timestamp"))
    yield repo.served()
    repo.snapshot.version = 3
    repo.publish(only=("snapshot", "timestamp"))
    yield repo.served()


@attack("Rollback")
def rollback_of_the_targets(repo):
    repo.targets.version = 5
    repo.publish()
    yield repo.served()
    repo.targets.version = 3
    repo.publish()
    yield repo.served()


@attack("Rollback")
def rollback_of_the_root(repo):
    yield repo.served()
    repo.metadata["2.root.json"] = repo.metadata["1.root.json"]
    yield repo.served()


@attack("Rollback")
def a_root_that_skips_a_version(repo):
    yield repo.served()
    repo.root.version = 3
    repo.sign_root()
    repo.metadata["2.root.json"] = repo.metadata.pop("3.root.json")
    yield repo.served()


@attack("Rollback")
def replay_of_everything(repo):
    old = repo.served()
    yield old
    repo.publish()
    yield repo.served()
    yield old


@attack("Rollback")
def replay_of_an_old_timestamp(repo):
    old = repo.metadata["timestamp.json"]
    yield repo.served()
    repo.publish()
    yield repo.served()
    repo.metadata["timestamp.json"] = old
    yield repo.served()


@attack("Rollback")
def fast_forward_of_the_timestamp(repo):
    yield repo.served()
    honest = repo.timestamp.version
    repo.timestamp.version = 10**9
    repo.publish(only=("timestamp",))
    yield repo.served()
    repo.timestamp.version = honest
    repo.publish(only=("timestamp",))
    yield repo.served()


@attack("Rollback")
def fast_forward_of_the_targets(repo):
    yield repo.served()
    repo.targets.version = 10**9
    repo.publish()
    yield repo.served()
    repo.targets.version = 1
    repo.publish()
    yield repo.served()


@attack("Signature")
def the_root_before_a_rotation(repo):
    yield repo.served()
    old = repo.metadata["1.root.json"]
    stolen = repo.rotate("timestamp")
    repo.publish()
    yield repo.served()
    repo.metadata = {**repo.metadata, "1.root.json": old}
    del repo.metadata["2.root.json"]
    repo.publish(signers={"timestamp": [stolen]})
    yield repo.served()


@attack("Mixed")
def a_snapshot_that_forgets_a_role(repo):
    repo.delegate("notes.md", b"notes")
    repo.publish()
    yield repo.served()
    del repo.snapshot.meta["notes.json"]
    repo.publish()
    yield repo.served()


# Freeze.


@attack("Expired")
def an_expired_timestamp(repo):
    yield repo.served()
    repo.timestamp.expires = days(-1)
    repo.publish(only=("timestamp",))
    yield repo.served()


@attack("Expired")
def an_expired_snapshot(repo):
    yield repo.served()
    repo.snapshot.expires = days(-1)
    repo.publish()
    yield repo.served()


@attack("Expired")
def an_expired_list_of_targets(repo):
    yield repo.served()
    repo.targets.expires = days(-1)
    repo.publish()
    yield repo.served()


@attack("Expired")
def an_expired_root(repo):
    yield repo.served()
    repo.root.version += 1
    repo.root.expires = days(-1)
    repo.sign_root()
    yield repo.served()


@attack("Expired")
def expired_from_the_beginning(repo):
    repo.timestamp.expires = days(-400)
    repo.publish(only=("timestamp",))
    yield repo.served()


# Mix and match.


@attack("WrongHash")
def an_old_snapshot_under_a_new_name(repo):
    yield repo.served()
    old = repo.metadata["1.snapshot.json"]
    repo.publish()
    repo.metadata["2.snapshot.json"] = old + b" " * (
        len(repo.metadata["2.snapshot.json"]) - len(old)
    )
    yield repo.served()


@attack("Mixed")
def an_old_snapshot_under_a_new_name_without_sums(_):
    repo = Repository(sums=False)
    yield repo.served()
    repo.publish()
    repo.metadata["2.snapshot.json"] = repo.metadata["1.snapshot.json"]
    yield repo.served()


@attack("WrongHash")
def an_old_list_under_a_new_name(repo):
    yield repo.served()
    repo.add("xoa-2.0.0.root", b"newer")
    repo.publish()
    repo.metadata["2.targets.json"] = repo.metadata["1.targets.json"]
    yield repo.served()


@attack("Mixed")
def an_old_list_under_a_new_name_without_sums(_):
    repo = Repository(sums=False)
    yield repo.served()
    repo.publish()
    repo.metadata["2.targets.json"] = repo.metadata["1.targets.json"]
    yield repo.served()


@attack("WrongHash")
def two_snapshots_of_one_version(repo):
    yield repo.served()
    repo.publish()
    repo.snapshot.expires = days(13)
    repo.write("snapshot", repo.snapshot)
    yield repo.served()


@attack("WrongHash")
def two_lists_of_one_version(repo):
    yield repo.served()
    repo.publish()
    repo.targets.expires = days(89)
    repo.write("targets", repo.targets)
    yield repo.served()


@attack("Signature")
def a_list_of_another_repository(_):
    repo, other = Repository(sums=False), Repository(sums=False)
    yield repo.served()
    repo.publish()
    other.publish()
    repo.metadata["2.targets.json"] = other.metadata["2.targets.json"]
    yield repo.served()


@attack("Signature")
def another_repository(repo):
    yield repo.served()
    other = Repository()
    other.publish()
    yield other.served()


@attack("Mixed")
def a_snapshot_without_a_list(repo):
    yield repo.served()
    repo.publish()
    repo.raw("snapshot", lambda signed: signed["meta"].pop("targets.json"))
    repo.timestamp_again()
    yield repo.served()


@attack("Mixed")
def a_timestamp_without_a_snapshot(repo):
    yield repo.served()
    repo.publish()
    repo.raw("timestamp", lambda signed: signed["meta"].clear())
    yield repo.served()


# Signatures and thresholds.


@attack("Signature")
def a_timestamp_of_a_stranger(repo):
    yield repo.served()
    repo.publish(signers={"timestamp": [CryptoSigner.generate_ed25519()]})
    yield repo.served()


@attack("Signature")
def a_snapshot_of_a_stranger(repo):
    yield repo.served()
    repo.publish(signers={"snapshot": [CryptoSigner.generate_ed25519()]})
    yield repo.served()


@attack("Signature")
def a_list_of_strangers(repo):
    yield repo.served()
    repo.publish(signers={"targets": [CryptoSigner.generate_ed25519() for _ in range(3)]})
    yield repo.served()


@attack("Signature")
def a_root_of_strangers(repo):
    yield repo.served()
    repo.root.version += 1
    repo.sign_root([CryptoSigner.generate_ed25519() for _ in range(5)])
    yield repo.served()


@attack("Signature")
def a_timestamp_without_signatures(repo):
    yield repo.served()
    repo.publish(signers={"timestamp": []})
    yield repo.served()


@attack("Signature")
def a_timestamp_by_the_key_of_another_role(repo):
    yield repo.served()
    repo.publish(signers={"timestamp": repo.signers["targets"]})
    yield repo.served()


@attack("Signature")
def a_list_by_one_key_of_two(repo):
    yield repo.served()
    repo.publish(signers={"targets": repo.signers["targets"][:1]})
    yield repo.served()


@attack("Signature")
def a_list_by_one_key_twice(repo):
    yield repo.served()
    repo.publish(signers={"targets": repo.signers["targets"][:1]})
    repo.altered("targets", lambda d: d["signatures"].append(d["signatures"][0]))
    repo.sums_again()
    yield repo.served()


@attack("Signature")
def a_list_by_one_key_and_a_stranger(repo):
    yield repo.served()
    signers = [repo.signers["targets"][0], CryptoSigner.generate_ed25519()]
    repo.publish(signers={"targets": signers})
    yield repo.served()


@attack("Signature")
def a_signature_under_the_name_of_another_key(repo):
    yield repo.served()
    repo.publish(signers={"targets": repo.signers["targets"][:2]})

    def steal(document):
        document["signatures"][1]["sig"] = document["signatures"][0]["sig"]

    repo.altered("targets", steal)
    repo.sums_again()
    yield repo.served()


@attack("Signature")
def a_root_by_too_few_of_the_old_keys(repo):
    yield repo.served()
    repo.root.version += 1
    repo.sign_root(repo.signers["root"][:2])
    yield repo.served()


@attack("Signature")
def a_root_by_its_own_keys_only(repo):
    yield repo.served()
    fresh = [CryptoSigner.generate_ed25519() for _ in range(5)]
    for old, new in zip(repo.signers["root"], fresh):
        repo.root.revoke_key(old.public_key.keyid, "root")
        repo.root.add_key(new.public_key, "root")
    repo.root.version += 1
    repo.sign_root(fresh)
    yield repo.served()


@attack("Signature")
def a_root_by_the_old_keys_only(repo):
    yield repo.served()
    for old in repo.signers["root"]:
        repo.root.revoke_key(old.public_key.keyid, "root")
        repo.root.add_key(CryptoSigner.generate_ed25519().public_key, "root")
    repo.root.version += 1
    repo.sign_root()
    yield repo.served()


@attack("Signature")
def a_timestamp_by_a_replaced_key(repo):
    yield repo.served()
    old = repo.rotate("timestamp")
    repo.publish(signers={"timestamp": [old]})
    yield repo.served()


@attack("Signature")
def a_list_by_a_replaced_key_and_one_that_is_good(repo):
    yield repo.served()
    old = repo.rotate("targets")
    repo.publish(signers={"targets": [old, repo.signers["targets"][1]]})
    yield repo.served()


@attack("Signature")
def a_root_by_a_replaced_key_and_two_that_are_good(repo):
    yield repo.served()
    old = repo.rotate("root")
    repo.publish()
    yield repo.served()
    repo.root.version += 1
    repo.sign_root([old, *repo.signers["root"][1:3]])
    yield repo.served()


@attack("Signature")
def a_threshold_that_was_raised(repo):
    yield repo.served()
    repo.root.roles["targets"].threshold = 3
    repo.root.version += 1
    repo.sign_root()
    repo.publish(signers={"targets": repo.signers["targets"][:2]})
    yield repo.served()


@attack("Malformed")
def a_threshold_of_nothing(repo):
    yield repo.served()
    repo.root.version += 1
    repo.sign_root()
    repo.raw("root", lambda signed: signed["roles"]["targets"].update(threshold=0))
    yield repo.served()


# Changed after it was signed.


@attack("Signature")
def a_timestamp_that_lives_longer(repo):
    yield repo.served()
    repo.publish()
    repo.altered("timestamp", lambda d: d["signed"].update(expires="2099-01-01T00:00:00Z"))
    yield repo.served()


@attack("Signature")
def a_snapshot_that_lives_longer(repo):
    yield repo.served()
    repo.publish()
    repo.altered("snapshot", lambda d: d["signed"].update(expires="2099-01-01T00:00:00Z"))
    repo.timestamp_again()
    yield repo.served()


@attack("Signature")
def a_list_with_another_sum(repo):
    yield repo.served()
    repo.publish()
    target = {"length": 5, "hashes": {"sha256": "00" * 32}}
    repo.altered("targets", lambda d: d["signed"]["targets"].update({NAME: target}))
    repo.sums_again()
    yield repo.served()


@attack("Signature")
def a_root_with_another_key(repo):
    yield repo.served()
    repo.root.version += 1
    repo.sign_root()
    stranger = CryptoSigner.generate_ed25519().public_key

    def change(document):
        document["signed"]["keys"][stranger.keyid] = stranger.to_dict()
        document["signed"]["roles"]["timestamp"]["keyids"] = [stranger.keyid]

    repo.altered("root", change)
    yield repo.served()


@attack("WrongHash")
def a_snapshot_with_a_space_in_place_of_another_byte(repo):
    yield repo.served()
    repo.publish()
    name = repo.file("snapshot")
    repo.metadata[name] = repo.metadata[name].replace(b"\n", b" ", 1)
    if repo.metadata[name] == repo.metadata["1.snapshot.json"]:
        raise AssertionError("nothing changed")
    repo.metadata[name] = repo.metadata[name].replace(b'"sig"', b'"sIg"', 1)
    yield repo.served()


# Lengths and sums.


@attack("TooLong")
def an_endless_timestamp(repo):
    yield repo.served()
    repo.publish()
    repo.metadata["timestamp.json"] += LONG
    yield repo.served()


@attack("TooLong")
def an_endless_snapshot(repo):
    yield repo.served()
    repo.publish()
    repo.metadata[repo.file("snapshot")] += LONG
    yield repo.served()


@attack("TooLong")
def an_endless_list(repo):
    yield repo.served()
    repo.publish()
    repo.metadata[repo.file("targets")] += LONG
    yield repo.served()


@attack("TooLong")
def an_endless_root(repo):
    yield repo.served()
    repo.root.version += 1
    repo.sign_root()
    repo.metadata[repo.file("root")] += LONG
    yield repo.served()


@attack("TooLong")
def an_endless_list_without_a_length(_):
    repo = Repository(sums=False)
    yield repo.served()
    repo.publish()
    repo.metadata[repo.file("targets")] += LONG * 9
    yield repo.served()


@attack("TooLong")
def a_snapshot_of_a_shorter_length(repo):
    yield repo.served()
    repo.publish()
    repo.raw("timestamp", lambda signed: signed["meta"]["snapshot.json"].update(length=100))
    yield repo.served()


@attack("Truncated")
def a_snapshot_of_a_longer_length(repo):
    yield repo.served()
    repo.publish()

    def change(signed):
        meta = signed["meta"]["snapshot.json"]
        meta["length"] += 1
        del meta["hashes"]

    repo.raw("timestamp", change)
    yield repo.served()


@attack("WrongHash")
def a_snapshot_of_another_sum(repo):
    yield repo.served()
    repo.publish()
    hashes = {"sha256": "00" * 32}
    repo.raw("timestamp", lambda signed: signed["meta"]["snapshot.json"].update(hashes=hashes))
    yield repo.served()


@attack("WrongHash")
def a_list_of_another_sum(repo):
    yield repo.served()
    repo.publish()
    hashes = {"sha256": "00" * 32}
    repo.raw("snapshot", lambda signed: signed["meta"]["targets.json"].update(hashes=hashes))
    repo.timestamp_again()
    yield repo.served()


@attack("WrongHash")
def a_cut_snapshot(repo):
    yield repo.served()
    repo.publish()
    name = repo.file("snapshot")
    repo.metadata[name] = repo.metadata[name][:-20]
    yield repo.served()


@attack("Malformed")
def a_cut_timestamp(repo):
    yield repo.served()
    repo.publish()
    repo.metadata["timestamp.json"] = repo.metadata["timestamp.json"][:-20]
    yield repo.served()


# What is no metadata.


@attack("Malformed")
def a_timestamp_that_is_a_page(repo):
    yield repo.served()
    repo.metadata["timestamp.json"] = b"<!doctype html><title>Sign in</title>"
    yield repo.served()


@attack("Malformed")
def a_root_that_is_a_page(repo):
    yield repo.served()
    repo.metadata["2.root.json"] = b"<!doctype html><title>Sign in</title>"
    yield repo.served()


@attack("Malformed")
def a_snapshot_in_place_of_a_timestamp(repo):
    yield repo.served()
    repo.publish()
    repo.metadata["timestamp.json"] = repo.metadata[repo.file("snapshot")]
    yield repo.served()


@attack("Malformed")
def a_version_of_nothing(repo):
    yield repo.served()
    repo.raw("timestamp", lambda signed: signed.update(version=0))
    yield repo.served()


@attack("Malformed")
def a_version_of_less_than_nothing(repo):
    yield repo.served()
    repo.raw("timestamp", lambda signed: signed.update(version=-1))
    yield repo.served()


@attack("Malformed")
def an_expiry_that_is_no_time(repo):
    yield repo.served()
    repo.publish()
    repo.raw("timestamp", lambda signed: signed.update(expires="never"))
    yield repo.served()


@attack("Malformed")
def a_specification_that_nobody_knows(repo):
    yield repo.served()
    repo.publish()
    repo.raw("timestamp", lambda signed: signed.update(spec_version="2.0.0"))
    yield repo.served()


@attack("Missing")
def no_timestamp(repo):
    yield repo.served()
    del repo.metadata["timestamp.json"]
    yield repo.served()


@attack("Missing")
def no_snapshot(repo):
    yield repo.served()
    repo.publish()
    del repo.metadata[repo.file("snapshot")]
    yield repo.served()


@attack("Missing")
def no_list(repo):
    yield repo.served()
    repo.publish()
    del repo.metadata[repo.file("targets")]
    yield repo.served()


# The files.


@attack("TooLong")
def a_file_that_does_not_end(repo):
    repo.files[repo.place(NAME)] += LONG
    yield repo.served()


@attack("Truncated")
def a_file_that_ends_early(repo):
    repo.files[repo.place(NAME)] = repo.files[repo.place(NAME)][:-1]
    yield repo.served()


@attack("Truncated")
def a_file_of_nothing(repo):
    repo.files[repo.place(NAME)] = b""
    yield repo.served()


@attack("WrongHash")
def a_file_with_another_byte(repo):
    content = repo.files[repo.place(NAME)]
    repo.files[repo.place(NAME)] = content[:-1] + b"?"
    yield repo.served()


@attack("TooLong")
def a_file_in_place_of_a_shorter_one(repo):
    repo.files[repo.place(OTHER)] = repo.files[repo.place(NAME)]
    yield repo.served(), OTHER


@attack("Missing")
def no_file(repo):
    del repo.files[repo.place(NAME)]
    yield repo.served()


@attack("Unsigned")
def a_file_that_nobody_signed(repo):
    repo.files["xoa-6.6.6.root"] = b"evil"
    yield repo.served(), "xoa-6.6.6.root"


class Folder(FetcherInterface):
    """Fetches from what is served, without a network."""

    def __init__(self, served):
        metadata, files = served
        self.content = {f"metadata/{name}": content for name, content in metadata.items()}
        self.content.update({f"targets/{name}": content for name, content in files.items()})

    def _fetch(self, url):
        content = self.content.get(url.removeprefix("http://repository/"))
        if content is None:
            raise DownloadHTTPError("there is none", 404)
        yield content


def judge(folder, root, served, name):
    """What the reference client says: nothing, or the exception that refuses."""
    for place in ("trusted", "fetched"):
        os.makedirs(f"{folder}/{place}", exist_ok=True)
    try:
        updater = Updater(
            f"{folder}/trusted",
            "http://repository/metadata/",
            f"{folder}/fetched",
            "http://repository/targets/",
            fetcher=Folder(served),
            bootstrap=root,
        )
        updater.refresh()
        target = updater.get_targetinfo(name)
        if target is None:
            return "no such target"
        updater.download_target(target)
    except (RepositoryError, DownloadError) as error:
        return type(error).__name__
    return None


def trusted(folder):
    """The versions that the reference client keeps."""
    versions = {}
    for role in POLICY:
        try:
            with open(f"{folder}/trusted/{role}.json", encoding="utf-8") as file:
                versions[role] = json.load(file)["signed"]["version"]
        except FileNotFoundError:
            versions[role] = None
    return versions


def write(folder, files):
    os.makedirs(folder, exist_ok=True)
    for name, content in files.items():
        with open(f"{folder}/{name}", "wb") as file:
            file.write(content)


def main(folder):
    told = []
    for function, refused in CASES:
        case = f"{folder}/{function.__name__}"
        steps = []
        root = None
        for number, step in enumerate(function(Repository()), 1):
            served, name = step if isinstance(step[1], str) else (step, NAME)
            metadata, files = served
            root = root or metadata["1.root.json"]
            write(f"{case}/{number}/metadata", metadata)
            write(f"{case}/{number}/targets", files)
            verdict = judge(f"{case}/reference", root, served, name)
            steps.append(
                {"file": name, "verdict": verdict, "trusted": trusted(f"{case}/reference")}
            )
        write(case, {"root.json": root})
        told.append({"name": function.__name__, "refused": refused, "steps": steps})
    with open(f"{folder}/cases.json", "w", encoding="utf-8") as file:
        json.dump(told, file, indent=1)


main(sys.argv[1])
