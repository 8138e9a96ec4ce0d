import { useCallback, useEffect, useState } from 'react';

import { type RegistryError, isRegistryError } from 'docker-registry-client-wasm';

export interface Call<Value> {
  value?: Value;
  error?: RegistryError;
  pending: boolean;
  /** Runs the call again. */
  repeat: () => void;
}

/**
 * Runs a call of the client, and aborts it when it is no longer needed: the component goes, or the call is another one.
 * `call` has to come from useCallback, so that it changes only with what it depends on.
 */
export function useCall<Value>(call: (signal: AbortSignal) => Promise<Value>): Call<Value> {
  const [result, setResult] = useState<Omit<Call<Value>, 'repeat'>>({ pending: true });
  const [count, setCount] = useState(0);
  const repeat = useCallback(() => setCount((before) => before + 1), []);

  useEffect(() => {
    const controller = new AbortController();
    setResult({ pending: true });
    call(controller.signal).then(
      (value) => {
        if (!controller.signal.aborted) setResult({ value, pending: false });
      },
      (error: unknown) => {
        if (controller.signal.aborted) return; // rejected with the signal's reason: nobody waits for it
        if (!isRegistryError(error)) throw error;
        setResult({ error, pending: false });
      },
    );
    return () => controller.abort();
  }, [call, count]);

  return { ...result, repeat };
}
