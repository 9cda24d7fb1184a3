declare module 'js-yaml' {
  /** Parses one YAML document. Throws YAMLException. */
  export function load(text: string): unknown;
  /** Parses several. */
  export function loadAll(text: string): unknown[];
}
