/** What was typed cannot be meant. */
export class Usage extends Error {}
