/** The modules beside the core. */
export type PartName =
  | "read"
  | "write"
  | "cleanup"
  | "diagnose"
  | "unpack"
  | "layer"
  | "archive"
  | "legacy"
  | "auth"
  | "zstd";

/** What each part needs, and the calls that load it, by class. */
declare const parts: Record<
  PartName,
  {
    needs: PartName[];
    scripts?: () => Promise<Record<string, (...args: never) => unknown>>;
    calls: Record<string, string[]>;
  }
>;
export default parts;
