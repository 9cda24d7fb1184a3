import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { peer } from '@hyperledger/fabric-protos';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectChaincode, type Connection } from './connection.js';
import { createMessage, MessageType, type Message } from './messages.js';

const NONE = { channel: '', txId: '' };
const ID = 'diamonds:00';
let directory: string;
let server: Server;
let onConnect: (stream: ServerDuplexStream<Message, Message>) => void;
const connections: Connection[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sv-conn-'));
  onConnect = (stream) => stream.write(registration());
  server = new Server();
  server.addService(peer.ChaincodeService, {
    connect: (stream: ServerDuplexStream<Message, Message>) => {
      onConnect(stream);
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${join(directory, 's')}`, ServerCredentials.createInsecure(), (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
});
afterEach(async () => {
  for (const connection of connections.splice(0)) connection.close();
  server.forceShutdown();
  await rm(directory, { recursive: true, force: true });
});

const registration = (name = ID): Message => {
  const id = new peer.ChaincodeID();
  id.setName(name);
  return createMessage(MessageType.REGISTER, NONE, id.serializeBinary());
};
const connect = async (maxMessageBytes = 10_000, timeoutMs = 5000): Promise<Connection> => {
  const connection = await connectChaincode(join(directory, 's'), ID, maxMessageBytes, AbortSignal.timeout(timeoutMs));
  connections.push(connection);
  return connection;
};
const ending = (connection: Connection): Promise<unknown> => new Promise((resolve) => { connection.listen(() => undefined, resolve); });

test('a registration is answered with REGISTERED and READY, which announces no batches', async () => {
  const answers: Message[] = [];
  onConnect = (stream) => {
    stream.on('data', (message: Message) => answers.push(message));
    stream.write(registration());
  };
  await connect();
  await expect.poll(() => answers.map((message) => [message.getType(), message.getPayload_asU8().length])).toEqual([[MessageType.REGISTERED, 0], [MessageType.READY, 0]]);
});

test.each<[string, () => Message]>([
  ['another name', () => registration('someone-else:00')],
  ['a name that does not parse', () => createMessage(MessageType.REGISTER, NONE, Buffer.from('ffff', 'hex'))],
  ['another message first', () => createMessage(MessageType.COMPLETED, NONE, registration().getPayload_asU8())],
])('%s is refused', async (_name, first) => {
  onConnect = (stream) => stream.write(first());
  await expect(connect()).rejects.toMatchObject({ code: 'CHAINCODE_PROTOCOL' });
});

test('a process that says nothing is given up on', async () => {
  onConnect = () => undefined;
  await expect(connect(10_000, 100)).rejects.toMatchObject({ code: 'CHAINCODE_START_FAILED' });
  await expect(connectChaincode(join(directory, 'nothing'), ID, 1, AbortSignal.timeout(50))).rejects.toMatchObject({ code: 'CHAINCODE_START_FAILED' });
});

test.each<[string, Message, string]>([
  ['bytes that are no message', Object.assign(registration(), { serializeBinary: () => Buffer.from('ffffffff', 'hex') }), 'CHAINCODE_PROTOCOL'],
  ['a message above the limit', createMessage(MessageType.COMPLETED, NONE, Buffer.alloc(20_000)), 'CHAINCODE_LIMIT'],
])('%s end the connection', async (_name, message, code) => {
  onConnect = (stream) => {
    stream.write(registration());
    setTimeout(() => stream.write(message), 50);
  };
  await expect(ending(await connect())).resolves.toMatchObject({ code });
});

test('a stream that the process ends', async () => {
  onConnect = (stream) => {
    stream.write(registration());
    setTimeout(() => stream.end(), 50);
  };
  await expect(ending(await connect())).resolves.toMatchObject({ code: 'CHAINCODE_CRASHED' });
});

test('a probe tells a process that greets from one that does not', async () => {
  const connection = await connect();
  expect(await connection.probe(2000)).toBe(true);
  onConnect = () => undefined;
  expect(await connection.probe(100)).toBe(false);
});
