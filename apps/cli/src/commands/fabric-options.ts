import { UsageError } from '../usage-error.js';

/** Parses MSP=VALUE options. Throws UsageError. @param option for messages */
export function parseByOrganisation(option: string, values: readonly string[]): Map<string, string> {
  const parsed = new Map<string, string>();
  for (const text of values) {
    const at = text.indexOf('=');
    const [mspId, value] = [text.slice(0, at), text.slice(at + 1)];
    if (at <= 0 || value === '') throw new UsageError(`${option} ${text}: MSP=FOLDER is expected, such as Org1MSP=organizations/peerOrganizations/org1.example.com`);
    if (parsed.has(mspId)) throw new UsageError(`${option}: ${mspId} is given twice`);
    parsed.set(mspId, value);
  }
  return parsed;
}

/** Parses a whole number in a range. Throws UsageError. @param option for messages */
export function parseNumber(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d{1,9}$/.test(text) || value < min || value > max) throw new UsageError(`${option} ${text}: a whole number from ${String(min)} to ${String(max)} is expected`);
  return value;
}
