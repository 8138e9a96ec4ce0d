"""Evaluates expressions with the `client` of docker-registry-client 0.5.2: `evaluate.py URL EXPRESSIONS`, both ways as JSON."""
import json
import sys

from docker_registry_client import DockerRegistryClient

client = DockerRegistryClient(sys.argv[1])


def evaluate(expression):
    try:
        return {'value': eval(expression)}
    except Exception as error:  # the test tells it from a value
        return {'error': repr(error)}


print(json.dumps([evaluate(one) for one in json.loads(sys.argv[2])]))
