// A blob that is made while it is sent.

/** What was pushed of so many pieces of a mebibyte. */
export async function push({ DockerRegistryClient }, registry, pieces) {
  let piece = 0;
  const pull = (controller) => {
    if (piece === pieces) controller.close();
    else controller.enqueue(new Uint8Array(1 << 20).fill((piece += 1)));
  };
  const repository = new DockerRegistryClient(registry).repository('a/b');
  const { digest, size } = await repository.pushBlob(new ReadableStream({ pull }, { highWaterMark: 0 }));
  return { digest, size };
}
