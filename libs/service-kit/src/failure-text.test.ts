import { SelvedgeError } from '@selvedge/errors';
import { describe, expect, it } from 'vitest';
import { failureText } from './failure-text.js';

describe('what is logged of a failure', () => {
  it('is the code alone of a refusal', () => {
    expect(failureText(new SelvedgeError('DECRYPT_FAILED', 'decryption failed'))).toEqual({ code: 'DECRYPT_FAILED' });
  });

  it('is the class and the frames of a foreign error, never its text', () => {
    const logged = failureText(new TypeError('secret\n    at secret value (file.ts:1:2)\nsecond line'));
    expect(logged).toMatchObject({ code: 'INTERNAL', cause: 'TypeError' });
    expect(logged.frames?.[0]).toMatch(/^at .*failure-text\.test\.ts:\d+:\d+\)?$/);
    expect(JSON.stringify(logged)).not.toContain('secret');
    expect(failureText('a thrown string')).toEqual({ code: 'INTERNAL' });
  });
});
