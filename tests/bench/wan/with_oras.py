"""oras-py over the slow link: with_oras.py OPERATION REGISTRY REPOSITORY FOLDER"""

import os
import sys

import oras.client

operation, registry, repository, folder = sys.argv[1:]
client = oras.client.OrasClient(hostname=registry, insecure=True)
target = f"{registry}/{repository}:latest"
if operation == "pull":
    client.pull(target=target, outdir=folder)
else:
    files = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    client.push(target=target, files=files, disable_path_validation=True)
