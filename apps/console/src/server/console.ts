import type { Gateway, KeyAddress, ViewedVersions } from '@selvedge/client';
import { toHex } from '@selvedge/crypto';
import { SelvedgeError, withRole } from '@selvedge/errors';
import type { FollowView, KeyInput, KeyView, NetworkView, RefusalsView, RequestInput, SessionView } from '../api.js';
import { refusalView } from '../follow/refusal-view.js';
import { runRequest } from '../follow/run-request.js';
import { hopOf } from '../follow/stations.js';
import { acceptanceOf, epochsOf } from '../metrics/node-facts.js';
import type { MetricsWatch } from '../metrics/watch.js';
import type { ConsoleNetwork } from '../ports.js';
import { showBytes } from '../show-bytes.js';
import type { OwnSpans } from '../tracing/own-spans.js';
import type { SpanStore } from '../tracing/span-store.js';
import type { Person } from './person.js';

/** What the console does for a signed-in person. */
export interface ConsoleActions {
  session(person: Person, endsAt: number): Promise<SessionView>;
  network(): Promise<NetworkView>;
  /** Begins a request; what happens is told to its follow. Throws SIGNING_KEY_ABSENT, RATE_LIMITED, FEATURE_UNSUPPORTED for a forged one where the network is not for development. */
  send(person: Person, input: RequestInput): Promise<FollowView>;
  /** Rejects with what the viewer refuses with. */
  view(person: Person, what: 'key' | 'history', input: KeyInput): Promise<KeyView>;
  refusals(person: Person): Promise<RefusalsView>;
}

export interface ConsoleParts {
  readonly network: ConsoleNetwork;
  readonly metrics: MetricsWatch;
  readonly spans: SpanStore;
  readonly ownSpans: OwnSpans;
  readonly nowMs: () => number;
}

/** Processes send their spans in batches, by default every 5 s: a request’s last ones come after it has ended. */
const LATE_SPANS_MS = 8_000;

export function createConsoleActions({ network, metrics, spans, ownSpans, nowMs }: ConsoleParts): ConsoleActions {
  const contractOf = (gateway: Gateway, name: string) => gateway.getNetwork(network.channel).getContract(name);

  const run = async (person: Person, gateway: Gateway, input: RequestInput, follow: ReturnType<Person['begin']>): Promise<void> => {
    const [services, connectionProfile] = await Promise.all([network.services(), network.connectionProfile()]);
    await ownSpans.traced(async (traceId) => {
      const beganAt = nowMs();
      const unfollow = spans.follow(traceId, (span) => { follow.tell({ type: 'hop', hop: hopOf(span, beganAt, services) }); });
      await runRequest({
        contract: contractOf(gateway, input.contract),
        input,
        connectionProfile,
        nowMs,
        tell: (event) => {
          if (event.type === 'refused') person.refused(`${WORDS[input.kind]} to ${input.contract}`, event.refusal, nowMs());
          follow.tell(event);
        },
      });
      setTimeout(() => {
        unfollow();
        follow.close();
      }, LATE_SPANS_MS).unref();
    });
  };

  return {
    async session({ identity, canSign }, endsAt) {
      const { nodes } = await network.look();
      const { contracts } = await network.policy().catch(() => ({ contracts: [] }));
      return {
        network: network.network,
        channel: network.channel,
        ledger: network.ledger,
        isDevelopment: network.isDevelopment,
        simulatedTees: nodes.some(({ teeType }) => teeType === 'simulated'),
        mspId: identity.mspId,
        commonName: identity.commonName,
        role: identity.role,
        canSign,
        endsAt,
        contracts: contracts.map(({ name }) => name),
      };
    },
    async network() {
      const [view, scrapes] = await Promise.all([network.look(), metrics.newest()]);
      const samples = new Map(scrapes.map(({ node, samples: found }) => [node, found]));
      return { ...view, nodes: view.nodes.map((node) => ({ ...node, evidence: node.evidence ?? acceptanceOf(samples.get(node.name) ?? []), epochs: epochsOf(samples.get(node.name) ?? []) })) };
    },
    async send(person, input) {
      if (input.kind === 'forge' && !network.isDevelopment) throw new SelvedgeError('FEATURE_UNSUPPORTED', 'forged requests are shown on development networks alone', { role: 'console' });
      const gateway = await person.gateway();
      const follow = person.begin(input, nowMs());
      run(person, gateway, input, follow).catch((error: unknown) => {
        follow.tell({ type: 'refused', refusal: refusalView(error, 'console') });
        follow.tell({ type: 'ended', ms: 0 });
        follow.close();
      });
      return follow.view();
    },
    async view(person, what, { contract, collection, key }) {
      try {
        const views = (await person.gateway()).getNetwork(network.channel).getViews();
        const address: KeyAddress = { contract, key, ...(collection === '' ? {} : { collection }) };
        return keyView(await views[what](address));
      } catch (error) {
        person.refused(`${what === 'key' ? 'a view' : 'a history'} of ${contract}`, refusalView(error), nowMs());
        throw withRole(error, 'client');
      }
    },
    refusals: async (person) => ({ own: person.refusals(), counted: await metrics.refusals() }),
  };
}

const WORDS: Readonly<Record<RequestInput['kind'], string>> = { invoke: 'an update', query: 'a query', forge: 'a forged request' };

function keyView({ versions, height, record }: ViewedVersions): KeyView {
  return {
    height: String(height),
    audit: record,
    versions: versions.map(({ txId, deleted, value, timestampSeconds, timestampNanos }) => ({
      transactionId: toHex(txId),
      timestamp: timestampSeconds === 0n ? undefined : new Date(Number(timestampSeconds) * 1_000 + timestampNanos / 1e6).toISOString(),
      isDeleted: deleted,
      ...(deleted ? { text: '', isText: true } : showBytes(value)),
    })),
  };
}
