import fc from 'fast-check';
import { isSelvedgeError } from '@selvedge/errors';
import { describe, expect, it } from 'vitest';
import { encodeBrokerBackup, parseBrokerBackup } from './backup.js';

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const backup = encodeBrokerBackup({ state: bytes('sealed state'), audit: bytes('one\ntwo\nthr') });
const codeOf = (content: Uint8Array): string => {
  try {
    parseBrokerBackup(content);
    return 'nothing was refused';
  } catch (error) {
    return isSelvedgeError(error) ? error.code : 'no refusal';
  }
};

describe('a backup of a key broker', () => {
  it('has the sealed state and all whole lines of the log', () => {
    const { state, audit } = parseBrokerBackup(backup);
    expect([Buffer.from(state).toString(), Buffer.from(audit).toString()]).toEqual(['sealed state', 'one\ntwo\n']);
    expect(parseBrokerBackup(encodeBrokerBackup({ state: bytes('s'), audit: bytes('') })).audit).toHaveLength(0);
  });

  it('is refused with any byte changed, cut off or added', () => {
    for (let at = 0; at < backup.length; at += 1) {
      const changed = Uint8Array.from(backup);
      changed[at]! ^= 1;
      expect(codeOf(changed), `byte ${String(at)}`).toBe('BACKUP_DAMAGED');
      expect(codeOf(backup.subarray(0, at))).toBe('BACKUP_DAMAGED');
    }
    expect(codeOf(Buffer.concat([backup, Buffer.of(0)]))).toBe('BACKUP_DAMAGED');
  });

  it('may be anything from outside', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (content) => {
      expect(codeOf(content)).toBe('BACKUP_DAMAGED');
      expect(codeOf(Buffer.concat([Buffer.from('SLVKBB01'), content]))).toBe('BACKUP_DAMAGED');
    }));
  });

  it('is not made of a state that no broker has', () => {
    expect(() => encodeBrokerBackup({ state: new Uint8Array(1024 * 1024 + 1), audit: bytes('') })).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }) as Error);
  });
});
