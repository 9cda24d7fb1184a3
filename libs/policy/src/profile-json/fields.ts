import { fromHex } from '@selvedge/crypto';
import { parsePem, type PemLabel } from '@selvedge/identity';
import type { SelvedgeError } from '@selvedge/errors';
import { profileInvalid } from '../profile-invalid.js';

const ISO_INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/;

const parseInstant = (text: string): number => (ISO_INSTANT.test(text) ? Date.parse(text) : Number.NaN);

/** One JSON value with the path to it, for refusals that name the field. */
export class JsonField {
  readonly #value: unknown;
  readonly #path: string;

  constructor(value: unknown, path: string) {
    this.#value = value;
    this.#path = path;
  }

  get isAbsent(): boolean {
    return this.#value === undefined;
  }

  /** Fields of an object that may have these names only. */
  object<Name extends string>(names: readonly Name[]): Record<Name, JsonField> {
    const value = this.#value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.#refuse('an object expected');
    const unknown = Object.keys(value).find((key) => !names.some((name) => name === key));
    if (unknown !== undefined) throw this.#refuse(`unknown field ${JSON.stringify(unknown.slice(0, 64))}`);
    const fields = names.map((name) => [name, new JsonField((value as Record<string, unknown>)[name], this.#path === '' ? name : `${this.#path}.${name}`)] as const);
    return Object.fromEntries(fields) as Record<Name, JsonField>;
  }

  /** Items of a list; none when it is absent. */
  list<T>(read: (item: JsonField) => T): T[] {
    if (this.#value === undefined) return [];
    if (!Array.isArray(this.#value)) throw this.#refuse('a list expected');
    return this.#value.map((item, i) => read(new JsonField(item, `${this.#path}[${String(i)}]`)));
  }

  text(): string {
    if (typeof this.#value !== 'string') throw this.#refuse('text expected');
    return this.#value;
  }

  /** A value by its name. */
  oneOf<T>(names: ReadonlyMap<T, string>): T {
    const text = this.text();
    const found = [...names].find(([, name]) => name === text);
    if (found === undefined) throw this.#refuse(`one of ${[...names.values()].join(', ')} expected`);
    return found[0];
  }

  flag(): boolean {
    if (typeof this.#value !== 'boolean') throw this.#refuse('true or false expected');
    return this.#value;
  }

  /** A number from 0 to 2^32 - 1. */
  count(): number {
    const value = this.#value;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 0xffffffff) throw this.#refuse('a whole number expected');
    return value;
  }

  /** A version: decimal text, or a whole number. */
  version(): bigint {
    const text = typeof this.#value === 'number' && Number.isSafeInteger(this.#value) ? String(this.#value) : this.#value;
    if (typeof text !== 'string' || !/^[0-9]{1,19}$/.test(text)) throw this.#refuse('a whole number, or its decimal text, expected');
    return BigInt(text);
  }

  /** A point in time: ISO 8601 with its offset, to the second. In seconds since 1970. */
  instant(): bigint {
    // YAML makes dates of what looks like one.
    const ms = this.#value instanceof Date ? this.#value.getTime() : parseInstant(this.text());
    if (Number.isNaN(ms) || ms < 0) throw this.#refuse('a time such as 2027-01-31T00:00:00Z expected');
    return BigInt(Math.floor(ms / 1000));
  }

  hex(): Uint8Array {
    if (typeof this.#value === 'number') throw this.#refuse('hexadecimal text expected: put it in quotes, as YAML reads a number here');
    const text = this.text();
    if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) throw this.#refuse('hexadecimal text expected');
    return fromHex(text);
  }

  pem(label: PemLabel): Uint8Array {
    const text = this.text();
    try {
      return parsePem(text, label, 'PROFILE_INVALID');
    } catch (cause) {
      throw this.#refuse(`PEM of one ${label} expected`, cause);
    }
  }

  #refuse(what: string, cause?: unknown): SelvedgeError {
    return profileInvalid(`${this.#path === '' ? 'the whole' : this.#path}: ${what}`, cause);
  }
}
