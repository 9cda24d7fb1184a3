/** Bytes as text where they are text, else as base64. */
export function showBytes(bytes: Uint8Array): { readonly text: string; readonly isText: boolean } {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), isText: true };
  } catch {
    return { text: Buffer.from(bytes).toString('base64'), isText: false };
  }
}
