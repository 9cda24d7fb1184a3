import 'fabric-shim';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, type ClientDuplexStream } from '@grpc/grpc-js';
import { peer } from '@hyperledger/fabric-protos';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openReception, type Connection, type Reception } from './connection.js';
import { CHAINCODE_LIMITS } from './limits.js';
import { createMessage, MessageType, type Message } from './messages.js';

const NONE = { channel: '', txId: '' };
const ID = 'diamonds:00';
let directory: string;
let reception: Reception;
const clients: peer.ChaincodeSupportClient[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sv-conn-'));
  reception = await openReception(join(directory, 's'), { ...CHAINCODE_LIMITS, maxMessageBytes: 10_000, pingIntervalMs: 100, maxBlockedMs: 200 });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  reception.close();
  await rm(directory, { recursive: true, force: true });
});

const registration = (name = ID): Message => {
  const id = new peer.ChaincodeID();
  id.setName(name);
  return createMessage(MessageType.REGISTER, NONE, id.serializeBinary());
};
/** Dials as a chaincode does and says what it is given to say. */
const dial = (...first: Message[]): ClientDuplexStream<Message, Message> => {
  const client = new peer.ChaincodeSupportClient(`unix:${join(directory, 's')}`, credentials.createInsecure(), { 'grpc.max_send_message_length': -1 });
  clients.push(client);
  const stream = client.register();
  stream.on('error', () => undefined);
  for (const message of first) stream.write(message);
  return stream;
};
const register = (timeoutMs = 5000): Promise<Connection> => reception.register(ID, AbortSignal.timeout(timeoutMs));
const ending = (connection: Connection): Promise<unknown> => new Promise((resolve) => { connection.listen(() => undefined, resolve); });

test('a registration is answered with REGISTERED and READY, which announces batches as a Fabric 3.1 peer does', async () => {
  const answers: Message[] = [];
  dial(registration()).on('data', (message: Message) => answers.push(message));
  await register();
  await expect.poll(() => answers.map((message) => [message.getType(), Buffer.from(message.getPayload_asU8()).toString('hex')])).toEqual([
    [MessageType.REGISTERED, ''],
    // use_write_batch, 1000 records, use_get_multiple_keys, 1000 keys: what peer 3.1.5 sends with its own core.yaml
    [MessageType.READY, '080110e807180120e807'],
  ]);
});

test.each<[string, () => Message]>([
  ['another name', () => registration('someone-else:00')],
  ['a name that does not parse', () => createMessage(MessageType.REGISTER, NONE, Buffer.from('ffff', 'hex'))],
  ['another message first', () => createMessage(MessageType.COMPLETED, NONE, registration().getPayload_asU8())],
])('%s is refused', async (_name, first) => {
  dial(first());
  await expect(register()).rejects.toMatchObject({ code: 'CHAINCODE_PROTOCOL' });
});

test('a process that says nothing, or never comes, is given up on', async () => {
  await expect(register(50)).rejects.toMatchObject({ code: 'CHAINCODE_START_FAILED' });
  dial();
  await expect(register(200)).rejects.toMatchObject({ code: 'CHAINCODE_START_FAILED' });
});

test.each<[string, Message, string]>([
  ['bytes that are no message', Object.assign(registration(), { serializeBinary: () => Buffer.from('ffffffff', 'hex') }), 'CHAINCODE_PROTOCOL'],
  ['a message above the limit', createMessage(MessageType.COMPLETED, NONE, Buffer.alloc(20_000)), 'CHAINCODE_LIMIT'],
  ['a message far above the limit', createMessage(MessageType.COMPLETED, NONE, Buffer.alloc(200_000)), 'CHAINCODE_CRASHED'],
])('%s end the connection', async (_name, message, code) => {
  const stream = dial(registration());
  const connection = await register();
  const ended = ending(connection);
  stream.write(message);
  await expect(ended).resolves.toMatchObject({ code });
});

test('a stream that the process ends', async () => {
  const stream = dial(registration());
  const ended = ending(await register());
  stream.end();
  await expect(ended).resolves.toMatchObject({ code: 'CHAINCODE_CRASHED' });
});

test('a second stream answers for nobody', async () => {
  dial(registration());
  await register();
  const second = dial(registration());
  const answers: Message[] = [];
  second.on('data', (message: Message) => answers.push(message));
  await new Promise((resolve) => second.once('end', resolve));
  expect(answers).toEqual([]);
});

test('what comes before someone listens is kept', async () => {
  dial(registration(), createMessage(MessageType.KEEPALIVE, NONE));
  const connection = await register();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const types: number[] = [];
  connection.listen((message) => types.push(message.getType()), () => undefined);
  expect(types).toEqual([MessageType.KEEPALIVE]);
});

test('bytes that are no HTTP/2 harm nobody else', async () => {
  const socket = connectSocket(join(directory, 's'));
  socket.on('error', () => undefined);
  socket.write(Buffer.alloc(100_000, 0xff));
  dial(registration());
  await expect(register()).resolves.toBeDefined();
});

test('the socket is gone with the reception', async () => {
  reception.close();
  await expect.poll(() => stat(join(directory, 's')).then(() => true, () => false)).toBe(false);
});
