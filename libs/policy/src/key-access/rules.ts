/** Namespace of the profile whose rules are for contracts that have none of their own there. */
export const ANY_CONTRACT = '*';
/** Roles that get keys of contracts. */
export const KEY_ACCESS_ROLES = ['compute', 'viewer'] as const;
/** What a viewer opens with a contract's keys: packets of state, and events. */
export const VIEWER_PURPOSES = ['state', 'events'] as const;
export type ViewerPurpose = (typeof VIEWER_PURPOSES)[number];
