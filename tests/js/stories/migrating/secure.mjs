// verify_ssl=False, username, password, api_timeout=5 of Python.
import { connect } from 'docker-registry-client-wasm/node';

const client = connect(process.argv[2], {
  rejectUnauthorized: false,
  username: 'alice',
  password: 'secret',
  timeout: 5_000,
});
console.log(await client.apiVersion(), (await client.repository('team/web').tags()).length);
