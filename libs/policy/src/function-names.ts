/**
 * The part of a function's name that decides which function runs: fabric-contract-api takes `close` and `AuctionContract:close`
 * for one function where that contract class is the default.
 */
export function lastPart(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1);
}

/**
 * The same without regard to case: fabric-contract-api-go makes the first letter a capital, and so runs `Sum` for `sum` and for `ſum`
 * (U+017F). For rules that keep something back, where a function too many does no harm.
 */
export function foldedName(name: string): string {
  return lastPart(name).toUpperCase().toLowerCase();
}
