import { useCallback, useState } from 'react';

import { LoginDialog } from './login-dialog';
import { Tags } from './tags';
import { useCall } from './use-call';
import { useRegistry } from './use-registry';

/** Where vite.config.ts forwards to the registry. */
const REGISTRY = new URL('/registry', location.href).href;

export function Dashboard() {
  const { client, login, credentials } = useRegistry(REGISTRY);
  const [name, setName] = useState<string>();
  const list = useCallback(
    async (signal: AbortSignal) => {
      await client.checkStatus({ signal }); // asks for a login if the registry does
      return client.repositories(undefined, { signal });
    },
    [client],
  );
  const { value: repositories, error, pending, repeat } = useCall(list);
  const repository = name === undefined ? undefined : repositories?.get(name);

  return (
    <main>
      <h1>Registry dashboard</h1>
      {login && <LoginDialog {...login} />}
      {error && (
        <p role="alert">
          {error.message}{' '}
          <button type="button" onClick={repeat}>
            Try again
          </button>
        </p>
      )}
      {pending && <p>Loading…</p>}
      <nav>
        {[...(repositories?.keys() ?? [])].map((one) => (
          <button key={one} type="button" aria-pressed={one === name} onClick={() => setName(one)}>
            {one}
          </button>
        ))}
      </nav>
      {repository && <Tags key={name} repository={repository} registry={REGISTRY} credentials={credentials} />}
    </main>
  );
}
