import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseChaincodeCall, parsePartition, parseTransient } from './chaincode-call.js';
import { UsageError } from './usage-error.js';

describe('parseChaincodeCall', () => {
  it.each([
    ['{"Args":["ReadAsset","asset1"]}', 'ReadAsset', ['asset1']],
    ['{"function":"ReadAsset","Args":["asset1"]}', 'ReadAsset', ['asset1']],
    ['{"Function":"InitLedger","args":[]}', 'InitLedger', []],
    ['{"function":"InitLedger"}', 'InitLedger', []],
  ])('reads %s as peer chaincode does', (text, transaction, args) => {
    expect(parseChaincodeCall(text)).toEqual({ transaction, arguments: args });
  });

  it.each(['', '[]', '{}', '{"Args":[]}', '{"Args":"x"}', '{"Args":[1]}', '{"function":1}', '{"Args":["f"],"Other":1}'])('refuses %j', (text) => {
    expect(() => parseChaincodeCall(text)).toThrow(UsageError);
  });

  it('throws nothing but a usage error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        for (const parse of [parseChaincodeCall, parseTransient, parsePartition]) {
          try {
            parse(text);
          } catch (error) {
            expect(error).toBeInstanceOf(UsageError);
          }
        }
      }),
    );
  });
});

describe('parsePartition', () => {
  it('reads the arguments of a map', () => {
    expect(parsePartition('["aurora","2"]')).toEqual({ arguments: ['aurora', '2'] });
    expect(parsePartition('[]')).toEqual({ arguments: [] });
  });

  it.each(['', '{}', '"a"', '[1]', '{"Args":[]}'])('refuses %j', (text) => {
    expect(() => parsePartition(text)).toThrow(UsageError);
  });
});

describe('parseTransient', () => {
  it('reads base64', () => {
    expect(Buffer.from(parseTransient('{"price":"OTAw"}').price!).toString()).toBe('900');
  });

  it.each(['[]', '{"a":1}', '{"a":"%%%%"}', '{"a":"abc"}'])('refuses %s', (text) => {
    expect(() => parseTransient(text)).toThrow(UsageError);
  });
});
