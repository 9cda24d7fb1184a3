/** Certificates are small already; attributes are a few names. */
const MAX_ATTRIBUTES = 256;

/**
 * Attributes that an organisation's CA put into a certificate, in Fabric CA's form: JSON {"attrs": {name: text}}. What is
 * not of that form grants nothing.
 */
export function parseAttributes(json: Uint8Array | undefined): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  if (json === undefined) return attributes;
  const { attrs } = readRecord(parseJson(json));
  for (const [name, value] of Object.entries(readRecord(attrs)).slice(0, MAX_ATTRIBUTES)) {
    if (typeof value === 'string') attributes.set(name, value);
  }
  return attributes;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

function readRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
