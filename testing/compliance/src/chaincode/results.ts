import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Case, CaseKind, Language } from './case.js';
import { CASES } from './cases/index.js';
import type { ShimDescription } from './methods.js';
import type { RecordedOutcome } from './run-case.js';

const FILE = path.resolve(import.meta.dirname, '../../chaincode/results.json');

/** What is committed of the suite's runs: scripts/chaincode-support.mjs makes the table of it. */
interface ResultsFile {
  /** By language, of its last run. */
  readonly runs: Partial<Record<Language, { readonly date: string; readonly versions: Readonly<Record<string, string>> }>>;
  readonly cases: readonly { readonly method: string; readonly kind: CaseKind; readonly title: string; readonly note?: string; readonly outcomes: Partial<Record<Language, RecordedOutcome>> }[];
}

export interface Results {
  /** `method: kind: title` of each case that was recorded. */
  cases(): string[];
  outcome(of: Case, language: Language): RecordedOutcome | undefined;
  record(of: Case, language: Language, outcome: RecordedOutcome): void;
  /** Writes the file; what other languages had stays. */
  write(language: Language, shim: ShimDescription): void;
}

const idOf = ({ method, kind, title }: Pick<Case, 'method' | 'kind' | 'title'>): string => `${method}: ${kind}: ${title}`;

/** Opens what is committed. */
export function openResults(): Results {
  let file = read();
  const outcomes = new Map(file.cases.map((recorded) => [idOf(recorded), { ...recorded.outcomes }]));
  return {
    cases: () => file.cases.map(idOf),
    outcome: (of, language) => outcomes.get(idOf(of))?.[language],
    record: (of, language, outcome) => {
      outcomes.set(idOf(of), { ...outcomes.get(idOf(of)), [language]: outcome });
    },
    write: (language, { versions }) => {
      const date = new Date().toISOString().slice(0, 10);
      const cases = CASES.map(({ method, kind, title, note }) => ({ method, kind, title, ...(note === undefined ? {} : { note }), outcomes: outcomes.get(idOf({ method, kind, title })) ?? {} }));
      file = { runs: { ...file.runs, [language]: { date, versions } }, cases };
      const lines = cases.map((one) => ` ${JSON.stringify(one)}`);
      writeFileSync(FILE, `{"runs":${JSON.stringify(file.runs)},"cases":[\n${lines.join(',\n')}\n]}\n`);
    },
  };
}

function read(): ResultsFile {
  try {
    return JSON.parse(readFileSync(FILE, 'utf8')) as ResultsFile;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { runs: {}, cases: [] };
  }
}
