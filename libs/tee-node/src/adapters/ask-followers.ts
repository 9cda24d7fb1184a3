import { withRole } from '@selvedge/errors';

/** What followers answered. */
export interface Heard<T> {
  readonly statements: readonly T[];
  /** Who did not answer properly, and with which code: for people. */
  readonly failures: readonly string[];
}

/** Asks followers all at once. Does not reject. @param ask asks one, and checks what it answers */
export async function askFollowers<F extends { readonly mspId: string; readonly address: string }, T>(followers: readonly F[], ask: (follower: F) => Promise<T>): Promise<Heard<T>> {
  const statements: T[] = [];
  const failures: string[] = [];
  await Promise.all(
    followers.map(async (follower) => {
      try {
        statements.push(await ask(follower));
      } catch (error) {
        failures.push(`${follower.mspId} at ${follower.address}: ${withRole(error, 'ledger').code}`);
      }
    }),
  );
  return { statements, failures };
}
