import { describe, expect, it } from 'vitest';
import { verifyCallOrigin, type CallOrigin } from './check-request.js';
import { keyInput, proveInput, readInput, requestInput } from './inputs.js';
import { originOf, parseListenAddress, type ListenSetting } from './listen-address.js';

const OWN = 'http://127.0.0.1:7420';
const call = (change: Partial<CallOrigin> = {}): CallOrigin => ({ method: 'GET', host: '127.0.0.1:7420', origin: undefined, fetchSite: undefined, ...change });

describe('where a call comes from', () => {
  it.each<[string, Partial<CallOrigin>]>([
    ['an address that was typed', { fetchSite: 'none' }],
    ['the page', { method: 'POST', origin: OWN, fetchSite: 'same-origin' }],
    ['the command', { method: 'POST', origin: OWN }],
  ])('is taken from %s', (_what, change) => {
    verifyCallOrigin(call(change), OWN);
  });

  it.each<[string, Partial<CallOrigin>]>([
    ['a name that was bound to this address', { host: 'rebound.example:7420' }],
    ['localhost, which is another origin', { host: 'localhost:7420' }],
    ['another port', { host: '127.0.0.1:7421' }],
    ['no host', { host: undefined }],
    ['another page, reading', { origin: 'http://127.0.0.1:9999' }],
    ['another page, changing', { method: 'POST', origin: 'https://evil.example' }],
    ['a page without an origin', { method: 'POST', origin: 'null' }],
    ['nowhere, changing', { method: 'POST' }],
    ['nowhere, deleting', { method: 'DELETE' }],
    ['another site', { fetchSite: 'cross-site' }],
    ['another port’s page', { fetchSite: 'same-site' }],
  ])('is refused from %s', (_what, change) => {
    expect(() => { verifyCallOrigin(call(change), OWN); }).toThrow(expect.objectContaining({ code: 'ORIGIN_REFUSED' }));
  });
});

describe('the address', () => {
  const tls = { certificatePem: 'c', privateKeyPem: 'k' };

  it.each<[ListenSetting, string]>([
    [{ listen: '127.0.0.1:7420' }, 'http://127.0.0.1:7420'],
    [{ listen: '[::1]:7420' }, 'http://[::1]:7420'],
    [{ listen: '10.0.0.5:443', exposed: true, tls, hostName: 'console.example.org' }, 'https://console.example.org'],
    [{ listen: '0.0.0.0:8443', exposed: true, tls, hostName: 'console' }, 'https://console:8443'],
  ])('%j is opened at %s', (setting, origin) => {
    expect(originOf(setting, parseListenAddress(setting))).toBe(origin);
  });

  it.each<[string, ListenSetting]>([
    ['one that others reach, unasked', { listen: '10.0.0.5:7420', tls }],
    ['every interface, unasked', { listen: '0.0.0.0:7420', tls }],
    ['every interface of IPv6, unasked', { listen: '[::]:7420', tls }],
    ['one that others reach, without TLS', { listen: '10.0.0.5:7420', exposed: true }],
    ['a name', { listen: 'localhost:7420' }],
    ['a port that is none', { listen: '127.0.0.1:70000' }],
    ['no address', { listen: '7420' }],
    ['a host name that is a way out', { listen: '127.0.0.1:1', hostName: 'a/b@c' }],
  ])('is refused: %s', (_what, setting) => {
    expect(() => parseListenAddress(setting)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION' }));
  });
});

describe('bodies', () => {
  const prove = { challenge: 'a'.repeat(64), identity: 'YWJj', signature: 'YWJj', user: 'User1' };
  const request = { kind: 'query', contract: 'diamonds', transaction: 'PriceOf', arguments: ['a'], transient: {} };

  it('are read as they are meant', () => {
    expect(readInput(proveInput, prove)).toEqual(prove);
    expect(readInput(requestInput, request)).toEqual(request);
    expect(readInput(keyInput, { contract: 'c', collection: '', key: 'k' }).key).toBe('k');
  });

  it.each<[string, Parameters<typeof readInput>[0], unknown]>([
    ['a user that leads out of the folder', proveInput, { ...prove, user: '../../etc' }],
    ['a user with a slash', proveInput, { ...prove, user: 'a/b' }],
    ['a user that begins with a dot', proveInput, { ...prove, user: '..' }],
    ['a challenge that is none', proveInput, { ...prove, challenge: 'zz' }],
    ['bytes that are no base64', proveInput, { ...prove, signature: '%%%%' }],
    ['an identity that is too long', proveInput, { ...prove, identity: 'YWJj'.repeat(5_000) }],
    ['a field more', proveInput, { ...prove, admin: true }],
    ['nothing', proveInput, null],
    ['a list', proveInput, []],
    ['another kind', requestInput, { ...request, kind: 'deploy' }],
    ['too many arguments', requestInput, { ...request, arguments: Array.from({ length: 65 }, () => 'a') }],
    ['an argument that is no text', requestInput, { ...request, arguments: [{ length: 1 }] }],
    ['a contract that is a path', requestInput, { ...request, contract: '../x' }],
    ['no key', keyInput, { contract: 'c', collection: '', key: '' }],
  ])('are refused: %s', (_what, schema, body) => {
    expect(() => readInput(schema, body)).toThrow(expect.objectContaining({ code: 'MALFORMED_MESSAGE' }));
  });

  it('are not repeated in a refusal, names of transient fields least', () => {
    const canary = 'canary-4711';
    const refused = (() => { try { return readInput(requestInput, { ...request, kind: canary, transient: { [canary]: 7 } }); } catch (error) { return error; } })();
    expect(String(refused)).not.toContain(canary);
  });
});
