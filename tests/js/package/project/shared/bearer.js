// What hosts without a page have to manage beyond smoke.js: a token, and a redirect to storage.

export async function bearer({ DockerRegistryClient }, registry, digest) {
  const statuses = [];
  const client = new DockerRegistryClient(registry, {
    username: 'alice',
    password: 'secret',
    headers: { 'x-team': 'blue' },
    retry: { minDelay: 1 },
    onRequest: ({ status }) => statuses.push(status),
  });
  const repository = client.repository('a/b');
  const tags = await repository.tags();
  const blob = await new Response(await repository.blob(digest)).text();
  const wrong = new DockerRegistryClient(registry, { credentials: () => ({ username: 'alice', password: 'wrong' }) });
  const refused = await wrong
    .repository('a/b')
    .tags()
    .catch(({ code, status }) => ({ code, status }));
  return { tags, blob, statuses, refused };
}
