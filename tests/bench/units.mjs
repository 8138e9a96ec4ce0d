export const MIB = 1024 * 1024;

export const mebibytes = (bytes) => (bytes % (1024 * MIB) === 0 ? `${bytes / MIB / 1024} GiB` : `${bytes / MIB} MiB`);
