/** The tags a registry lists, sorted, by plain fetch. */
export async function tagsOf(url, repository, headers = {}) {
  const response = await fetch(`${url}/v2/${repository}/tags/list`, { headers });
  return ((await response.json()).tags ?? []).sort();
}
