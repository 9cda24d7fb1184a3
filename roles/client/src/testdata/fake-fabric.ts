import { sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError, type RefusalCode } from '@selvedge/errors';
import { encodeFabricEndorsement, EndorsersRefused, parseFabricEndorsement, TARGET_DATA_FIELD, type OrganisationRefusal } from '@selvedge/fabric';
import type { EndorsedFabricTransaction, FabricBounds, FabricGateway, FabricInvocation, FabricStatus } from '@selvedge/fabric-network/gateway';
import { createEndorsementPayload } from '@selvedge/fixtures';
import { computeTxId, encodeMessage, EndorsementPayloadSchema, LIMITS, parseMessage, TargetDataSchema, type EndorsementPayload, type FabricEndorsement } from '@selvedge/protocol';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { FabricEndorsementSchema } from '@selvedge/protocol';
import type { ConnectOptions, Gateway } from '../gateway.js';
import type { FakeNetwork } from './fake-network.js';

/** Makes single parts of Fabric misbehave. */
export interface FabricHooks {
  /** An organisation's refusal; undefined: it endorses. */
  refuse?: (mspId: string) => RefusalCode | undefined;
  /** Instead of an answer for the whole set. */
  endorse?: (organisations: readonly string[], genuine: () => Promise<EndorsedFabricTransaction>) => Promise<EndorsedFabricTransaction>;
  /** Before endorsers sign. */
  changePayload?: (payload: EndorsementPayload) => void;
  changeResponse?: (response: MessageInitShape<typeof FabricEndorsementSchema> & Pick<FabricEndorsement, 'cores'>) => void;
  submit?: (genuine: () => Promise<void>) => Promise<void>;
  commitStatus?: (transactionId: string, bounds: FabricBounds) => Promise<FabricStatus>;
}

export interface FakeFabric {
  readonly hooks: FabricHooks;
  readonly invocations: FabricInvocation[];
  /** Sets of organisations asked, in order. */
  readonly asked: string[];
  readonly submitted: EndorsedFabricTransaction[];
  readonly opened: { count: number; closed: number };
  connect(options?: Partial<ConnectOptions>): Gateway;
}

/** A Fabric in memory beside a fake network: its peers really sign. */
export function createFakeFabric(network: FakeNetwork): FakeFabric {
  const { consortium, ledger, calls } = network;
  const hooks: FabricHooks = {};
  const invocations: FabricInvocation[] = [];
  const asked: string[] = [];
  const submitted: EndorsedFabricTransaction[] = [];
  const opened = { count: 0, closed: 0 };
  ledger.coresOf = (ordered) => parseFabricEndorsement(ordered).cores;

  const genuine = (invocation: FabricInvocation, organisations: readonly string[]): EndorsedFabricTransaction => {
    const refusals = organisations.flatMap((mspId): OrganisationRefusal[] => {
      const code = hooks.refuse?.(mspId);
      return code === undefined ? [] : [{ mspId, refusal: new SelvedgeError(code, `made to refuse with ${code}`, { role: 'endorser' }) }];
    });
    if (refusals.length > 0) throw new EndorsersRefused(refusals);
    const targetData = parseMessage(TargetDataSchema, invocation.transientData?.[TARGET_DATA_FIELD] ?? new Uint8Array(0), LIMITS.maxMessageBytes);
    const payload = createEndorsementPayload(consortium, targetData);
    hooks.changePayload?.(payload);
    const answer = { cores: targetData.cores, itemMask: targetData.itemMask, endorsementPayload: encodeMessage(EndorsementPayloadSchema, payload) };
    hooks.changeResponse?.(answer);
    const response = encodeFabricEndorsement(answer);
    const signedPayload = Buffer.concat([Buffer.from('proposal response of '), sha256(response)]);
    return {
      transactionId: toHex(computeTxId(invocation.nonce ?? new Uint8Array(0), consortium.organisation('AuroraMSP').client.signer.serialized)),
      chaincode: invocation.chaincode,
      response,
      signedPayload,
      endorsements: organisations.map((mspId) => {
        const { signer } = consortium.organisation(mspId).peer;
        return { identity: signer.serialized, signature: signer.sign(Buffer.concat([signedPayload, signer.serialized])) };
      }),
      bytes: response,
    };
  };

  const gateway: FabricGateway = {
    evaluate: () => Promise.reject(new SelvedgeError('INTERNAL', 'nothing is evaluated on Fabric')),
    async endorse(invocation) {
      const organisations = invocation.organisations ?? [];
      invocations.push(invocation);
      asked.push(organisations.join('+'));
      calls.push(`endorse ${organisations.join('+')}`);
      await Promise.resolve();
      return hooks.endorse === undefined ? genuine(invocation, organisations) : hooks.endorse(organisations, async () => Promise.resolve(genuine(invocation, organisations)));
    },
    async submit(transaction) {
      calls.push('order gateway');
      submitted.push(transaction);
      const order = (): Promise<void> => {
        ledger.ordered.push(transaction.bytes);
        return Promise.resolve();
      };
      await (hooks.submit === undefined ? order() : hooks.submit(order));
    },
    commitStatus: (transactionId, bounds) => {
      calls.push('commit-status gateway');
      return hooks.commitStatus === undefined ? Promise.resolve({ transactionId, code: ledger.code, blockNumber: 5n }) : hooks.commitStatus(transactionId, bounds);
    },
    async *chaincodeEvents(chaincode, startBlock) {
      calls.push(`events ${chaincode} ${String(startBlock)}`);
      yield* await Promise.resolve(ledger.fabricEvents);
    },
    close: () => {
      opened.closed += 1;
    },
  };

  return {
    hooks,
    invocations,
    asked,
    submitted,
    opened,
    connect: (options = {}) =>
      network.connect({
        connectionProfile: {
          network: consortium.network,
          channel: consortium.channel,
          signedProfile: 'unused',
          tls: 'off',
          keyBroker: 'unused',
          ledger: 'fabric',
          fabric: { peers: [] },
          endorsers: [],
          businessNodes: [],
          computeNodes: [],
        },
        openFabric: () => {
          opened.count += 1;
          return Promise.resolve(gateway);
        },
        ...options,
      }),
  };
}
