/** Error of wrong usage. */
export class Usage extends Error {}
