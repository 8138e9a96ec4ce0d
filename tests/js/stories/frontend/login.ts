// Story 8: a login that the user first cancels.
import { type Credentials, isRegistryError } from 'docker-registry-client-wasm';

import { open } from './registry';

export async function story(path: string, answers: (Credentials | undefined)[]) {
  const repository = open(path, async () => answers.shift()).repository('team/web');
  const outcomes: (number | string)[] = [];
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      outcomes.push((await repository.tags()).length);
    } catch (error) {
      if (!isRegistryError(error)) throw error;
      outcomes.push(error.code);
    }
  }
  return outcomes;
}
