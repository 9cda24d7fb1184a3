import { describe, expect, it } from 'vitest';
import { refusalCode } from '@selvedge/fixtures';
import { parsePostgresUrl, verifyPostgresTls, verifySchemaName } from './postgres-place.js';

describe('the URL of a database', () => {
  it.each([
    ['postgresql://selvedge@db.example:6432/books', { host: 'db.example', port: 6432, user: 'selvedge', database: 'books' }],
    ['postgres://selvedge@[::1]/books', { host: '::1', port: 5432, user: 'selvedge', database: 'books' }],
    ['postgresql://the%20node@%2Fvar%2Frun%2Fpostgresql/my%20books', { host: '/var/run/postgresql', port: 5432, user: 'the node', database: 'my books' }],
  ])('gives a place: %s', (url, place) => {
    expect(parsePostgresUrl(url)).toEqual(place);
  });

  it.each([
    'postgresql://selvedge:secret@db.example/books',
    'postgresql://selvedge@db.example/books?sslmode=disable',
    'postgresql://selvedge@db.example/books#x',
    'postgresql://db.example/books',
    'postgresql://selvedge@db.example/',
    'postgresql://selvedge@db.example/a/b',
    'postgresql://selvedge@/books',
    'postgresql://selvedge@db.example/%',
    'postgresql://selvedge@db.example/%ff',
    'mysql://selvedge@db.example/books',
    'host=db.example',
    '',
    '\0',
  ])('is refused, and not repeated, when it is %j', (url) => {
    expect(refusalCode(() => parsePostgresUrl(url))).toBe('INVALID_CONFIGURATION');
    expect(() => parsePostgresUrl(url)).toThrow(expect.not.objectContaining({ message: expect.stringMatching(/secret|db\.example\/|books/) as string }));
  });

  it('needs TLS unless it leads to this machine', () => {
    const refusal = (host: string, hasTls: boolean): string | undefined =>
      refusalCode(() => {
        verifyPostgresTls({ host, port: 5432, user: 'u', database: 'd' }, hasTls);
      });
    for (const host of ['localhost', '127.0.0.1', '127.8.9.10', '::1', '/run/postgresql']) expect(refusal(host, false)).toBeUndefined();
    for (const host of ['db.example', '10.0.0.1', '127.0.0.1.example', 'localhost.example', '128.0.0.1']) {
      expect(refusal(host, false)).toBe('INVALID_CONFIGURATION');
      expect(refusal(host, true)).toBeUndefined();
    }
  });

  it.each(['', 'pg_mine', 'PG_mine', 'a\0b', 'x'.repeat(64), '石'.repeat(22)])('goes with a schema that PostgreSQL takes as it is, not %j', (schema) => {
    expect(
      refusalCode(() => {
        verifySchemaName(schema);
      }),
    ).toBe('INVALID_CONFIGURATION');
  });
});
