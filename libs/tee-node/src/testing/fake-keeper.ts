import { randomBytes } from 'node:crypto';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { verifyTeeCertificate } from '@selvedge/attestation';
import { sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { signAs, type Signer } from '@selvedge/identity';
import { encodeMessage, PacketSchema, parseMessage, ReaderAdmissionSchema, ReaderChallengeSchema, signing, StateAnswerSchema, StateQuerySchema, type ReaderAdmission, type ReaderEvidence, type ServedPlaintext, type StateAnswer } from '@selvedge/protocol';
import { createReaderChannel, openPacket, type ReaderChannel } from '@selvedge/sealed-objects';
import type { BusinessPort } from '../ports.js';
import type { FakeBusinessNode } from './fake-business-node.js';
import type { NetworkParts } from './test-network.js';

/** A business node in memory that keeps what it was given in plaintext. It verifies no evidence: business nodes are tested elsewhere. */
export interface FakeKeeper extends BusinessPort {
  /** Its packets are served as they are: of a collection that is taken over, the rest alone is plaintext. */
  keepsPackets: boolean;
  /** Everything that readers have sent to be admitted. */
  readonly evidence: ReaderEvidence[];
  /** Forgets every channel, as a restart does. */
  restart(): void;
  /** Changes an admission before it is sent. */
  tamperAdmission: (admission: ReaderAdmission) => ReaderAdmission;
  /** Changes a value before it is sealed. */
  tamper: (served: ServedPlaintext) => ServedPlaintext;
  /** Changes an answer before it is sealed. */
  tamperContent: (content: MessageInitShape<typeof StateAnswerSchema>) => MessageInitShape<typeof StateAnswerSchema>;
  /** Changes the finished answer. */
  tamperAnswer: (answer: StateAnswer) => StateAnswer;
  /** Messages as they pass, in both directions. */
  readonly wire: Uint8Array[];
}

/** @param node holds the packets; their values are opened with the network's own keys, as the owner opens its copies */
export function createFakeKeeper(net: NetworkParts, node: FakeBusinessNode, signer: Signer): FakeKeeper {
  const channels = new Map<string, ReaderChannel>();
  const plaintextOf = (bytes: Uint8Array): ServedPlaintext => {
    const packet = parseMessage(PacketSchema, bytes, 1e7);
    const header = openPacket(bytes, { dataKey: () => net.contractKeys.dataKey, expected: placeOfPacket(bytes) });
    return keeper.tamper({ $typeName: 'selvedge.v1.ServedPlaintext', key: header.key, value: header.value, header: packet.header, ownerCopies: packet.ownerCopies, packetHash: sha256(bytes) });
  };
  const placeOfPacket = (bytes: Uint8Array) => {
    const { dataset } = node.headerOf(bytes);
    return { channel: net.channel, contract: net.contract, dataset };
  };
  const keeper: FakeKeeper = {
    mspId: node.mspId,
    address: node.address,
    keepsPackets: false,
    evidence: [],
    wire: [],
    tamper: (served) => served,
    tamperAdmission: (admission) => admission,
    tamperContent: (content) => content,
    tamperAnswer: (answer) => answer,
    restart: () => {
      channels.clear();
    },
    challengeReader: () => Promise.resolve(create(ReaderChallengeSchema, { nonce: randomBytes(32) })),
    admitReader: (answer) => {
      keeper.evidence.push(answer);
      const { suite } = verifyTeeCertificate(answer.certificate, net.broker.certificate);
      const { network, channel: name } = net;
      const channel = createReaderChannel({ suite: suite.name, network, channel: name, mspId: node.mspId, nonce: answer.nonce }, answer.ephemeralKey);
      const channelId = new Uint8Array(randomBytes(16));
      channels.set(toHex(channelId), channel);
      const signature = signAs(signer, signing.readerAdmission(answer.nonce, answer.ephemeralKey, channelId, channel.enc));
      return Promise.resolve(keeper.tamperAdmission(create(ReaderAdmissionSchema, { channelId, enc: channel.enc, signature })));
    },
    async queryState(signed, timeoutMs) {
      const query = parseMessage(StateQuerySchema, signed.query, 1e7);
      const channel = channels.get(toHex(query.readerChannel));
      if (query.readerChannel.length > 0 && channel === undefined) throw new SelvedgeError('READER_UNATTESTED', 'who is this?');
      const answer = await node.queryState(signed, timeoutMs);
      if (channel === undefined) {
        keeper.wire.push(signed.query, encodeMessage(StateAnswerSchema, answer));
        return keeper.tamperAnswer(answer);
      }
      const points = answer.points.map((point) => (point.present && !keeper.keepsPackets ? { ...point, packet: new Uint8Array(0), plaintext: plaintextOf(point.packet) } : point));
      const sets = answer.sets.map((set) => ({ ...set, packets: [], plaintexts: set.packets.map(plaintextOf) }));
      const sealed = channel.seal(signed.query, encodeMessage(StateAnswerSchema, keeper.tamperContent({ ...answer, points, sets })));
      const sent = create(StateAnswerSchema, { nonce: query.nonce, sealed });
      keeper.wire.push(signed.query, encodeMessage(StateAnswerSchema, sent));
      return keeper.tamperAnswer(sent);
    },
  };
  return keeper;
}
