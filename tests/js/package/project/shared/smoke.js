// What every host has to manage: a client, one call, one typed error, and calls that lazy-load parts of the module.

export async function smoke({ DockerRegistryClient, Repository, RegistryError, isRegistryError }, registry) {
  const client = new DockerRegistryClient(registry);
  const repository = client.repository('a/b');
  const tags = await repository.tags();
  const { code, ...refused } = refusal(() => client.repository('Not A Name'), RegistryError, isRegistryError);
  const lazy = await repository.untag('not a tag').then(
    () => 'done',
    (error) => error.code,
  );
  // The first request with a token needs the part that authenticates.
  const authenticated = await new DockerRegistryClient(registry, { token: 'any' }).repository('a/b').tags();
  return { tags, lazy, authenticated, opened: repository instanceof Repository, code: typeof code, ...refused };
}

function refusal(call, RegistryError, isRegistryError) {
  try {
    call();
  } catch (error) {
    return {
      error: error instanceof Error,
      typed: error instanceof RegistryError,
      guarded: isRegistryError(error),
      name: error.name,
      code: error.code,
    };
  }
  return { error: false };
}
