/**
 * Identifiers of the Chinese commercial algorithms in HPKE. IANA has registered none for them (RFC 9180 sections 7.1 to
 * 7.3), so these are Selvedge's own, from the upper end of what is unassigned; both sides of an exchange are Selvedge.
 */
export const UNREGISTERED_IDS = { dhkemSm2: 0xff10, hkdfSm3: 0xff10, sm4Gcm: 0xff10 } as const;
