// The time a module takes until it can be used. `load` runs in Node and in pages.
import { expect, once } from './time.mjs';

export const load = ({ module }) => once(() => import(module));

/** Until there is a client. */
export const client = ({ module }) =>
  once(async () => {
    const { DockerRegistryClient } = await import(module);
    new DockerRegistryClient('http://localhost:5000');
  });

export const connect = ({ module }) =>
  once(async () => {
    const { connect } = await import(module);
    connect('http://localhost:5000');
  });

export const slim = ({ module }) =>
  once(async () => {
    const { DockerRegistryClient, default: init } = await import(module);
    await init();
    new DockerRegistryClient('http://localhost:5000');
  });

/** Until one answer is read. */
export const tags = ({ module, registry }) =>
  once(async () => {
    const { connect } = await import(module);
    const tags = await connect(registry).repository('bench/small').tags();
    expect(tags.length === 4, `${tags.length} tags`);
  });
