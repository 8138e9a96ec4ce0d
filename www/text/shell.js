// Commands that people paste into a shell: the name of a registry or repository must not become a command of its own.

/** A POSIX shell takes each of the words as it is. */
export const commandLine = (...words) =>
  words
    .filter((word) => word !== undefined)
    .map(quoted)
    .join(' ');

const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
