/** The calls that need lazy.wasm, by class. */
declare const calls: { DockerRegistryClient: string[]; Repository: string[] };
export default calls;
