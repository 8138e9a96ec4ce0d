import { useEffect, useState } from 'react';

import type { Credentials } from 'docker-registry-client-wasm';

import type { Answer, Task } from './verify.worker';

/** Reads every layer of an image in a worker, which verifies them against their digests. The page stays responsive. */
export function Verify({ registry, credentials, name, tag }: Task) {
  const [text, setText] = useState('');
  const [worker, setWorker] = useState<Worker>();
  useEffect(() => () => worker?.terminate(), [worker]);

  function start() {
    const next = new Worker(new URL('./verify.worker.ts', import.meta.url), { type: 'module' });
    next.onmessage = ({ data }: MessageEvent<Answer>) => {
      if ('error' in data) setText(data.error.message);
      else setText(data.done ? `${data.bytes} bytes verified` : `${data.bytes} bytes`);
    };
    next.postMessage({ registry, credentials, name, tag } satisfies Task);
    setWorker(next);
  }

  return (
    <>
      <button type="button" onClick={start}>
        Verify {tag}
      </button>{' '}
      <output>{text}</output>
    </>
  );
}
