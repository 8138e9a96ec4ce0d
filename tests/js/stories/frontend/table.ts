// Story 6: a table of tags that fills as they are read.
import { open } from './registry';

export async function story(path: string) {
  const table = document.createElement('table');
  document.body.append(table);
  for await (const entry of open(path).repository('team/web').describeTags({ order: 'version' })) {
    const row = table.insertRow();
    row.insertCell().textContent = entry.tag;
    row.insertCell().textContent = entry.error ? entry.error.code : entry.platforms.map(({ architecture }) => architecture).join();
  }
  return table.innerText;
}
