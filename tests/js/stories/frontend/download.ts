// Story 7: a download with a progress bar and a button that cancels it.
import { isRegistryError } from 'docker-registry-client-wasm';

import { open } from './registry';

export async function story(path: string, cancelAt: number) {
  const bar = document.createElement('progress');
  const cancel = document.createElement('button');
  const controller = new AbortController();
  cancel.onclick = () => controller.abort();
  document.body.append(bar, cancel);

  const image = await open(path).repository('team/web').image('2.0.0');
  try {
    for (const { digest, size } of image.layers) {
      const layer = await image.getLayer(digest, {
        signal: controller.signal,
        onProgress({ loaded, total }) {
          bar.value = loaded / (total ?? size ?? loaded);
          if (loaded >= cancelAt) cancel.click();
        },
      });
      if (layer.length !== size) return 'damaged';
    }
    return `done ${bar.value}`;
  } catch (error) {
    if (controller.signal.aborted && !isRegistryError(error)) return 'cancelled';
    throw error;
  }
}
