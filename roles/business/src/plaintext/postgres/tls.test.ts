import { refusalCodeOf } from '@selvedge/fixtures';
import { startTestPostgres, type TestPostgres } from '@selvedge/fixtures/postgres';
import { createDevTlsCa, loadDevTlsCa } from '@selvedge/identity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPlaintextStore } from '../open-plaintext-store.js';

describe('TLS to PostgreSQL', { timeout: 60_000 }, () => {
  let root: string;
  let otherRoot: string;
  let server: TestPostgres;
  beforeAll(async () => {
    const [ca, other] = await Promise.all(['AuroraMSP', 'OtherMSP'].map((mspId) => createDevTlsCa(mspId, { now: new Date() })));
    if (ca === undefined || other === undefined) throw new Error('no authority');
    root = ca.rootCertificatePem;
    otherRoot = other.rootCertificatePem;
    // For the name and not for the address, which both lead to it.
    server = await startTestPostgres({ tls: await loadDevTlsCa(ca).issueTls({ commonName: 'db', hosts: ['localhost'] }) });
  });
  afterAll(() => server.close());

  const code = async (host: string, tlsRootCertificate: string): Promise<string | undefined> => {
    const url = `postgresql://postgres@${host}:${String(server.port)}/postgres`;
    const opened = openPlaintextStore({ channel: 'gemstones', node: 'AuroraMSP', ledger: 'ab'.repeat(32), place: { kind: 'postgresql', url, password: server.password, tlsRootCertificate } });
    const refusal = await refusalCodeOf(opened);
    if (refusal !== undefined) return refusal;
    const encrypted = await server.query(`SELECT FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'selvedge AuroraMSP' AND NOT ssl`);
    expect(encrypted).toHaveLength(0);
    await (await opened).close();
    return undefined;
  };

  it('is spoken with a server whose certificate chains to the root and names the host, and with no other', async () => {
    expect(await code('localhost', root)).toBeUndefined();
    expect(await code('localhost', otherRoot)).toBe('PLAINTEXT_STORE_UNAVAILABLE');
    expect(await code('127.0.0.1', root)).toBe('PLAINTEXT_STORE_UNAVAILABLE');
  });
});
