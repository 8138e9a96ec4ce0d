"""The report as it was: repositories, tags and the architecture of one image."""
import json
import sys

from docker_registry_client import DockerRegistryClient

client = DockerRegistryClient(sys.argv[1])
report = {name: sorted(repository.tags()) for name, repository in client.repositories().items()}
manifest, digest = client.repository('old/web').manifest('v1')
print(json.dumps({'report': report, 'digest': digest, 'architecture': manifest['architecture']}, sort_keys=True))
