/** What the console's server and its page say to each other, as JSON. Times are milliseconds since 1970 unless they say otherwise. */

/** Header that carries the session's token beside its cookie. */
export const TOKEN_HEADER = 'x-selvedge-console';

/** A refusal, as people are shown it. */
export interface RefusalView {
  readonly code: string;
  /** Which part refused. */
  readonly role: string;
  readonly message: string;
  /** What to do. */
  readonly action: string;
}

/** What every page says of the network and of who looks at it. */
export interface SessionView {
  readonly network: string;
  readonly channel: string;
  readonly ledger: 'embedded' | 'fabric';
  /** A network of this machine for development: what only such a network may show is shown. */
  readonly isDevelopment: boolean;
  /** Some TEE is simulated: each page says so. */
  readonly simulatedTees: boolean;
  readonly mspId: string;
  readonly commonName: string;
  readonly role: string;
  /** The identity's key is on the console's machine: it can send requests and open views. */
  readonly canSign: boolean;
  readonly endsAt: number;
  readonly contracts: readonly string[];
}

/** Answer to a sign-in link that was redeemed. */
export interface SignedIn {
  /** For TOKEN_HEADER. */
  readonly token: string;
}

/** Whether the key broker's evidence stands, as checked here; or what a node says the broker made of its own. */
export interface EvidenceView {
  readonly verdict: 'verified' | 'accepted' | 'refused' | 'unknown';
  /** One sentence. */
  readonly text: string;
}

/** One process of the network. */
export interface NodeView {
  readonly name: string;
  /** sequencer, endorser, business, key-broker, compute, viewer, submitter, or a program of Fabric. */
  readonly service: string;
  readonly mspId: string;
  readonly address: string;
  readonly state: 'ready' | 'not ready' | 'unreachable';
  /** Why it is not ready, or the code of its refusal; empty when it is. */
  readonly reason: string;
  /** Blocks, decimal. */
  readonly height?: string | undefined;
  readonly teeType?: string | undefined;
  readonly evidence?: EvidenceView | undefined;
  /** Newest key epochs by its ledger view: contract to epoch; `@channel` stands for the envelope keys. */
  readonly epochs: Readonly<Record<string, number>>;
}

/** Something that `selvedge doctor` would say. */
export interface FindingView {
  readonly code: string;
  readonly severity: string;
  readonly subject: string;
  readonly text: string;
  readonly action: string;
}

export interface NetworkView {
  readonly at: number;
  readonly nodes: readonly NodeView[];
  readonly findings: readonly FindingView[];
  readonly unchecked: readonly string[];
}

/** What a person asks the console to send. */
export interface RequestInput {
  readonly contract: string;
  readonly transaction: string;
  readonly arguments: readonly string[];
  /** Name to text. */
  readonly transient: Readonly<Record<string, string>>;
  readonly kind: RequestKind;
}

/** forge: executed, then shown to an endorser with a TEE signature that was changed; nothing is ordered. */
export type RequestKind = 'invoke' | 'query' | 'forge';

/** The five roles, and ordering. */
export type RoleStation = 'client' | 'key-broker' | 'compute' | 'business' | 'endorser' | 'ordering';

/** A call between two processes, as a span or the client tells it. */
export interface HopView {
  readonly id: string;
  readonly parentId?: string | undefined;
  readonly from: RoleStation | '';
  readonly to: RoleStation | '';
  /** The process that tells of it. */
  readonly node: string;
  /** Service and method. */
  readonly name: string;
  /** client: the caller's time, with the way; server: the callee's. */
  readonly side: 'client' | 'server';
  /** Milliseconds since the request began; may be slightly below 0, by another clock. */
  readonly startMs: number;
  readonly durationMs: number;
  /** OK, or a refusal's code. */
  readonly code: string;
}

/** What one role could see of a request. */
export interface SightView {
  readonly station: RoleStation;
  /** What it got, in a few words. */
  readonly saw: string;
  /** Hexadecimal: the beginning of what it got, as it is. */
  readonly sample?: string | undefined;
  /** Of the whole; undefined: not of one piece. */
  readonly bytes?: number | undefined;
  /** What it could not see, or who alone can. */
  readonly hidden: string;
}

/** Bytes on the wire of one call of the client. */
export interface WireView {
  readonly hop: string;
  readonly peer: string;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly ms: number;
  readonly code: string;
}

/** A key that a transaction wrote, as the ledger has it. */
export interface WriteView {
  readonly contract: string;
  readonly collection: string;
  /** Hexadecimal. */
  readonly ledgerKey: string;
  readonly effect: string;
  /** Hexadecimal; the packet's version. */
  readonly packetHash?: string | undefined;
  readonly packetBytes?: number | undefined;
}

/** What a page is told of a request while it runs, in order. */
export type FollowEvent =
  | { readonly type: 'began'; readonly transactionId: string; readonly kind: RequestKind; readonly at: number }
  | { readonly type: 'hop'; readonly hop: HopView }
  | { readonly type: 'wire'; readonly wire: WireView }
  | { readonly type: 'sight'; readonly sight: SightView }
  | { readonly type: 'writes'; readonly writes: readonly WriteView[] }
  | { readonly type: 'refused'; readonly refusal: RefusalView }
  | { readonly type: 'result'; readonly text: string; readonly isText: boolean; readonly block?: string | undefined; readonly validationCode?: string | undefined }
  | { readonly type: 'ended'; readonly ms: number };

/** A request of this session that was followed. */
export interface FollowView {
  readonly id: string;
  readonly kind: RequestKind;
  readonly contract: string;
  readonly transactionId: string;
  readonly at: number;
  /** OK, a refusal's code, or empty while it runs. */
  readonly outcome: string;
}

/** Refusals of this session's requests, newest first, and what nodes count. */
export interface RefusalsView {
  readonly own: readonly { readonly at: number; readonly what: string; readonly refusal: RefusalView }[];
  /** Calls that ended otherwise than OK, by node, since it started. */
  readonly counted: readonly { readonly node: string; readonly code: string; readonly count: number; readonly action: string }[];
}

export interface KeyInput {
  readonly contract: string;
  /** Empty: world state. */
  readonly collection: string;
  readonly key: string;
}

export interface VersionView {
  readonly transactionId: string;
  /** ISO 8601, where the viewer knows it. */
  readonly timestamp?: string | undefined;
  readonly isDeleted: boolean;
  readonly text: string;
  readonly isText: boolean;
}

/** What a viewer's TEE opened for the signed-in person. */
export interface KeyView {
  readonly versions: readonly VersionView[];
  readonly height: string;
  /** Where the view stands in the viewer's audit log. */
  readonly audit: { readonly viewer: string; readonly count: number; readonly hash: string };
}

export interface PolicyView {
  readonly facts: readonly { readonly key: string; readonly bytes: number; readonly value: string }[];
  readonly contracts: readonly { readonly name: string; readonly version: string; readonly policyVersion: string; readonly codeHash: string; readonly block: string }[];
  readonly proposals: readonly { readonly name: string; readonly version: string; readonly approvedBy: readonly string[]; readonly missing: readonly string[]; readonly needed: number; readonly state: string }[];
  readonly revocations: readonly { readonly what: string; readonly subject: string }[];
}

/** One line of a plot. */
export interface SeriesView {
  readonly label: string;
  /** Oldest first; null where there is nothing to say. */
  readonly points: readonly (number | null)[];
}

export interface PlotView {
  readonly title: string;
  readonly unit: string;
  readonly series: readonly SeriesView[];
}

export interface MetricsView {
  /** Between two points. */
  readonly intervalMs: number;
  /** Of the newest point. */
  readonly at: number;
  readonly plots: readonly PlotView[];
}

/** Body of every answer that refuses. */
export interface ErrorBody {
  readonly error: RefusalView;
}
