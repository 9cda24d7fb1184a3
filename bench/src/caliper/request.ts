/** One request of a Caliper workload, in the words of Caliper's own Fabric connector. */
export interface CaliperRequest {
  readonly contractFunction: string;
  readonly contractArguments: readonly string[];
  readonly transientMap: Readonly<Record<string, string>>;
  /** A query: nothing is committed. */
  readonly readOnly: boolean;
}

/** Checks what a workload module sends. Throws TypeError, which names the field. */
export function parseRequest(value: unknown): CaliperRequest {
  if (typeof value !== 'object' || value === null) throw new TypeError('a request must be an object');
  const { contractFunction, contractArguments = [], transientMap = {}, readOnly = false } = value as Readonly<Record<string, unknown>>;
  if (typeof contractFunction !== 'string' || contractFunction === '') throw new TypeError('contractFunction must be a text');
  if (!Array.isArray(contractArguments) || !contractArguments.every((argument) => typeof argument === 'string')) throw new TypeError('contractArguments must be a list of texts');
  if (typeof transientMap !== 'object' || transientMap === null || !Object.values(transientMap).every((field) => typeof field === 'string')) throw new TypeError('transientMap must hold texts');
  if (typeof readOnly !== 'boolean') throw new TypeError('readOnly must be true or false');
  return { contractFunction, contractArguments, transientMap: transientMap as Readonly<Record<string, string>>, readOnly };
}
