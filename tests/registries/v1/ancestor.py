"""What docker-registry-client 0.5.2 says of a V1 registry, as JSON: `ancestor.py URL REPOSITORY TAG`."""
import json
import sys

from docker_registry_client import DockerRegistryClient
from docker_registry_client._BaseClient import BaseClientV1

url, name, tag = sys.argv[1:]
client = DockerRegistryClient(url)
namespace, _, repository = name.rpartition('/')
repository = client.repository(repository, namespace or None)
# Its Image asks for the wrong path; what it is built on asks for the right ones.
base = BaseClientV1(url)
image = repository._client.get_image_id(repository.namespace, repository.repository, tag)
print(json.dumps({
    'version': client.api_version,
    'search': base.search(''),
    'namespaces': client.namespaces(),
    'repositories': sorted(client.repositories()),
    'tags': repository.tags(),
    'data': repository.data(tag),
    'image': image,
    'json': base.get_image_layer(image),
    'ancestry': base.get_image_ancestry(image),
}))
