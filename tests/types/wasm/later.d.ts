/** The calls that need later.wasm, by class. */
declare const calls: { DockerRegistryClient: string[]; Repository: string[] };
export default calls;
