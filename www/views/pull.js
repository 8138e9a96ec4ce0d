// The command that pulls a tag or digest.

import { isImage } from '../model/opened.js';

const HELM_CONFIG = 'application/vnd.cncf.helm.config.v1+json';

export function pullCommand(host, name, { tag, digest }, manifest) {
  const reference = tag === undefined ? `@${digest}` : `:${tag}`;
  if (manifest?.config?.mediaType !== HELM_CONFIG)
    return `${isImage(manifest) ? 'docker' : 'oras'} pull ${host}/${name}${reference}`;
  // A tag cannot have the "+" of a version: helm writes "_" instead.
  const version = tag === undefined ? reference : ` --version ${tag.replaceAll('_', '+')}`;
  return `helm pull oci://${host}/${name}${version}`;
}
