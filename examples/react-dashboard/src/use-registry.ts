import { useMemo, useState } from 'react';

import { type Challenge, type Credentials, DockerRegistryClient } from 'docker-registry-client-wasm';

/** A pending login. The dialog calls `answer` with credentials, or without an argument to continue anonymously. */
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
