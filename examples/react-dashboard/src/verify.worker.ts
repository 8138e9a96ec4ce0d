import { type Credentials, DockerRegistryClient, isRegistryError } from 'docker-registry-client-wasm';

export interface Task {
  registry: string;
  credentials?: Credentials;
  name: string;
  tag: string;
}
export type Answer = { bytes: number; done: boolean } | { error: { code: string; message: string } };

const answer = (data: Answer) => self.postMessage(data);

self.onmessage = async ({ data: { registry, credentials, name, tag } }: MessageEvent<Task>) => {
  try {
    const client = new DockerRegistryClient(registry, { credentials: () => credentials });
    const image = await client.repository(name).image(tag);
    let bytes = 0;
    for (const { digest } of image.layers) {
      const stream = await image.layerStream(digest);
      for await (const chunk of stream) {
        bytes += chunk.length;
        answer({ bytes, done: false });
      }
    }
    answer({ bytes, done: true });
  } catch (error) {
    if (!isRegistryError(error)) throw error;
    // An error loses its class and its fields on the way to the page: send what the page shows.
    answer({ error: { code: error.code, message: error.message } });
  }
};
