// except HTTPError as error: error.response.status_code; except ConnectionError; except Timeout.
import { DockerRegistryClient, isRegistryError } from 'docker-registry-client-wasm';

async function outcome(call) {
  try {
    await call();
    return 'done';
  } catch (error) {
    if (!isRegistryError(error)) throw error;
    return `${error.code} ${error.status}`;
  }
}

const [host, silent] = process.argv.slice(2);
const client = new DockerRegistryClient(host);
console.log(await outcome(() => client.repository('team/none').tags()));
console.log(await outcome(() => client.repository('team/web').image('none')));
console.log(await outcome(() => client.repository('Team/Web').tags()));
console.log(await outcome(() => new DockerRegistryClient('http://127.0.0.1:1', { retry: false }).checkStatus()));
console.log(await outcome(() => new DockerRegistryClient(silent, { retry: false, timeout: 300 }).checkStatus()));
