import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { createSearch, encodingsOf } from './search.js';

const TEXT = 'canary0123456789secret';
const KEY = Uint8Array.from({ length: 32 }, (_unused, index) => (index * 37 + 201) & 0xff);
const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-search-'));

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const search = createSearch([
  { name: 'text', content: TEXT },
  { name: 'key', content: KEY },
]);
const markersIn = (content: string | Uint8Array): string[] => [...new Set(search.bytes('here', Buffer.from(content as Uint8Array)).map(({ marker }) => marker))];

describe('the canary search', () => {
  const surroundings = ['', 'x', 'xy', 'xyz', 'xyzzy '];

  it.each(surroundings)('finds a text between %j in every encoding', (before) => {
    const whole = Buffer.from(`${before}${TEXT}${before}`);
    const forms = {
      plain: whole,
      hex: whole.toString('hex'),
      'upper-case hex': whole.toString('hex').toUpperCase(),
      base64: whole.toString('base64'),
      base64url: whole.toString('base64url'),
      'UTF-16LE': Buffer.from(whole.toString(), 'utf16le'),
      'UTF-16BE': Buffer.from(whole.toString(), 'utf16le').swap16(),
      'JSON of a Buffer': JSON.stringify(whole),
      'a printed Buffer': inspect(whole),
      'a printed typed array': inspect(new Uint8Array(whole)),
      'JSON of a typed array': JSON.stringify(new Uint8Array(whole)),
      'base64 in lines of 16': whole.toString('base64').replaceAll(/.{16}/g, '$&\n'),
      'base64 in lines, escaped': JSON.stringify(whole.toString('base64').replaceAll(/.{16}/g, '$&\r\n')),
    };
    for (const [name, form] of Object.entries(forms)) expect(markersIn(form), name).toEqual(['text']);
  });

  it.each(surroundings)('finds the bytes of a key between %j in every encoding', (before) => {
    const whole = Buffer.concat([Buffer.from(before), KEY, Buffer.from(before)]);
    for (const form of [whole, whole.toString('hex'), whole.toString('hex').toUpperCase(), whole.toString('base64'), whole.toString('base64url'), JSON.stringify(whole), inspect(new Uint8Array(whole))]) {
      expect(markersIn(form)).toEqual(['key']);
    }
  });

  it('finds a key in PEM, whose lines are broken', () => {
    const pem = `-----BEGIN PRIVATE KEY-----\n${Buffer.concat([Buffer.alloc(36), KEY, Buffer.alloc(70)]).toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;
    expect(markersIn(pem)).toEqual(['key']);
  });

  it('finds nothing where nothing is, and no part for the whole', () => {
    expect(markersIn('')).toEqual([]);
    expect(markersIn(Buffer.alloc(100_000))).toEqual([]);
    expect(markersIn(TEXT.slice(1))).toEqual([]);
    expect(markersIn(KEY.subarray(1))).toEqual([]);
  });

  it('looks for each encoding once, and for none that is shorter than it must be', () => {
    const forms = encodingsOf(TEXT);
    expect([...forms.keys()]).toEqual(expect.arrayContaining(['plain', 'hex', 'HEX', 'UTF-16LE', 'UTF-16BE', 'base64+0', 'base64+1', 'base64+2', 'base64url+0']));
    for (const [name, form] of forms) expect(form.length, name).toBeGreaterThanOrEqual(TEXT.length);
  });

  it('finds a marker across the boundary of two chunks of a file', () => {
    const chunk = 8 * 1024;
    const small = createSearch([{ name: 'text', content: TEXT }], chunk);
    const name = path.join(folder, 'chunks');
    for (const form of [TEXT, Buffer.from(TEXT, 'utf16le'), Buffer.from(TEXT).toString('hex'), Buffer.from(TEXT).toString('base64')]) {
      const bytes = Buffer.from(form as Uint8Array);
      for (let shift = 0; shift <= bytes.length; shift += 1) {
        writeFileSync(name, Buffer.concat([Buffer.alloc(chunk - shift), bytes, Buffer.alloc(3 * chunk)]));
        expect(small.file('store', name), `${String(shift)} bytes before the boundary`).not.toEqual([]);
      }
    }
    writeFileSync(name, Buffer.alloc(5 * chunk));
    expect(small.file('store', name)).toEqual([]);
  });

  it('finds markers in files, in their names and in the names of folders', () => {
    mkdirSync(path.join(folder, 'below', `x${TEXT}`), { recursive: true });
    writeFileSync(path.join(folder, 'below', 'content'), `a ${TEXT}`);
    writeFileSync(path.join(folder, 'below', 'left-out'), `a ${TEXT}`);
    writeFileSync(path.join(folder, 'below', Buffer.from(TEXT).toString('hex')), '');
    const found = search.folder((name) => (name === 'left-out' ? undefined : 'store'), path.join(folder, 'below'));
    expect(found.map(({ place, encoding }) => `${place.replace(`${folder}/below/`, '')} ${encoding}`).sort()).toEqual(
      [`name of x${TEXT} plain`, `name of ${Buffer.from(TEXT).toString('hex')} hex`, 'store: content plain'].sort(),
    );
  });

  it('refuses a marker that does not fit into the overlap', () => {
    expect(() => createSearch([{ name: 'long', content: 'x'.repeat(4_096) }])).toThrow('too long');
  });
});
