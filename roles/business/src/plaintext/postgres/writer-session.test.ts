import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { inTransaction } from './writer-session.js';

function createClient(fails: (text: string) => boolean = () => false): { readonly client: pg.Client; readonly sent: string[] } {
  const sent: string[] = [];
  const query = (text: string): Promise<unknown> => {
    sent.push(text.split(' ')[0] ?? '');
    return fails(text) ? Promise.reject(new Error(`${text} failed`)) : Promise.resolve({});
  };
  return { client: { query } as unknown as pg.Client, sent };
}

describe('statements as one transaction', () => {
  it('are committed together', async () => {
    const { client, sent } = createClient();
    expect(await inTransaction(client, () => client.query('INSERT').then(() => 7))).toBe(7);
    expect(sent).toEqual(['BEGIN', 'INSERT', 'COMMIT']);
  });

  it('leave nothing open where one fails, so that the session takes the next, and tell of that one', async () => {
    const { client, sent } = createClient((text) => text === 'INSERT' || text === 'ROLLBACK');
    await expect(inTransaction(client, () => client.query('INSERT'))).rejects.toThrow('INSERT failed');
    expect(sent).toEqual(['BEGIN', 'INSERT', 'ROLLBACK']);
  });
});
