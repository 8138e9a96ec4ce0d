/** archive.wasm as text, for decode.js. */
declare const module: { alphabet: string; frequent: string; length: number; text: string };
export default module;
