/** Bytes as text where they are text, and always as base64. */
export function showBytes(bytes: Uint8Array): { readonly result: string; readonly payload: string } {
  const payload = Buffer.from(bytes).toString('base64');
  try {
    return { result: new TextDecoder('utf-8', { fatal: true }).decode(bytes), payload };
  } catch {
    return { result: payload, payload };
  }
}
