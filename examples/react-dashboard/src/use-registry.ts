import { useMemo, useState } from 'react';

import { type Challenge, type Credentials, DockerRegistryClient } from 'docker-registry-client-wasm';

/** A login that the registry asks for: the dialog calls `answer`, with nothing to go on without a login. */
export interface LoginRequest {
  challenge: Challenge;
  answer: (credentials?: Credentials) => void;
}

/** One client for the page, whose `credentials` callback opens the login dialog. */
export function useRegistry(url: string) {
  const [login, setLogin] = useState<LoginRequest>();
  const [credentials, setCredentials] = useState<Credentials>();

  const client = useMemo(
    () =>
      new DockerRegistryClient(url, {
        credentials: (challenge) =>
          new Promise((resolve) => {
            const answer = (given?: Credentials) => {
              setLogin(undefined);
              setCredentials(given);
              resolve(given);
            };
            setLogin({ challenge, answer });
          }),
      }),
    [url],
  );
  return { client, login, credentials };
}
