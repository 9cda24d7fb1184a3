declare module 'js-yaml' {
  /** Parses one YAML document; version 4 makes nothing but plain values. Throws YAMLException. */
  export function load(text: string, options?: { readonly filename?: string }): unknown;
}
