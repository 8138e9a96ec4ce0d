// The lines in which two texts differ, in hunks, as `diff -u` has them.

export { structuredPatch } from 'diff';
