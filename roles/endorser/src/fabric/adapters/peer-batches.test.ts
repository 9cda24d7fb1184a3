import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from 'vitest';
import { listenForBatches, readStates, writePrivateBatch } from './peer-batches.js';
import type { ChaincodeStub } from './chaincode-stub.js';

class Message {
  type = 0;
  payload: Uint8Array = new Uint8Array(0);
  getType = (): number => this.type;
  getPayload_asU8 = (): Uint8Array => this.payload;
  setType = (type: number): void => { this.type = type; };
  setPayload = (payload: Uint8Array): void => { this.payload = payload; };
  setTxid = (): void => undefined;
  setChannelId = (): void => undefined;
}

/** ChaincodeAdditionalParams { use_write_batch, max, use_get_multiple_keys, max } */
const parameters = (...values: readonly [number, number, number, number]): Uint8Array => {
  const writer = new BinaryWriter();
  values.forEach((value, i) => writer.tag(i + 1, WireType.Varint).int32(value));
  return writer.finish();
};

function stubOf(ready: Uint8Array, answer: Uint8Array): ChaincodeStub {
  let listener: (message: Message) => void = () => undefined;
  const stream = { on: (_event: 'data', added: typeof listener) => { listener = added; } };
  listenForBatches(stream);
  const message = new Message();
  message.type = 4;
  message.payload = ready;
  listener(message);
  return { getTxID: () => 'tx', getChannelID: () => 'c', handler: { _stream: stream, _askPeerAndListen: () => Promise.resolve(Buffer.from(answer)) } } as unknown as ChaincodeStub;
}

const oneValue = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(Uint8Array.of(7)).finish();

describe('batches', () => {
  it('are for peers that announce them', () => {
    for (const ready of [new Uint8Array(0), parameters(0, 1_000, 0, 1_000), parameters(1, 1, 1, 1)]) {
      expect(readStates(stubOf(ready, oneValue), ['a', 'b'])).toBeUndefined();
      expect(writePrivateBatch(stubOf(ready, oneValue), [])).toBeUndefined();
    }
    expect(readStates({} as ChaincodeStub, ['a'])).toBeUndefined();
  });

  it('give one value per key, or nothing', async () => {
    const values = await readStates(stubOf(parameters(1, 9, 1, 9), oneValue), ['a']);
    expect(values?.map((value) => [...value])).toEqual([[7]]);
    await expect(readStates(stubOf(parameters(1, 9, 1, 9), oneValue), ['a', 'b'])).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});
