/** A stone as a house keeps it. Prices are whole US dollars. */
export interface Stone {
  readonly id: string;
  readonly cut: string;
  readonly color: string;
  readonly clarity: string;
  readonly carat: number;
  readonly price: number;
}

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const GRADE = /^[A-Za-z0-9][A-Za-z0-9 -]{0,31}$/;
const MAX_STONES = 1000;

/** Checks an id that came in as an argument. */
export function requireId(id: string): string {
  if (!ID.test(id)) throw new Error(`"${id}" is not a stone's id: letters, digits, ".", "_" and "-", 64 at most`);
  return id;
}

/** Parses the transient field `stones`: a JSON array of stones with distinct ids. */
export function parseStones(text: string): Stone[] {
  const value = parseJson(text, 'stones');
  if (!Array.isArray(value) || value.length === 0) throw new Error('stones must be a JSON array with at least one stone');
  if (value.length > MAX_STONES) throw new Error(`stones holds ${String(value.length)} stones; load at most ${String(MAX_STONES)} at once`);
  const stones = value.map((entry: unknown, index) => parseStone(entry, `stones[${String(index)}]`));
  const ids = new Set(stones.map((stone) => stone.id));
  if (ids.size !== stones.length) throw new Error('stones holds the same id twice');
  return stones;
}

/** Parses one stone out of a house's books. */
export const parseStoredStone = (bytes: Uint8Array): Stone => parseStone(parseJson(Buffer.from(bytes).toString(), 'stone'), 'stone');

/** Parses a price: whole dollars, more than none. */
export function parsePrice(text: string, field: string): number {
  const price = Number(text);
  return requirePrice(/^\d{1,12}$/.test(text) ? price : Number.NaN, field);
}

/** The stone as JSON, its fields always in the same order, so that every replica writes the same bytes. */
export function encodeStone(stone: Stone): Buffer {
  const { id, cut, color, clarity, carat, price } = stone;
  return Buffer.from(JSON.stringify({ id, cut, color, clarity, carat, price }));
}

function parseStone(value: unknown, where: string): Stone {
  if (typeof value !== 'object' || value === null) throw new Error(`${where} is not a stone`);
  const fields = value as Record<string, unknown>;
  return {
    id: requireId(text(fields, 'id', where)),
    cut: grade(fields, 'cut', where),
    color: grade(fields, 'color', where),
    clarity: grade(fields, 'clarity', where),
    carat: requireCarat(fields.carat, `${where}.carat`),
    price: requirePrice(fields.price, `${where}.price`),
  };
}

function text(fields: Record<string, unknown>, name: string, where: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw new Error(`${where}.${name} must be a text`);
  return value;
}

function grade(fields: Record<string, unknown>, name: string, where: string): string {
  const value = text(fields, name, where);
  if (!GRADE.test(value)) throw new Error(`${where}.${name} is not a grade`);
  return value;
}

function requireCarat(value: unknown, where: string): number {
  if (typeof value !== 'number' || !(value > 0) || value > 10_000) throw new Error(`${where} must be a number of carats above 0`);
  return value;
}

function requirePrice(value: unknown, where: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value <= 0) throw new Error(`${where} must be a whole number of dollars above 0`);
  return value;
}

export function parseJson(source: string, what: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    throw new Error(`${what} is not JSON`);
  }
}
