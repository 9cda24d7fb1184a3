import { describe, expect, it } from 'vitest';
import { isGatedFunction } from './gated-functions.js';

describe('isGatedFunction', () => {
  const isGated = (gated: string, called: string): boolean => isGatedFunction({ gatedFunctions: [gated] }, Buffer.from(called));

  it('knows a function with and without its contract class', () => {
    for (const called of ['close', 'Auction:close', 'a:b:close', ':close']) expect(isGated('close', called), called).toBe(true);
    for (const called of ['close', 'Auction:close', 'Other:close']) expect(isGated('Auction:close', called), called).toBe(true);
  });

  it('knows it in every spelling that a Go contract would run', () => {
    for (const called of ['seal', 'ſeal', 'Auction:seal', 'SEAL']) expect(isGated('Seal', called), called).toBe(true);
  });

  it('leaves others alone', () => {
    for (const called of ['', 'closer', 'close:', 'close:bid']) expect(isGated('close', called), called).toBe(false);
  });
});
