/**
 * Padded length of a plaintext of lengthBytes bytes by Padmé (Nikitin et al., "Reducing Metadata Leakage from
 * Encrypted Files and Communication with PURBs", section 4): at most 12 % more, and the length shows only its
 * O(log log n) leading bits. Throws RangeError outside 0 to 2^31 - 1.
 */
export function padmeLength(lengthBytes: number): number {
  if (!Number.isInteger(lengthBytes) || lengthBytes < 0 || lengthBytes >= 2 ** 31) throw new RangeError('padme: length out of range');
  if (lengthBytes < 2) return lengthBytes;
  const exponent = floorLog2(lengthBytes);
  const significantBits = exponent === 0 ? 0 : floorLog2(exponent) + 1;
  const step = 2 ** Math.max(0, exponent - significantBits);
  return Math.ceil(lengthBytes / step) * step;
}

function floorLog2(value: number): number {
  return 31 - Math.clz32(value);
}
