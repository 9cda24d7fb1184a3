import type { Step } from './typescript/step.js';

export const LANGUAGES = ['typescript', 'go', 'java'] as const;
export type Language = (typeof LANGUAGES)[number];

/** What a case asks of a method. */
export type CaseKind = 'success' | 'absence' | 'bad argument' | 'limit';

/** What a run must end with. */
export type Expectation =
  /** The last call returned this; a pattern is held against its JSON. */
  | { readonly returns: unknown }
  /** The chaincode failed with such a text. */
  | { readonly error: RegExp }
  /** The request was refused with this code. */
  | { readonly refused: string; readonly text?: RegExp };

/** One run of the chaincode and what must come of it. */
export interface Case {
  /** `Class.method`; the class is left out for the stub's. */
  readonly method: string;
  readonly kind: CaseKind;
  /** What is expected, as one reads it after the method's name. */
  readonly title: string;
  /** Committed first. */
  readonly given?: readonly Step[];
  readonly steps: readonly Step[];
  /** Who asks; default the owner's client. */
  readonly as?: Creator;
  /** Default: submit, and commit when the run succeeded. */
  readonly evaluate?: boolean;
  readonly transient?: Readonly<Record<string, Uint8Array>>;
  /** After the steps, two; or, without steps, all. */
  readonly args?: readonly string[];
  readonly expect: Expectation;
  /** Of an API above the shim that the chaincodes of other languages do not use. */
  readonly apiOf?: Language;
  /** Where a shim answers in a way of its own. */
  readonly instead?: Partial<Record<Language, Expectation>>;
  /** The event of the committed transaction: name and payload; null: none. */
  readonly event?: readonly [string, string] | null;
  /** For the table's reader: what to do instead of what is refused, or how it is unlike on a peer. */
  readonly note?: string;
  /** Read after the commit. */
  readonly after?: { readonly steps: readonly Step[]; readonly returns: unknown };
}

/** `owner`: of the organisation that owns everything; `member`: a member of nothing; `coloured`: the owner's, with the attribute colour=blue. */
export type Creator = 'owner' | 'outsider' | 'coloured';
