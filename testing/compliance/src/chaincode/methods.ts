import type { Language } from './case.js';

/** What a chaincode says of its shim. */
export interface ShimDescription {
  /** Releases by package. */
  readonly versions: Readonly<Record<string, string>>;
  /** `Class.method`, as the shim's own language spells them. */
  readonly methods: readonly string[];
}

/** Names in other languages that are not the first letter's case alone; null: it is no method there. */
const GO: Readonly<Record<string, string>> = { deleteState: 'DelState', deletePrivateData: 'DelPrivateData', 'KeyEndorsementPolicy.getPolicy': 'KeyEndorsementPolicy.Policy' };
const JAVA: Readonly<Record<string, string>> = {
  deleteState: 'delState',
  deletePrivateData: 'delPrivateData',
  getTxID: 'getTxId',
  getChannelID: 'getChannelId',
  getMspID: 'getMspId',
  'ClientIdentity.getID': 'ClientIdentity.getId',
  'ClientIdentity.getMSPID': 'ClientIdentity.getMSPID',
  'KeyEndorsementPolicy.getPolicy': 'KeyEndorsementPolicy.policy',
};

const stubMethod = (method: string): string => (/[.[ ]/.test(method) ? method : `ChaincodeStub.${method}`);

/** A case's method as the shim of a language spells it. */
export function nameIn(language: Language, method: string): string {
  if (language === 'typescript') return stubMethod(method);
  if (language === 'java') return stubMethod(JAVA[method] ?? method);
  const name = stubMethod(GO[method] ?? method);
  return name.replace(/\.([a-z])/, (_, letter: string) => `.${letter.toUpperCase()}`);
}

/** Methods of a shim that no case names. */
export function uncovered(language: Language, { methods }: ShimDescription, covered: readonly string[]): string[] {
  const names = new Set(covered.map((method) => nameIn(language, method)));
  return methods.filter((method) => !names.has(method));
}
