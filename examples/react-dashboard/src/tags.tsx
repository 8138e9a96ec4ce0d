import { useCallback, useState } from 'react';

import { type Credentials, type DescribedTag, type Repository, isRegistryError } from 'docker-registry-client-wasm';

import { useCall } from './use-call';
import { Verify } from './verify';

interface Properties {
  repository: Repository;
  registry: string;
  credentials?: Credentials;
}

export function Tags({ repository, registry, credentials }: Properties) {
  const describe = useCallback(
    async (signal: AbortSignal) => {
      const tags: DescribedTag[] = [];
      for await (const tag of repository.describeTags({ order: 'newest', signal })) tags.push(tag);
      return tags;
    },
    [repository],
  );
  const { value: tags, error, pending, repeat } = useCall(describe);

  return (
    <section>
      <h2>{repository.name}</h2>
      {error && <p role="alert">{error.message}</p>}
      {pending && <p>Loading…</p>}
      <table>
        <tbody>
          {tags?.map((one) => (
            <tr key={one.tag}>
              <th scope="row">{one.tag}</th>
              <td>{one.error ? one.error.code : one.created?.toISOString().slice(0, 10)}</td>
              <td>{one.error ? '' : `${((one.size ?? 0) / 1e6).toFixed(1)} MB`}</td>
              <td>
                <Verify registry={registry} credentials={credentials} name={repository.name} tag={one.tag} />
                <DeleteButton repository={repository} tag={one.tag} onDeleted={repeat} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function DeleteButton({ repository, tag, onDeleted }: { repository: Repository; tag: string; onDeleted: () => void }) {
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function remove() {
    if (!confirm(`Remove the tag ${tag} of ${repository.name}?`)) return;
    setBusy(true);
    try {
      await repository.untag(tag); // no other tag of the same image goes
      onDeleted();
    } catch (error) {
      if (!isRegistryError(error)) throw error;
      setProblem(error.code === 'UNSUPPORTED' ? 'This registry does not delete.' : error.message);
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <button type="button" disabled={busy} onClick={remove}>
        Delete {tag}
      </button>
      {problem && <span role="alert">{problem}</span>}
    </>
  );
}
