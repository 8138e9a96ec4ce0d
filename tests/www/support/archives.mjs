// Archives of images, as the tests of pushes need them.
import { tar } from '../../../www/registry/tar.mjs';

/** The members of an OCI image layout: `[path, bytes]`. `images`: `[content, name]`. */
export function layoutOf(images) {
  const blobs = new Map();
  const add = (content) => {
    blobs.set(content.digest, content.bytes);
    for (const { bytes, descriptor } of content.blobs) blobs.set(descriptor.digest, bytes);
    content.children.forEach(add);
  };
  images.forEach(([content]) => add(content));
  const manifests = images.map(([content, name]) => ({
    ...content.descriptor,
    annotations: { 'io.containerd.image.name': name },
  }));
  return [
    ['oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}')],
    ['index.json', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests }))],
    ...[...blobs].map(([digest, bytes]) => [`blobs/${digest.replace(':', '/')}`, bytes]),
  ];
}

export const tarOf = (members) => tar(members.map(([path, content]) => ({ path, content })));
