import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDocument } from './document.js';
import { canonicalJson, type JsonObject } from './json.js';
import { projectDocument } from './projection.js';
import { parseFieldPath } from './field-path.js';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');

describe('documents', () => {
  test.each(['', 'text', '5', 'null', '"a"', '[{"a":1}]', '{"a":', '\ufeff{"a":1}', '{"a":1e999}', '{"a":1} x', `{"a":${'['.repeat(500)}${']'.repeat(500)}}`, `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`])('%.20s is none', (text) => {
    expect(parseDocument(bytes(text))).toBeUndefined();
  });

  test('are JSON objects; bytes that are no UTF-8 become U+FFFD, as in Go', () => {
    expect(parseDocument(bytes(' \n\t{"a":[1,{"b":null}]}'))).toEqual({ a: [1, { b: null }] });
    expect(parseDocument(Buffer.concat([bytes('{"a":"'), Buffer.of(0xff), bytes('"}')]))).toEqual({ a: '\ufffd' });
  });

  test('any bytes are a document or none', () => {
    fc.assert(fc.property(fc.oneof(fc.uint8Array(), fc.json().map(bytes)), (value) => { parseDocument(value); }));
  });
});

describe('projection', () => {
  const project = (document: JsonObject, ...fields: string[]): string => projectDocument({ id: 'k', document }, fields.map(parseFieldPath));
  const DOCUMENT: JsonObject = { owner: 'tom', size: 5, box: { color: { name: 'red', code: 1 }, weight: 2 }, list: ['x', 'y'], _id: 'false', '~version': 'v', 10: 'ten', 9: 'nine' };

  test.each<[string[], string]>([
    [['size', 'owner'], '{"owner":"tom","size":5}'],
    [['box.color.name', 'box.weight'], '{"box":{"color":{"name":"red"},"weight":2}}'],
    [['box', 'box.color.name'], '{"box":{"color":{"code":1,"name":"red"},"weight":2}}'],
    [['box.weight', 'box'], '{"box":{"color":{"code":1,"name":"red"},"weight":2}}'],
    [['list.1'], '{"list":{"1":"y"}}'],
    [['list', 'list.1'], '{"list":["x","y"]}'],
    [['absent', 'size.x', 'list.7'], '{}'],
    [['_id', '~version'], '{}'],
    [['9', '10'], '{"10":"ten","9":"nine"}'],
    [[], '{}'],
  ])('%j', (fields, expected) => {
    expect(project(DOCUMENT, ...fields)).toBe(expected);
  });

  test('names that JavaScript gives a meaning', () => {
    expect(project(JSON.parse('{"__proto__":{"x":1}}') as JsonObject, '__proto__.x')).toBe('{"__proto__":{"x":1}}');
    expect(project({}, 'constructor', 'toString.x')).toBe('{}');
  });

  test('canonical JSON sorts names by their bytes and reads back', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => { expect(JSON.parse(canonicalJson(value as JsonObject))).toEqual(JSON.parse(JSON.stringify(value))); }));
  });
});
