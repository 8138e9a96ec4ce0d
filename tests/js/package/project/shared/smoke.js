// What every host has to manage: a client, one call, one typed error, one call of the module that is loaded lazily.

export async function smoke({ DockerRegistryClient, Repository, RegistryError, isRegistryError }, registry) {
  const client = new DockerRegistryClient(registry);
  const repository = client.repository('a/b');
  const tags = await repository.tags();
  const { code, ...refused } = refusal(() => client.repository('Not A Name'), RegistryError, isRegistryError);
  const lazy = await repository.untag('not a tag').then(
    () => 'done',
    (error) => error.code,
  );
  return { tags, lazy, opened: repository instanceof Repository, code: typeof code, ...refused };
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
