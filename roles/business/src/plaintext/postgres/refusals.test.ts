import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { SelvedgeError } from '@selvedge/errors';
import { databaseRefusal, isSessionAlive } from './refusals.js';

function databaseError(code: string, severity = 'ERROR'): pg.DatabaseError {
  const error = new pg.DatabaseError('invalid token "canary"', 20, 'error');
  Object.assign(error, { code, severity, detail: 'Key (key)=(canary)' });
  return error;
}

describe('what a failing call to the database is', () => {
  it.each([
    ['08006', 'PLAINTEXT_STORE_UNAVAILABLE'],
    ['40001', 'PLAINTEXT_STORE_UNAVAILABLE'],
    ['53100', 'PLAINTEXT_STORE_UNAVAILABLE'],
    ['57P01', 'PLAINTEXT_STORE_UNAVAILABLE'],
    ['25006', 'PLAINTEXT_STORE_UNAVAILABLE'],
    ['28P01', 'PLAINTEXT_STORE_REFUSED'],
    ['42501', 'PLAINTEXT_STORE_REFUSED'],
    ['23505', 'PLAINTEXT_STORE_REFUSED'],
  ])('SQLSTATE %s is %s', (state, code) => {
    expect(databaseRefusal(databaseError(state))).toMatchObject({ code, message: expect.stringContaining(state) as string });
  });

  it('never repeats what may be a value', () => {
    for (const state of ['22P02', '22021', '23505', '42601', '42P01', '54000', 'XX000']) {
      const refusal = databaseRefusal(databaseError(state));
      expect(JSON.stringify(refusal) + String(refusal.stack)).not.toContain('canary');
      expect(refusal.cause).toBeUndefined();
    }
  });

  it('passes refusals of our own, and takes everything else for a lost connection', () => {
    const own = new SelvedgeError('PLAINTEXT_STORE_GAP', 'gap');
    expect(databaseRefusal(own)).toBe(own);
    expect(databaseRefusal(Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' }))).toMatchObject({ code: 'PLAINTEXT_STORE_UNAVAILABLE', message: expect.stringContaining('ECONNREFUSED') as string });
    expect(databaseRefusal(new Error('SASL: client password must be a string')).code).toBe('PLAINTEXT_STORE_REFUSED');
  });

  it('tells whether the session may go on', () => {
    expect(isSessionAlive(databaseError('23505'))).toBe(true);
    expect(isSessionAlive(new SelvedgeError('PLAINTEXT_STORE_GAP', 'gap'))).toBe(true);
    expect([databaseError('57P01', 'FATAL'), databaseError('57P02'), databaseError('08006'), new Error('Query read timeout')].map(isSessionAlive)).toEqual([false, false, false, false]);
  });
});
