"""Releases of the appliance in repositories that PyPI's tuf signs, as a test asks for them.

    releases.py PLAN FOLDER

The plan (JSON) is a list of states of one repository, each with the days until its metadata expires (`days`) and the releases that it
has more than the state before: `release`, the signed description, and `files`, paths by the names of targets. They become `1/`, `2/` …
(`metadata/`, `targets/`); `root.json` is trusted from the beginning.
"""

import json
import os
import sys

from repository import NAME, OTHER, Repository, days


def write(folder, files):
    os.makedirs(folder, exist_ok=True)
    for name, content in files.items():
        with open(f"{folder}/{name}", "wb") as file:
            file.write(content)


def main(plan, folder):
    repo = Repository()
    for name in (NAME, OTHER):
        del repo.files[repo.place(name)]
        del repo.targets.targets[name]
    with open(plan, encoding="utf-8") as file:
        states = json.load(file)
    for number, state in enumerate(states, 1):
        for added in state["releases"]:
            for name, path in added["files"].items():
                with open(path, "rb") as file:
                    repo.add(name, file.read())
                if name.endswith(".root"):
                    fields = repo.targets.targets[name].unrecognized_fields
                    fields["custom"] = {"release": added["release"]}
        for document in (repo.targets, repo.snapshot, repo.timestamp):
            document.expires = days(state["days"])
        repo.publish()
        metadata, files = repo.served()
        write(f"{folder}/{number}/metadata", metadata)
        write(f"{folder}/{number}/targets", files)
    write(folder, {"root.json": repo.metadata["1.root.json"]})


main(*sys.argv[1:])
