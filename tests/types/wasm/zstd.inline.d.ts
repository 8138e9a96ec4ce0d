/** zstd.wasm as text, for decode.js. */
declare const module: { alphabet: string; order: number[]; length: number; text: string };
export default module;
