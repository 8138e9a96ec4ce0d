// The time a module takes until it can be used. Runs in Node and in pages.
import { once } from './time.mjs';

export const load = ({ module }) => once(() => import(module));
