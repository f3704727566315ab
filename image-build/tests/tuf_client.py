"""The reference client of TUF (PyPI's tuf) on a repository in a folder: takes every file that is named.

    tuf_client.py REPOSITORY ROOT STORE NAME...
"""

import os
import sys

from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient import Updater
from tuf.ngclient.fetcher import FetcherInterface


class Folder(FetcherInterface):
    def __init__(self, folder):
        self.folder = folder

    def _fetch(self, url):
        path = os.path.join(self.folder, url.removeprefix("http://repository/"))
        if not os.path.exists(path):
            raise DownloadHTTPError("there is none", 404)
        with open(path, "rb") as file:
            yield file.read()


repository, root, store, *names = sys.argv[1:]
os.makedirs(store, exist_ok=True)
with open(root, "rb") as file:
    trusted = file.read()
updater = Updater(
    store,
    "http://repository/metadata/",
    store,
    "http://repository/targets/",
    fetcher=Folder(repository),
    bootstrap=trusted,
)
updater.refresh()
for name in names:
    updater.download_target(updater.get_targetinfo(name))
