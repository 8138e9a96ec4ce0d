// The requests that the protocol requires and those that a peer is known to make: constants to compare measurements with.

/**
 * Fewest round trips of each operation on distribution 2.8 over HTTP/1.1, where nothing limits how much is parallel and nothing is known
 * beforehand. The first request of a connection takes two, and the first of a crowd needs connections of its own:
 *
 * - describeTags: list 2, manifests 2, configs 1
 * - inventory: catalog 2, lists 2, manifests 1
 * - copyBetween: manifest 2; blobs from the source 2; uploads begun (meanwhile), ended 1; manifest 1
 * - copyWithin: manifest 2, mounts 2, manifest 1
 * - pull: manifest 2, config and layers 2
 * - pullImage: manifest 2, config 1, layers 2
 * - push: uploads begun 2, ended 1, manifest 1
 * - tag: manifest 2, put 1
 * - untagFirst: the tag, and an upload begun 2; upload ended 1; deletion by tag, refused 1; placeholder put 1, deleted 1; tag and list read 1
 * - untagSecond: the tag 1, placeholder put 1, deleted 1, tag and list read 1 (connections and blobs are there)
 * - cleanup: list 2, manifests 2; list 1, manifests 1; one deletion 1, its proof 1, all others 1, their proofs and the list 1
 */
export const ROUND_TRIPS = {
  describeTags: 5,
  inventory: 5,
  copyBetween: 6,
  copyWithin: 5,
  pull: 4,
  pullImage: 5,
  push: 4,
  tag: 3,
  untagFirst: 7,
  untagSecond: 4,
  cleanup: 10,
};

/**
 * Requests of crane (go-containerregistry 0.22), by its source, to a registry without authentication; used where crane is not on this
 * machine. Each `remote` function asks for `/v2/` first. A blob that is copied takes HEAD, POST, GET, PATCH and PUT; one that is
 * mounted HEAD and POST, after another `/v2/` for the wider scope; one that is pushed HEAD, POST, PATCH and PUT. A tag to be written is
 * read by HEAD before. crane deletes by reference alone, so it has no untag() on a registry that deletes by digest only.
 */
export const CRANE_REQUESTS = {
  catalog: 2,
  tags: 2,
  digest: 2,
  manifest: 2,
  config: 3,
  copyBetween: 2 + 2 + 21 * 5 + 1,
  copyWithin: 2 + 2 + 1 + 21 * 2 + 1,
  pull: 2 + 21,
  pullImage: 2 + 21,
  push: 2 + 21 * 4 + 1,
  tag: 4,
};
